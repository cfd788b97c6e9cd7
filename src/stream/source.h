// What is read: the bytes of a descriptor, or what they decode to if they begin as gzip or zstd data do. Members and
// frames may follow one another, of either kind. Knows nothing of events, signals or messages.
//
// What is not compressed goes straight from the descriptor into the caller's memory. A decoder holds nothing back that
// it could give, and takes constant memory: 512 KiB, and for zstd the window that the frame asks for, 128 MiB at most.
// One thread.
#ifndef LOF_STREAM_SOURCE_H
#define LOF_STREAM_SOURCE_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

enum { SOURCE_LEAST = 4 }; // bytes of room that the first read needs: the longest magic number

struct source {
	int fd;
	enum { SOURCE_NEW, SOURCE_PLAIN, SOURCE_BETWEEN, SOURCE_GZIP, SOURCE_ZSTD } state; // between: members or frames
	bool starved;        // the decoder needs more bytes to go on
	bool ended;          // the descriptor is at its end
	uint64_t taken;      // bytes from the descriptor
	const char *what, *why; // what the compressed data lack; why in the decoder's words, or ""
	struct lof_buf raw;  // read and not yet decoded, from `used` on; at the start what may yet become a magic number
	size_t used;
	struct decoder *decoder;
};

void source_free(struct source *s);
// A new stream; the descriptor stays the caller's. A zeroed source is a good one to start.
void source_start(struct source *s, int fd);

// Could it give bytes, or say that they are at their end or damaged, without a read?
static inline bool
source_holds(const struct source *s)
{
	return s->state > SOURCE_PLAIN && !s->starved;
}

// Up to n bytes to p, after one read of the descriptor at most, and none if it holds some. Returns how many; 0 at the
// end; -1 with errno: EINTR, EAGAIN when what was read decodes to nothing yet, another when reading or decoding failed.
// What comes before a failure is given first. n: SOURCE_LEAST and more for the first byte of a stream, then any.
ssize_t source_read(struct source *s, char *p, size_t n);
// Why source_read failed (errno as it left it): LOF_E_IO with the place in the compressed bytes if it is they.
enum lof_rc source_error(const struct source *s, const char *name, struct lof_err *e);

#endif
