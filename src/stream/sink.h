// Where bytes go: a buffer that is written out in large blocks, or (for memory to memory) just grows. Of a stream of many
// blocks one is written while the next is filled.
// One thread.
#ifndef LOF_STREAM_SINK_H
#define LOF_STREAM_SINK_H

#include "base/buf.h"

// Bytes gathered before a write: what a pipe takes at once as we widen it (pump.c).
enum { SINK_BLOCK = 256 * 1024 };

struct sink {
	struct lof_buf buf;
	int fd;           // -1: memory
	int error;        // errno of the write that failed; everything after it is dropped
	uint64_t written; // bytes that left, also of a failed write
	bool held;        // nothing is written: the buffer grows
	unsigned blocks;  // filled so far, up to the first that is written behind
	struct behind *behind;
};

void sink_init(struct sink *s, int fd);
void sink_free(struct sink *s);
// Writes what is gathered. After a failure nothing more is written, so that what went out is an exact prefix.
void sink_flush(struct sink *s);
// For what does not fit behind what is gathered.
void sink_put_large(struct sink *s, const void *p, size_t n);

// From here to sink_release all that is put stays in the buffer, where its beginning can still be changed. Returns where in
// buf.p that is.
static inline size_t
sink_hold(struct sink *s)
{
	s->held = true;
	return s->buf.n;
}
void sink_release(struct sink *s);

static inline void
sink_put(struct sink *s, const void *p, size_t n)
{
	if (n <= s->buf.cap - s->buf.n) {
		if (n)
			memcpy(s->buf.p + s->buf.n, p, n);
		s->buf.n += n;
	} else {
		sink_put_large(s, p, n);
	}
}

#endif
