// Answers that are kept: what is found is what was kept, however often the ring has gone round, whoever shares a member.
#include "stream/cache.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { RING = 40 * 1024, KEYS = 400, ROUNDS = 60000, QUERY = 5, BLOCK_OF = 2500 };

// The member of key k: few in all, and none a small part of the ring; every seventh key has none.
static struct lof_str
member_of(size_t k)
{
	static char text[BLOCK_OF];
	size_t m = k % 7 ? k % 37 : 0, n = m ? 100 + m * 64 : 0;

	memset(text, 'a' + (int)(m % 26), n);
	if (n)
		snprintf(text, sizeof text, "member %zu", m);
	return LOF_STR(text, n);
}

static struct digest
digest_of(const struct cache *c, size_t k)
{
	struct digest d = cache_digest(c);

	digest_number(&d, k);
	return d;
}

static void
query_of(size_t k, uint32_t q[QUERY])
{
	for (size_t i = 0; i < QUERY; i++)
		q[i] = (uint32_t)(k * QUERY + i);
}

static void
expect(const struct cached *got, size_t k)
{
	struct lof_str want = member_of(k);

	cr_assert_eq(got->notes, k, "another's answer");
	cr_assert(lof_str_eq(got->member, want), "key %zu: %.*s", k, (int)(got->member.n < 20 ? got->member.n : 20), got->member.p);
}

Test(cache, what_is_found_is_what_was_kept)
{
	struct cache *c = cache_new(RING);
	size_t found = 0, by_query = 0, gone = 0;
	uint64_t r = 1;

	cr_assert_not_null(c);
	for (size_t i = 0; i < ROUNDS; i++) {
		r = lof_mix(r + i, UINT64_C(0x9E3779B97F4A7C15));
		size_t k = r % (r >> 32 & 3 ? 50 : KEYS);
		struct digest d = digest_of(c, k), other = digest_of(c, k + KEYS * (1 + (r >> 40) % 3));
		struct cached got;
		uint32_t q[QUERY];

		query_of(k, q);
		if (cache_find(c, d, &got)) {
			expect(&got, k);
			found++;
		} else if (cache_find_query(c, other, q, QUERY, &got)) {
			expect(&got, k);
			cr_assert(cache_find(c, other, &got));
			expect(&got, k);
			by_query++;
		} else {
			got = (struct cached){ .notes = (uint32_t)k, .found = true, .member = member_of(k) };
			cache_keep(c, r >> 50 & 1 ? d : other, q, QUERY, &got);
			gone++;
		}
		if (i % 20000 == 19999)
			cache_clear(c);
	}
	cr_assert(found > 1000 && by_query > 1000 && gone > 5000, "%zu %zu %zu", found, by_query, gone);
	cache_free(c);
}
