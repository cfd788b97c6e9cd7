// One stream on its way through: what was read of it, how far its frame has come, and what becomes of each piece (an
// answer, a reject, a warning, or the bytes as they came). Knows nothing of descriptors, signals or clocks: whoever has
// bytes puts them in, and takes what came out of the sinks.
//
// One thread. Lanes of one thread may share an enricher and its counters.
#ifndef LOF_STREAM_LANE_H
#define LOF_STREAM_LANE_H

#include "stream/enrich.h"
#include "stream/frame.h"

#include <stdio.h>

enum on_bad { BAD_PASS, BAD_DROP, BAD_STOP };

struct lane_options {
	size_t max_event;
	enum on_bad on_bad;
	enum frame_shape shape;
	struct lof_str prefix_until; // what is up to and with it in a line is not read; empty: lines have no prefix
	FILE *log; // warnings, one line each; NULL: none
	bool wipe; // a progress line may stand where they are to begin
};

struct lane {
	struct enricher *enricher;
	const struct lane_options *options;
	struct sink *out, *reject; // the caller's; reject NULL: bad events are not kept aside
	struct frame frame;
	struct opener opener;
	struct lof_buf in;
	size_t used;      // of `in`, by pieces that were taken
	size_t full;      // the caller's: no further piece is taken while `out` holds so much; 0: no such bound
	const char *name; // of the stream, for messages
	uint64_t warned;
	const char *broken; // why the rest of the stream cannot be read, from frame.offset on; or NULL
	size_t head;    // bytes that the length before the last answer took
	uint64_t column; // bytes of its line before the piece in hand
	char last;      // byte of the stream that was last taken and not dropped, 0 if there was none
	bool dropped;   // the event before was
	bool cut_short; // the caller's: the record in hand will never be whole, and is not put out
};

void lane_init(struct lane *l, struct enricher *e, const struct lane_options *o, struct sink *out, struct sink *reject);
void lane_free(struct lane *l);
// A new stream, same options; `name` must outlive it.
void lane_restart(struct lane *l, const char *name);

// Room for at least `want` more bytes behind lane.in: what is left of the input moves to the front. Valid until the next
// call; the caller adds to in.n what it put there.
void lane_room(struct lane *l, size_t want);
// Takes every whole piece of what is there, or until lane.full; `end`: nothing will follow. False when the stream is to
// go no further: a bad event with BAD_STOP (*stopped), a sink that failed, or lengths that are none (lane.broken).
bool lane_take(struct lane *l, bool end, bool *stopped);

#endif
