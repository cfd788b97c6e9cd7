#include "stream/cache.h"

#include "base/buf.h"
#include "base/hash.h"
#include "json/block.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

enum { EXACT_SLOTS = 32768, QUERY_SLOTS = 8192, WAYS = 4, ANSWER_MAX = 64 * 1024, LARGE_RING = 8 << 20, SMALL_START = 2 << 20 };

// Where an answer stands: counted through, the ring being the last so many of them. Position 0 is none.
struct slot {
	uint64_t hash; // of the key
	uint64_t at;
};

// In the ring: this, the query's numbers, the member's bytes.
struct answer {
	uint32_t n_query, n_member, notes, placeholders, expired, found;
};

struct cache {
	uint64_t secret[2 + BLOCK_KEYS];
	uint64_t end; // where the next answer goes
	struct slot exact[EXACT_SLOTS + WAYS], query[QUERY_SLOTS + WAYS];
	size_t size; // of the ring
	struct lof_buf ring;
};

struct cache *
cache_new(size_t ring)
{
	struct cache *c = calloc(1, sizeof *c); // pages are touched only as they fill
	if (c) {
		c->end = 8;
		c->size = ring;
		buf_large(&c->ring, ring >= LARGE_RING ? ring : 0);
#ifdef MADV_NOHUGEPAGE
		// For the first answers a large page would be cleared whole: not for those who start us for a few events.
		if (c->ring.p)
			madvise(c->ring.p, SMALL_START, MADV_NOHUGEPAGE);
#endif
		if (!c->ring.p && !(c->ring.p = malloc(ring))) {
			free(c);
			return NULL;
		}
		// Without randomness (it cannot fail on a running Linux) the keys are merely not secret.
		if (getrandom(c->secret, sizeof c->secret, GRND_NONBLOCK) != sizeof c->secret)
			for (size_t i = 0; i < sizeof c->secret / sizeof *c->secret; i++)
				c->secret[i] = lof_mix((uint64_t)(uintptr_t)c, 0x9E3779B97F4A7C15u + i);
	}
	return c;
}

void
cache_free(struct cache *c)
{
	if (c)
		buf_free(&c->ring);
	free(c);
}

struct digest
cache_digest(const struct cache *c)
{
	return (struct digest){ c->secret[1], c->secret };
}

void
digest_number(struct digest *d, uint64_t n)
{
	d->hash = lof_mix(d->hash ^ n, d->secret[0]);
}

// Piece by piece of 64 bytes, in a time that does not depend on the value: values are short, and a branch on their length
// would be guessed wrong for each. (What is left out of a piece depends on where the value is cut, but is the same for
// values that are alike.)
void
digest_add(struct digest *d, struct lof_str value, unsigned run)
{
	bool escape = false;
	do {
		size_t n = value.n < BLOCK ? value.n : BLOCK;
		struct block_sum s = block_sum(value.p, n, run, &escape, d->secret + 2);
		d->hash = lof_mix(d->hash ^ (s.sum[0] + s.rows), d->secret[0] ^ (s.sum[1] + value.n));
		value = LOF_STR(value.p + n, value.n - n);
	} while (value.n);
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

static void
give(const struct cache *c, uint64_t at, struct cached *out)
{
	struct answer a;
	const char *p = answer_at(c, at, &a);
	*out = (struct cached){ a.notes, a.placeholders, a.expired, a.found, LOF_STR(p + a.n_query * sizeof(uint32_t), a.n_member) };
}

// Puts a key where it belongs: over itself, over one whose answer is gone, else over the oldest.
static void
lead(const struct cache *c, struct slot *s, uint64_t hash, uint64_t at)
{
	struct slot *best = s;
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
	const struct slot *s = &c->exact[d.hash % EXACT_SLOTS];
	for (int i = 0; i < WAYS; i++)
		if (s[i].hash == d.hash && is_whole(c, s[i].at)) {
			give(c, s[i].at, out);
			return 1;
		}
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
	const struct slot *s = &c->query[h % QUERY_SLOTS];
	for (int i = 0; i < WAYS; i++) {
		struct answer a;
		if (s[i].hash != h || !is_whole(c, s[i].at))
			continue;
		const char *p = answer_at(c, s[i].at, &a);
		if (a.n_query != n || memcmp(p, query, n * sizeof *query) != 0)
			continue;
		give(c, s[i].at, out);
		lead(c, &c->exact[d.hash % EXACT_SLOTS], d.hash, s[i].at);
		return 1;
	}
	return 0;
}

void
cache_clear(struct cache *c)
{
	c->end += c->size; // the ring has gone round, and nothing in it is whole
}

void
cache_keep(struct cache *c, struct digest d, const uint32_t *query, size_t n, const struct cached *v)
{
	const struct answer a = { (uint32_t)n, (uint32_t)v->member.n, v->notes, v->placeholders, v->expired,
		v->found };
	size_t query_bytes = n * sizeof *query, size = (sizeof a + query_bytes + v->member.n + 7) & ~(size_t)7;
	if (size > ANSWER_MAX)
		return;
	if (c->size - c->end % c->size < size) // no answer lies across the seam
		c->end += c->size - c->end % c->size;
	uint64_t at = c->end;
	char *p = c->ring.p + at % c->size;
	memcpy(p, &a, sizeof a);
	if (n)
		memcpy(p + sizeof a, query, query_bytes);
	if (v->member.n)
		memcpy(p + sizeof a + query_bytes, v->member.p, v->member.n);
	c->end += size;
	lead(c, &c->exact[d.hash % EXACT_SLOTS], d.hash, at);
	if (n) {
		uint64_t h = query_hash(c, query, n);
		lead(c, &c->query[h % QUERY_SLOTS], h, at);
	}
}
