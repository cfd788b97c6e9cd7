// What a stream is cut into.
#ifndef LOF_STREAM_PIECE_H
#define LOF_STREAM_PIECE_H

#include "base/str.h"

enum frame_kind {
	FRAME_MORE,  // nothing whole is there: read on (and move the rest to the front of the buffer)
	FRAME_EVENT, // a line without its end, or a value
	FRAME_BLANK, // a blank line, without its end
	FRAME_BETWEEN, // bytes that are no event: line ends, commas, brackets, a byte-order mark
	FRAME_GONE,  // a member of our own name in an envelope that was opened: to be left out
	FRAME_LONG,  // the first part of an event over the limit
	FRAME_REST,  // more of it
	FRAME_WRECK, // what began as a value and is none, up to a line end; in an envelope maybe empty: where it breaks off
	FRAME_HEAD,  // the length of the event that comes next
	FRAME_BROKEN, // lengths: what is there is none, or belongs to none; frame.broken says why, and no other piece follows
	FRAME_KINDS
};

struct piece {
	enum frame_kind kind;
	uint8_t inside; // how many envelopes were opened around it: their beginning has gone out
	struct lof_str bytes;
};

#endif
