#include "base/arena.h"

#include "base/err.h"

#include <stdlib.h>

enum { FIRST = 4096, LARGEST = 1 << 20, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap; // of the bytes behind this head
	_Alignas(ALIGN) char bytes[];
};
_Static_assert(ALIGN % _Alignof(max_align_t) == 0, "arena memory fits any type");

static struct arena_block *
block_new(size_t cap)
{
	struct arena_block *b;

	if (cap > SIZE_MAX - sizeof(*b) || !(b = calloc(1, sizeof(*b) + cap)))
		lof_no_memory();
	b->cap = cap;
	return b;
}

// A block with room for n, at the head unless what is left in the head is worth more than what will be left in the
// new one.
static struct arena_block *
grow(struct lof_arena *a, size_t n)
{
	struct arena_block *head = a->head, *b;
	size_t cap = head ? head->cap : FIRST / 2;

	cap = cap < LARGEST / 2 ? cap * 2 : LARGEST;
	b = block_new(n > cap ? n : cap);
	if (head && head->cap - head->used > b->cap - n) {
		b->next = head->next;
		head->next = b;
	} else {
		b->next = head;
		a->head = b;
	}
	return b;
}

void *
arena_alloc(struct lof_arena *a, size_t n)
{
	struct arena_block *b = a->head;
	void *p;

	if (n > SIZE_MAX - ALIGN)
		lof_no_memory();
	// A block is used up to a multiple of ALIGN, so that rounding up is all the aligning there is; even nothing
	// gets an address of its own.
	n = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
	if (!b || n > b->cap - b->used)
		b = grow(a, n);
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

void *
arena_array(struct lof_arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		lof_no_memory();
	return arena_alloc(a, n);
}

struct lof_str
arena_copy(struct lof_arena *a, struct lof_str s)
{
	char *p = arena_alloc(a, s.n < SIZE_MAX ? s.n + 1 : s.n);

	if (s.n)
		memcpy(p, s.p, s.n);
	return LOF_STR(p, s.n);
}

void
arena_free(struct lof_arena *a)
{
	for (struct arena_block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}
