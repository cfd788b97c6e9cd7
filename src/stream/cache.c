#include "stream/cache.h"

#include "base/buf.h"
#include "base/hash.h"
#include "json/block.h"

#include <stdalign.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

enum { EXACT_SETS = 8192, QUERY_SETS = 2048, MEMBER_SETS = 1024, WAYS = 4, LINE = 64 };
enum { ANSWER_MAX = 64 * 1024, LARGE_RING = 8 << 20, SMALL_START = 2 << 20 };

// Where an answer stands: counted through, the ring being the last so many of them. Position 0 is none.
struct slot {
	uint64_t hash; // of the key
	uint64_t at;
};

// Those a key may stand in: one line of the processor's cache.
struct set {
	alignas(LINE) struct slot way[WAYS];
};

// In the ring: this, the query's numbers. The member stands elsewhere in it, for many answers have the same.
struct answer {
	uint64_t member;
	uint32_t n_query, n_member, notes, placeholders, expired, found;
};

struct cache {
	struct set exact[EXACT_SETS], query[QUERY_SETS], member[MEMBER_SETS];
	uint64_t secret[2 + BLOCK_KEYS];
	uint64_t end; // where the next answer goes
	size_t size; // of the ring
	struct lof_buf ring;
	void *memory; // which this lies in
};

struct cache *
cache_new(size_t ring)
{
	// Not aligned_alloc, which gives no zeros: so pages are touched only as they fill.
	void *memory = calloc(1, sizeof(struct cache) + LINE);
	if (!memory)
		return NULL;
	struct cache *c = (struct cache *)(((uintptr_t)memory + LINE - 1) / LINE * LINE);
	c->memory = memory;
	c->end = 8;
	c->size = ring;
	buf_large(&c->ring, ring >= LARGE_RING ? ring : 0);
#ifdef MADV_NOHUGEPAGE
	// For the first answers a large page would be cleared whole: not for those who start us for a few events.
	if (c->ring.p)
		madvise(c->ring.p, SMALL_START, MADV_NOHUGEPAGE);
#endif
	if (!c->ring.p && !(c->ring.p = malloc(ring))) {
		free(memory);
		return NULL;
	}
	// Without randomness (it cannot fail on a running Linux) the keys are merely not secret.
	if (getrandom(c->secret, sizeof c->secret, GRND_NONBLOCK) != sizeof c->secret)
		for (size_t i = 0; i < sizeof c->secret / sizeof *c->secret; i++)
			c->secret[i] = lof_mix((uint64_t)(uintptr_t)c, 0x9E3779B97F4A7C15u + i);
	return c;
}

void
cache_free(struct cache *c)
{
	if (!c)
		return;
	buf_free(&c->ring);
	free(c->memory);
}

struct digest
cache_digest(const struct cache *c)
{
	return (struct digest){ c->secret[1], c->secret };
}

static bool
is_whole(const struct cache *c, uint64_t at)
{
	return at && at + c->size > c->end;
}

static const char *
answer_at(const struct cache *c, uint64_t at, struct answer *a)
{
	const char *p = c->ring.p + at % c->size;
	memcpy(a, p, sizeof *a);
	return p + sizeof *a;
}

// False: its member is gone.
static bool
give(const struct cache *c, uint64_t at, struct cached *out)
{
	struct answer a;
	answer_at(c, at, &a);
	if (a.n_member && !is_whole(c, a.member))
		return false;
	*out = (struct cached){ a.notes, a.placeholders, a.expired, a.found, LOF_STR(c->ring.p + a.member % c->size, a.n_member) };
	return true;
}

// Puts a key where it belongs: over itself, over one whose answer is gone, else over the oldest.
static void
lead(const struct cache *c, struct set *set, uint64_t hash, uint64_t at)
{
	struct slot *s = set->way, *best = s;
	for (int i = 0; i < WAYS; i++) {
		if (!is_whole(c, s[i].at) || s[i].hash == hash) {
			best = &s[i];
			break;
		}
		best = s[i].at < best->at ? &s[i] : best;
	}
	*best = (struct slot){ hash, at };
}

int
cache_find(const struct cache *c, struct digest d, struct cached *out)
{
	const struct slot *s = c->exact[d.hash % EXACT_SETS].way;
	for (int i = 0; i < WAYS; i++)
		if (s[i].hash == d.hash && is_whole(c, s[i].at))
			return give(c, s[i].at, out);
	return 0;
}

static uint64_t
query_hash(const struct cache *c, const uint32_t *query, size_t n)
{
	return lof_hash(c->secret[0], LOF_STR((const char *)query, n * sizeof *query));
}

int
cache_find_query(struct cache *c, struct digest d, const uint32_t *query, size_t n, struct cached *out)
{
	uint64_t h = query_hash(c, query, n);
	const struct slot *s = c->query[h % QUERY_SETS].way;
	for (int i = 0; i < WAYS; i++) {
		struct answer a;
		if (s[i].hash != h || !is_whole(c, s[i].at))
			continue;
		const char *p = answer_at(c, s[i].at, &a);
		if (a.n_query != n || memcmp(p, query, n * sizeof *query) != 0)
			continue;
		if (!give(c, s[i].at, out))
			return 0;
		lead(c, &c->exact[d.hash % EXACT_SETS], d.hash, s[i].at);
		return 1;
	}
	return 0;
}

void
cache_clear(struct cache *c)
{
	c->end += c->size; // the ring has gone round, and nothing in it is whole
}

// Room for n bytes, at the place that is returned: none lies across the seam.
static uint64_t
room(struct cache *c, size_t n)
{
	if (c->size - c->end % c->size < n)
		c->end += c->size - c->end % c->size;
	uint64_t at = c->end;
	c->end += (n + 7) & ~(size_t)7;
	return at;
}

// Where such a member is, or is put.
static uint64_t
member_at(struct cache *c, struct lof_str member)
{
	uint64_t h = lof_hash(c->secret[0] ^ member.n, member);
	struct set *set = &c->member[h % MEMBER_SETS];
	for (int i = 0; i < WAYS; i++) {
		uint64_t at = set->way[i].at;
		size_t from = at % c->size;
		if (set->way[i].hash == h && is_whole(c, at) && member.n <= c->size - from &&
		    memcmp(c->ring.p + from, member.p, member.n) == 0)
			return at;
	}
	uint64_t at = room(c, member.n);
	memcpy(c->ring.p + at % c->size, member.p, member.n);
	lead(c, set, h, at);
	return at;
}

void
cache_keep(struct cache *c, struct digest d, const uint32_t *query, size_t n, const struct cached *v)
{
	struct answer a = { 0, (uint32_t)n, (uint32_t)v->member.n, v->notes, v->placeholders, v->expired, v->found };
	size_t query_bytes = n * sizeof *query;
	if (sizeof a + query_bytes + v->member.n > ANSWER_MAX)
		return;
	a.member = v->member.n ? member_at(c, v->member) : 0;
	uint64_t at = room(c, sizeof a + query_bytes);
	char *p = c->ring.p + at % c->size;
	memcpy(p, &a, sizeof a);
	if (n)
		memcpy(p + sizeof a, query, query_bytes);
	lead(c, &c->exact[d.hash % EXACT_SETS], d.hash, at);
	if (n) {
		uint64_t h = query_hash(c, query, n);
		lead(c, &c->query[h % QUERY_SETS], h, at);
	}
}
