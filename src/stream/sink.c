#include "stream/sink.h"

#include "base/io.h"
#include "stream/behind.h"

#include <errno.h>

enum { BLOCKS_BEFORE = 4 }; // so many filled blocks show a stream that is worth a thread

void
sink_init(struct sink *s, int fd)
{
	*s = (struct sink){ .fd = fd };
	if (fd >= 0)
		buf_room(&s->buf, SINK_BLOCK);
}

void
sink_free(struct sink *s)
{
	behind_free(s->behind);
	buf_free(&s->buf);
}

static void
wait_behind(struct sink *s)
{
	int error = behind_wait(s->behind, &s->written);
	if (!s->error)
		s->error = error;
}

static void
write_out(struct sink *s, const void *p, size_t n)
{
	size_t done = 0;
	if (s->behind)
		wait_behind(s);
	if (!s->error && n && io_write_all(s->fd, p, n, &done) != 0)
		s->error = errno ? errno : EIO;
	s->written += done;
}

void
sink_flush(struct sink *s)
{
	if (s->fd < 0)
		return;
	write_out(s, s->buf.p, s->buf.n);
	s->buf.n = 0;
}

// A block that is full.
static void
write_block(struct sink *s)
{
	if (!s->behind && s->blocks < BLOCKS_BEFORE && ++s->blocks == BLOCKS_BEFORE)
		s->behind = behind_new(s->fd);
	if (!s->behind) {
		sink_flush(s);
		return;
	}
	wait_behind(s);
	if (s->error)
		s->buf.n = 0;
	else
		behind_put(s->behind, &s->buf, s->fd);
}

void
sink_put_large(struct sink *s, const void *p, size_t n)
{
	if (s->fd < 0 || s->held) {
		buf_put(&s->buf, p, n);
		return;
	}
	// Fill the block first, so that every write but the last is a whole one.
	size_t fits = s->buf.cap - s->buf.n;
	memcpy(s->buf.p + s->buf.n, p, fits);
	s->buf.n += fits;
	write_block(s);
	p = (const char *)p + fits;
	n -= fits;
	size_t whole = n - n % s->buf.cap;
	if (whole)
		write_out(s, p, whole);
	memcpy(s->buf.p, (const char *)p + whole, n - whole);
	s->buf.n = n - whole;
}

void
sink_release(struct sink *s)
{
	s->held = false;
	if (s->buf.n >= SINK_BLOCK)
		sink_flush(s);
}
