// Answers already made. A rule that fires a thousand times is ranked once.
//
// An answer is found by two keys. The exact one is a digest of every value that decides (technique, rule, tags,
// context) as it stands in the event: the usual case, and nothing has to be understood to use it. The query
// (notes/rank.h) is what is left of those values once they are understood: two events that differ in what no note knows
// have the same. The digest is keyed with a secret of the process, so that nobody can craft an event that gets
// another's notes; queries are compared whole.
//
// Bounded: answers stand in a ring, the newest over the oldest. Nothing is allocated after cache_new.
// One thread.
#ifndef LOF_STREAM_CACHE_H
#define LOF_STREAM_CACHE_H

#include "base/hash.h"
#include "base/str.h"
#include "json/block.h"

struct cache;

struct cached {
	uint32_t notes, placeholders, expired; // for the counters
	bool found;                   // there was something to look notes up by
	struct lof_str member;        // empty: nothing to add
};

struct digest {
	uint64_t hash;
	const uint64_t *secret;
};

// The ring's size in bytes is for the caller to say: the more notes and rules there are, the more answers come again.
// Memory is touched as it fills. NULL: no memory.
struct cache *cache_new(size_t ring);
void cache_free(struct cache *c);

// A digest to be fed with values, in order.
struct digest cache_digest(const struct cache *c);
// With a `run`, digits that stand in rows of at least that many count as alike: process ids, times and serial numbers
// differ in every event and are part of no word that a note has (book.digit_run). 0: every byte counts.
// Piece by piece of 64 bytes, in a time that does not depend on the value: values are short, and a branch on their length
// would be guessed wrong for each. (What is left out of a piece depends on where the value is cut, but is the same for
// values that are alike.)
static inline void
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

static inline void
digest_number(struct digest *d, uint64_t n)
{
	d->hash = lof_mix(d->hash ^ n, d->secret[0]);
}

// 1 and *out (valid until the next cache_keep) when the answer is there.
int cache_find(const struct cache *c, struct digest d, struct cached *out);
// The same by query; when it is there, the digest leads to it too from now on.
int cache_find_query(struct cache *c, struct digest d, const uint32_t *query, size_t n, struct cached *out);
// Forgets them all.
void cache_clear(struct cache *c);

// Keeps an answer under both keys (n 0: under the digest only), if it is not too large.
void cache_keep(struct cache *c, struct digest d, const uint32_t *query, size_t n, const struct cached *v);

#endif
