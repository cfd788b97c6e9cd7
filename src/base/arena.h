// Memory for things that are loaded once and dropped together: rules, notes while an index is built, options.
// Bump allocation in growing blocks; nothing is freed singly. Not for the path of an event, which allocates nothing.
// One arena belongs to one thread at a time.
#ifndef LOF_BASE_ARENA_H
#define LOF_BASE_ARENA_H

#include "base/str.h"

struct arena_block;
struct lof_arena {
	struct arena_block *head; // zero-initialised = empty
};

// `n` zeroed bytes aligned for any type. Never NULL: a process that cannot have the memory to load its rules
// says so and ends with status 3 (the only such place; nothing is allocated later).
void *arena_alloc(struct lof_arena *a, size_t n);
// `count` elements of `size`; the product is checked for overflow.
void *arena_array(struct lof_arena *a, size_t count, size_t size);
// A copy with a NUL behind it (not counted in n).
struct lof_str arena_copy(struct lof_arena *a, struct lof_str s);
// Gives everything back; the arena is empty and usable again.
void arena_free(struct lof_arena *a);

#endif
