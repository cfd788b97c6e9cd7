// Cuts the stream into events. Knows bytes, newlines and where JSON values end; not alerts.
//
// Lines: one value a line, whatever it holds (NDJSON); a bad line harms only itself. The same with NUL for the line end, and
// with lengths instead (packet.h); then a line's number is that of the event. Values: concatenated,
// pretty-printed, or the elements of a top-level array. Whether it is lines or values shows at the start of the stream: values begin
// with '[' or with a first line that is the beginning of a value but not a whole one. Everything between the events is
// handed on as it is. An event over the limit is handed on in parts; or, if the opener says that it is an envelope, the
// events that stand in it are.
//
// A frame never copies: it points into the caller's buffer, and remembers how far it has looked, so that no byte is
// looked at twice however it arrives. One thread.
#ifndef LOF_STREAM_FRAME_H
#define LOF_STREAM_FRAME_H

#include "json/scan.h"
#include "stream/open.h"

enum frame_shape { SHAPE_AUTO, SHAPE_LINES, SHAPE_VALUES, SHAPE_NUL, SHAPE_LENGTH, SHAPE_NETSTRING };

struct frame {
	enum frame_shape shape, option; // in force; as asked for
	size_t max_event;
	size_t seen;    // bytes behind the last piece that were looked at
	size_t blanks;  // at the start: how many of them are blank
	bool past_mark; // of the byte order
	bool started;   // past blank lines too, and the shape is known
	bool skipping;  // in an event over the limit
	bool in_array;  // values: between the brackets of a top-level array
	bool line_end;  // lines: the end of the line is what comes next
	// values: the one in hand; doubtful while it may be a line cut short
	bool in_value, doubtful;
	struct block_nest nest;
	bool opened;    // in an envelope over the limit
	struct open open;
	const struct opener *opener; // the caller's; NULL: what is over the limit passes as it is
	unsigned lines; // line ends met in it while in doubt
	uint64_t line;  // number of the line behind the last piece, from 1
	uint64_t column; // bytes of it before there (values, and what is opened)
	char delimiter; // what ends a line
	// lengths: what comes next, the event in hand, what is left of it, and the place in the stream
	enum { PACKET_HEAD, PACKET_BODY, PACKET_COMMA } part;
	size_t length, left;
	uint64_t offset;
	const char *broken;
	struct scan scan;
	struct paths *nothing; // SHAPE_AUTO: to ask whether a line is a value
	struct lof_arena arena;
};

void frame_init(struct frame *f, enum frame_shape shape, size_t max_event);
void frame_free(struct frame *f);
// A new stream (the next file), same options.
void frame_restart(struct frame *f);

// The next piece of buf[0, n), which begins behind the last piece given; `end`: nothing will follow. FRAME_MORE at the
// end means that all is done.
struct piece frame_next(struct frame *f, const char *buf, size_t n, bool end);

// Of lines, where line_end says that the next byte is the end of one: that byte is given without being asked for.
static inline void
frame_end_line(struct frame *f)
{
	f->line_end = false;
	f->line++;
	f->column = f->seen = f->blanks = 0;
}

// How many bytes, at least, the event lacks of which buf[0, n) is the beginning and n may be 0: what may be read and still
// be no byte of the next. 0 when there is none in hand, it is whole, or it cannot be said (values).
size_t frame_wants(const struct frame *f, const char *buf, size_t n);

#endif
