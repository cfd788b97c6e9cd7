// Answers already made: query -> finished member. A rule that fires a thousand times is ranked once. Bounded, allocated
// once, exact: a query is compared whole, so nobody can craft an event that gets another's notes. One thread.
#ifndef LOF_STREAM_CACHE_H
#define LOF_STREAM_CACHE_H

#include "base/str.h"

enum { CACHE_SLOTS = 1024, CACHE_QUERY = 96, CACHE_MEMBER = 4608 };

struct cache;

struct cached {
	uint32_t notes, placeholders; // for the counters
	struct lof_str member;
};

struct cache *cache_new(void); // NULL: no memory
void cache_free(struct cache *c);
// 1 and *out when the query (n numbers) is there. *slot is where it belongs.
int cache_find(struct cache *c, const uint32_t *query, size_t n, struct cached *out, uint32_t *slot);
// Keeps an answer in the slot that cache_find gave, if it is not too large.
void cache_keep(struct cache *c, uint32_t slot, const uint32_t *query, size_t n, const struct cached *v);

#endif
