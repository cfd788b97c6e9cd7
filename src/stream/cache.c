#include "stream/cache.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>

enum { EXACT_SLOTS = 32768, QUERY_SLOTS = 8192, WAYS = 4, ANSWER_MAX = 64 * 1024 };

// Where an answer stands: counted through, the ring being CACHE_BYTES of it. Position 0 is none.
struct slot {
	uint64_t hash; // of the key
	uint64_t at;
};

// In the ring: this, the query's numbers, the member's bytes.
struct answer {
	uint32_t n_query, n_member, notes, placeholders, found;
};

struct cache {
	uint64_t secret[2];
	uint64_t end; // where the next answer goes
	struct slot exact[EXACT_SLOTS + WAYS], query[QUERY_SLOTS + WAYS];
	char ring[CACHE_BYTES];
};

struct cache *
cache_new(void)
{
	struct cache *c = calloc(1, sizeof *c); // pages are touched only as they fill
	if (c) {
		c->end = 8;
		// Without randomness (it cannot fail on a running Linux) the keys are merely not secret.
		if (getrandom(c->secret, sizeof c->secret, GRND_NONBLOCK) != sizeof c->secret)
			c->secret[0] = c->secret[1] = (uint64_t)(uintptr_t)c;
	}
	return c;
}

void
cache_free(struct cache *c)
{
	free(c);
}

struct digest
cache_digest(const struct cache *c)
{
	return (struct digest){ c->secret[0], c->secret[1] };
}

// The last 0 to 15 bytes as two words. Overlapping loads: a copy of unknown length would cost more than all the rest.
static inline void
last_words(const char *p, size_t n, uint64_t *lo, uint64_t *hi)
{
	*lo = *hi = 0;
	if (n >= 8) {
		memcpy(lo, p, 8);
		memcpy(hi, p + n - 8, 8);
	} else if (n >= 4) {
		uint32_t a, b;
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
		*lo = (uint64_t)a << 32 | b;
	} else if (n) {
		*lo = (uint64_t)(unsigned char)p[0] << 16 | (uint64_t)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1];
	}
}

// The key is secret so that nobody can choose bytes that cancel it.
static inline void
add(struct digest *d, const char *p, size_t left)
{
	const uint64_t key = d->key;
	uint64_t h = d->hash ^ left, lo, hi;
	for (; left >= 16; p += 16, left -= 16) {
		memcpy(&lo, p, 8);
		memcpy(&hi, p + 8, 8);
		h = lof_mix(h ^ lo, key ^ hi);
	}
	last_words(p, left, &lo, &hi);
	d->hash = lof_mix(h ^ lo, key ^ hi);
}

// The top bit of each of eight bytes that is a digit.
static inline uint64_t
digits_of(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u, top = ones * 0x80;
	uint64_t x = w ^ ones * '0';
	return ~(((x & ~top) + ones * (0x7f - 9)) | x) & top;
}

// The first digit in p[i, n), or n. Eight bytes at a time where there are eight.
static inline size_t
next_digit(const char *p, size_t i, size_t n)
{
	for (; n - i >= 8; i += 8) {
		uint64_t w;
		memcpy(&w, p + i, 8);
		if ((w = digits_of(w)))
			return i + (size_t)__builtin_ctzll(w) / 8; // little-endian, as indexes are
	}
	while (i < n && !lof_is_digit((unsigned char)p[i]))
		i++;
	return i;
}

// May digits at p[i] belong to a \uXXXX? Those are a letter, not a number.
static inline bool
in_escape(const char *p, size_t i)
{
	for (size_t k = 2; k <= 5 && k <= i; k++)
		if (p[i - k] == '\\' && p[i - k + 1] == 'u')
			return true;
	return false;
}

void
digest_add(struct digest *d, struct lof_str value, unsigned run)
{
	size_t from = 0, i = run ? next_digit(value.p, 0, value.n) : value.n;
	while (i < value.n) {
		size_t end = i + 1;
		while (end < value.n && lof_is_digit((unsigned char)value.p[end]))
			end++;
		if (end - i >= run && !in_escape(value.p, i)) {
			add(d, value.p + from, i - from);
			d->hash ^= end - i; // how long the row is may matter: long rows of hex digits are no words
			from = end;
		}
		i = next_digit(value.p, end, value.n);
	}
	add(d, value.p + from, value.n - from);
}

static bool
is_whole(const struct cache *c, uint64_t at)
{
	return at && at + CACHE_BYTES > c->end;
}

static const char *
answer_at(const struct cache *c, uint64_t at, struct answer *a)
{
	const char *p = c->ring + at % CACHE_BYTES;
	memcpy(a, p, sizeof *a);
	return p + sizeof *a;
}

static void
give(const struct cache *c, uint64_t at, struct cached *out)
{
	struct answer a;
	const char *p = answer_at(c, at, &a);
	*out = (struct cached){ a.notes, a.placeholders, a.found, LOF_STR(p + a.n_query * sizeof(uint32_t), a.n_member) };
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
cache_keep(struct cache *c, struct digest d, const uint32_t *query, size_t n, const struct cached *v)
{
	const struct answer a = { (uint32_t)n, (uint32_t)v->member.n, v->notes, v->placeholders, v->found };
	size_t query_bytes = n * sizeof *query, size = (sizeof a + query_bytes + v->member.n + 7) & ~(size_t)7;
	if (size > ANSWER_MAX)
		return;
	if (CACHE_BYTES - c->end % CACHE_BYTES < size) // no answer lies across the seam
		c->end += CACHE_BYTES - c->end % CACHE_BYTES;
	uint64_t at = c->end;
	char *p = c->ring + at % CACHE_BYTES;
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
