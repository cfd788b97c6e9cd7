#include "stream/cache.h"

#include "base/hash.h"

#include <stdlib.h>

struct entry {
	uint16_t n_query, n_member; // n_query 0: empty
	uint32_t notes, placeholders;
	uint32_t query[CACHE_QUERY];
	char member[CACHE_MEMBER];
};

struct cache {
	struct entry slot[CACHE_SLOTS];
};

struct cache *
cache_new(void)
{
	return calloc(1, sizeof(struct cache)); // pages are touched only as they fill
}

void
cache_free(struct cache *c)
{
	free(c);
}

int
cache_find(struct cache *c, const uint32_t *query, size_t n, struct cached *out, uint32_t *slot)
{
	*slot = (uint32_t)(lof_hash(0, LOF_STR((const char *)query, n * sizeof *query)) % CACHE_SLOTS);
	const struct entry *e = &c->slot[*slot];
	if (n > CACHE_QUERY || e->n_query != n || memcmp(e->query, query, n * sizeof *query) != 0)
		return 0;
	*out = (struct cached){ e->notes, e->placeholders, LOF_STR(e->member, e->n_member) };
	return 1;
}

void
cache_keep(struct cache *c, uint32_t slot, const uint32_t *query, size_t n, const struct cached *v)
{
	struct entry *e = &c->slot[slot];
	if (n > CACHE_QUERY || v->member.n > CACHE_MEMBER)
		return;
	e->n_query = (uint16_t)n;
	e->n_member = (uint16_t)v->member.n;
	e->notes = v->notes;
	e->placeholders = v->placeholders;
	memcpy(e->query, query, n * sizeof *query);
	memcpy(e->member, v->member.p, v->member.n);
}
