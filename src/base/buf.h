// A growing byte buffer. Owns its memory. Growth doubles, so a buffer that is emptied and reused stops allocating
// once warm. One buffer belongs to one thread at a time.
#ifndef LOF_BASE_BUF_H
#define LOF_BASE_BUF_H

#include "base/str.h"

struct lof_buf {
	char *p;    // zero-initialised = empty
	size_t n;   // bytes in use
	size_t cap; // bytes owned
};

// Makes room for `more` bytes behind n and returns where they go. Ends the process with status 3 when the machine
// has no more memory (see arena_alloc).
char *buf_room(struct lof_buf *b, size_t more);
// Makes *b an empty buffer of at least n bytes, if that is megabytes, in pages as large as the machine has: to touch so
// much for the first time costs more than to fill it. No more than a hint.
void buf_large(struct lof_buf *b, size_t n);
void buf_free(struct lof_buf *b);

static inline void
buf_put(struct lof_buf *b, const void *p, size_t n)
{
	if (n)
		memcpy(buf_room(b, n), p, n);
	b->n += n;
}

static inline void
buf_str(struct lof_buf *b, struct lof_str s)
{
	buf_put(b, s.p, s.n);
}

#define buf_lit(b, s) buf_put((b), "" s, sizeof(s) - 1)

static inline void
buf_char(struct lof_buf *b, char c)
{
	buf_put(b, &c, 1);
}

// Decimal.
void buf_uint(struct lof_buf *b, uint64_t v);

static inline struct lof_str
buf_view(const struct lof_buf *b)
{
	return LOF_STR(b->p, b->n);
}

#endif
