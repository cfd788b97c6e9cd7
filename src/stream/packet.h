// Frames with a length before each event: 4 bytes, most significant first; or a netstring, `12:{"a":"bcde"},`. Part of
// frame.c; see there for what a piece is.
//
// A length tells nothing of what it counts, and text read as lengths would be swallowed as one event that never ends. So a
// length that is over --max-event and has anything in the first 5 bits of its 4 bytes, as every letter of a text has, is
// no length: the stream is broken there. What is over --max-event and less passes through.
#ifndef LOF_STREAM_PACKET_H
#define LOF_STREAM_PACKET_H

#include "stream/frame.h"

enum { PACKET_LIMIT = 1 << 27, PACKET_HEAD_MOST = 21 }; // the second: bytes of a length with what is around it

// As frame_next and frame_wants.
struct piece packet_next(struct frame *f, const char *buf, size_t n, bool end);
size_t packet_wants(const struct frame *f, const char *buf, size_t n);

// Writes the length of an event as it stands before it, to room for PACKET_HEAD_MOST bytes. Returns bytes written; 0 when
// it is too large to be told.
size_t packet_head(enum frame_shape shape, uint64_t length, char *to);

#endif
