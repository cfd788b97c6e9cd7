#include "base/hash.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void
fill(unsigned char *p, size_t n)
{
	uint64_t x = 42;

	for (size_t i = 0; i < n; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = (unsigned char)(x >> 56);
	}
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

// Indexes are written with these: another answer is another format.
Test(hash, answers_are_pinned)
{
	static const struct {
		const char *text;
		uint64_t hash, sum;
	} want[] = {
		{ "", UINT64_C(0x5ac861a900ecb2ca), UINT64_C(0x3cd60893549e65ca) },
		{ "a", UINT64_C(0xfce1984e1515cfc4), UINT64_C(0xdbba4594edf6f6cb) },
		{ "abc", UINT64_C(0xf90289051d9b9d76), UINT64_C(0x6e28ce70e77df43d) },
		{ "abcd", UINT64_C(0xba291568265762df), UINT64_C(0x0cea12623e1ca8b5) },
		{ "rule-id", UINT64_C(0x13eba0e5789dc0a6), UINT64_C(0x0fa735af061ed923) },
		{ "powershell.exe", UINT64_C(0x977836010efdad8f), UINT64_C(0x23a633dd0c05e530) },
		{ "0123456789abcdef", UINT64_C(0xdc5db6329de5587d), UINT64_C(0xffa22e8004af6632) },
		{ "0123456789abcdefg", UINT64_C(0xb067d9697a9544bb), UINT64_C(0x6247ad749a8467a4) },
		{ "0123456789abcdef0123456789abcdef", UINT64_C(0xc144e66eedc59d31), UINT64_C(0xc67d29642ae53279) },
		{ "0123456789abcdef0123456789abcdef0", UINT64_C(0xd706f74af1112c09), UINT64_C(0xa17e6eb91ea14657) },
		{ "Suspicious PowerShell Download Cradle by a User of the Domain", UINT64_C(0x5b54bce2af2581c9),
		    UINT64_C(0x9f72b340830f2d3f) },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct lof_str s = lof_cstr(want[i].text);

		cr_expect_eq(lof_hash(7, s), want[i].hash, "{ \"%s\", 0x%016llx, 0x%016llx },", s.p,
		    (unsigned long long)lof_hash(7, s), (unsigned long long)lof_checksum(s.p, s.n));
		cr_expect_eq(lof_checksum(s.p, s.n), want[i].sum);
	}
}

Test(hash, the_multiplication_is_exact)
{
	// (2^64 - 1)^2 = 2^128 - 2^65 + 1: halves 2^64 - 2 and 1.
	cr_assert_eq(lof_mix(UINT64_MAX, UINT64_MAX), (UINT64_MAX - 1) ^ 1);
	cr_assert_eq(lof_mix(UINT64_C(1) << 32, UINT64_C(1) << 32), 1);
	// Computed with numbers of any size.
	cr_assert_eq(lof_mix(UINT64_C(0x123456789abcdef0), UINT64_C(0xfedcba9876543210)), UINT64_C(0xdd9ac4146d8d57c2));
}

Test(hash, alignment_does_not_matter)
{
	unsigned char room[512];

	for (size_t n = 0; n < 200; n++) {
		uint64_t hash, sum;

		fill(room, n);
		hash = lof_hash(1, LOF_STR((char *)room, n));
		sum = lof_checksum(room, n);
		for (size_t at = 1; at < 16; at++) {
			fill(room + at, n);
			cr_assert_eq(lof_hash(1, LOF_STR((char *)room + at, n)), hash);
			cr_assert_eq(lof_checksum(room + at, n), sum);
		}
	}
}

Test(hash, reads_all_of_the_bytes_and_nothing_else)
{
	for (size_t n = 0; n < 200; n++) {
		unsigned char *p = malloc(n + 1); // AddressSanitizer watches its end
		uint64_t was;

		fill(p, n + 1);
		was = lof_hash(0, LOF_STR((char *)p, n));
		cr_assert_neq(was, lof_hash(1, LOF_STR((char *)p, n)), "the seed counts");
		p[n] ^= 1;
		cr_assert_eq(was, lof_hash(0, LOF_STR((char *)p, n)));
		for (size_t i = 0; i < n; i++)
			for (unsigned bit = 1; bit < 256; bit *= 2) {
				p[i] ^= (unsigned char)bit;
				cr_assert_neq(was, lof_hash(0, LOF_STR((char *)p, n)), "byte %zu of %zu", i, n);
				p[i] ^= (unsigned char)bit;
			}
		free(p);
	}
}

// Each flipped input bit flips about half of the output bits.
Test(hash, avalanche)
{
	unsigned char p[40];

	for (size_t n = 1; n <= sizeof(p); n++) {
		uint64_t was, flipped = 0, tries = 0;

		fill(p, n);
		was = lof_hash(3, LOF_STR((char *)p, n));
		for (size_t bit = 0; bit < n * 8; bit++) {
			p[bit / 8] ^= (unsigned char)(1 << bit % 8);
			flipped += (uint64_t)__builtin_popcountll(was ^ lof_hash(3, LOF_STR((char *)p, n)));
			tries++;
			p[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		cr_assert(flipped > tries * 28 && flipped < tries * 36, "%zu bytes: %llu of %llu", n,
		    (unsigned long long)flipped, (unsigned long long)tries * 64);
	}
}

// 200,000 keys that differ little, in 2^18 slots: neither half of the bits may crowd.
Test(hash, like_keys_spread)
{
	enum { KEYS = 200000, SLOTS = 1 << 18 };
	uint32_t *low = calloc(SLOTS, sizeof(*low)), *high = calloc(SLOTS, sizeof(*high));
	uint64_t *all = malloc(KEYS * sizeof(*all));

	for (uint32_t i = 0; i < KEYS; i++) {
		char key[32];
		int n = snprintf(key, sizeof(key), "rule-%u", i);

		all[i] = lof_hash(0, LOF_STR(key, (size_t)n));
		cr_assert_lt(++low[all[i] % SLOTS], 12);
		cr_assert_lt(++high[all[i] >> 46], 12);
	}
	qsort(all, KEYS, sizeof(*all), by_value);
	for (uint32_t i = 1; i < KEYS; i++)
		cr_assert_neq(all[i], all[i - 1]);
	free(low);
	free(high);
	free(all);
}

Test(hash, a_zero_factor_swallows_nothing)
{
	// The first factor is word ^ constant: keys with that very word must still differ by their other half.
	for (uint64_t word = 0; word < 2; word++)
		cr_assert_neq(lof_mix(0, word), lof_mix(0, word + 1));
}

enum { SIZE = 1000 };

Test(checksum, every_single_byte_change)
{
	unsigned char p[SIZE];
	uint64_t was;

	fill(p, SIZE);
	was = lof_checksum(p, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		for (unsigned flip = 1; flip < 256; flip++) {
			p[i] ^= (unsigned char)flip;
			cr_assert_neq(lof_checksum(p, SIZE), was, "byte %zu ^ %u", i, flip);
			p[i] ^= (unsigned char)flip;
		}
	cr_assert_eq(lof_checksum(p, SIZE), was);
}

// Two flipped bits, one of them where a single multiplication would let the other be taken back.
Test(checksum, every_pair_of_bits_of_neighbours_in_a_lane)
{
	unsigned char p[128];
	uint64_t was;

	fill(p, sizeof(p));
	was = lof_checksum(p, sizeof(p));
	for (unsigned a = 0; a < 64; a++)
		for (unsigned b = 0; b < 64; b++) {
			p[a / 8] ^= (unsigned char)(1 << a % 8);
			p[32 + b / 8] ^= (unsigned char)(1 << b % 8);
			cr_assert_neq(lof_checksum(p, sizeof(p)), was, "bits %u and %u", a, b);
			p[a / 8] ^= (unsigned char)(1 << a % 8);
			p[32 + b / 8] ^= (unsigned char)(1 << b % 8);
		}
}

// All lengths of one text, and of zeros, where nothing but the length can tell them apart.
Test(checksum, every_truncation)
{
	unsigned char p[SIZE], zeros[SIZE] = { 0 };
	uint64_t all[2 * SIZE + 1];
	size_t n = 0;

	fill(p, SIZE);
	for (size_t i = 0; i <= SIZE; i++)
		all[n++] = lof_checksum(p, i);
	for (size_t i = 1; i <= SIZE; i++)
		all[n++] = lof_checksum(zeros, i);
	qsort(all, n, sizeof(all[0]), by_value);
	for (size_t i = 1; i < n; i++)
		cr_assert_neq(all[i], all[i - 1]);
}

Test(checksum, every_swap_of_blocks)
{
	static const size_t sizes[] = { 1, 8, 16, 32, 64, 128 };
	unsigned char p[1024], swapped[1024];
	uint64_t was;

	fill(p, sizeof(p));
	was = lof_checksum(p, sizeof(p));
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (size_t a = 0; a < sizeof(p); a += sizes[s])
			for (size_t b = a + sizes[s]; b < sizeof(p); b += sizes[s]) {
				if (memcmp(p + a, p + b, sizes[s]) == 0)
					continue;
				memcpy(swapped, p, sizeof(p));
				memcpy(swapped + a, p + b, sizes[s]);
				memcpy(swapped + b, p + a, sizes[s]);
				cr_assert_neq(lof_checksum(swapped, sizeof(p)), was, "%zu: %zu %zu", sizes[s], a, b);
			}
}
