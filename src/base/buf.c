#include "base/buf.h"

#include "base/err.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { FIRST = 64, LARGE_PAGE = 2 << 20 };

char *
buf_room(struct lof_buf *b, size_t more)
{
	size_t need, cap;
	char *p;

	if (b->p && more <= b->cap - b->n)
		return b->p + b->n;
	if (__builtin_add_overflow(b->n, more, &need))
		lof_no_memory();
	if (__builtin_mul_overflow(b->cap, 2, &cap) || cap < need)
		cap = need;
	if (cap < FIRST)
		cap = FIRST;
	p = realloc(b->p, cap);
	if (!p)
		lof_no_memory();
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

void
buf_large(struct lof_buf *b, size_t n)
{
	if (n < LARGE_PAGE || n > SIZE_MAX / 2)
		return;
	size_t whole = n / LARGE_PAGE * LARGE_PAGE, all = (n + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	char *p = aligned_alloc(LARGE_PAGE, all);
	if (!p)
		return;
#ifdef MADV_HUGEPAGE
	madvise(p, whole, MADV_HUGEPAGE);
#endif
#ifdef MADV_POPULATE_WRITE
	madvise(p + whole, n - whole, MADV_POPULATE_WRITE); // the rest in small ones, all at once
#endif
	buf_free(b);
	*b = (struct lof_buf){ p, 0, all };
}

void
buf_free(struct lof_buf *b)
{
	free(b->p);
	*b = (struct lof_buf){ 0 };
}

void
buf_uint(struct lof_buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	buf_put(b, digits + at, sizeof(digits) - at);
}
