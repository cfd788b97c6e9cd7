// AVX2 and carry-less multiplication (Haswell, Zen and later).
#include "json/block.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define ISA __attribute__((target("avx2,popcnt,bmi,bmi2")))

struct vec {
	__m256i a, b;
};

static ISA inline uint64_t
bits(__m256i a, __m256i b)
{
	return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

static ISA inline uint64_t
equal(struct vec v, char c)
{
	__m256i x = _mm256_set1_epi8(c);
	return bits(_mm256_cmpeq_epi8(v.a, x), _mm256_cmpeq_epi8(v.b, x));
}

static ISA inline struct vec
vec_load(const uint8_t *p)
{
	return (struct vec){ _mm256_loadu_si256((const __m256i *)(const void *)p),
		_mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
}

static ISA inline uint64_t vec_quote(struct vec v) { return equal(v, '"'); }
static ISA inline uint64_t vec_slash(struct vec v) { return equal(v, '\\'); }
static ISA inline uint64_t vec_feed(struct vec v) { return equal(v, '\n'); }
static ISA inline uint64_t vec_high(struct vec v) { return bits(v.a, v.b); }

#define TABLE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

// [ and ] become { and }, and nothing else does.
static ISA inline struct vec
folded(struct vec v)
{
	const __m256i fold = _mm256_set1_epi8(0x20);
	return (struct vec){ _mm256_or_si256(v.a, fold), _mm256_or_si256(v.b, fold) };
}

static ISA inline uint64_t vec_open(struct vec v) { return equal(folded(v), '{'); }
static ISA inline uint64_t vec_close(struct vec v) { return equal(folded(v), '}'); }

static ISA inline uint64_t
vec_separator(struct vec v)
{
	return equal(v, ',') | equal(v, ':');
}

// The byte that is wanted stands in the table at its own low four bits.
static ISA inline uint64_t
vec_blank(struct vec v)
{
	const __m256i t = TABLE(' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n', 112, 100, '\r', 100, 100);
	return bits(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(t, v.a), v.a), _mm256_cmpeq_epi8(_mm256_shuffle_epi8(t, v.b), v.b));
}

static ISA inline uint64_t
vec_control(struct vec v)
{
	const __m256i top = _mm256_set1_epi8(0x1f);
	return bits(_mm256_cmpeq_epi8(_mm256_max_epu8(v.a, top), top), _mm256_cmpeq_epi8(_mm256_max_epu8(v.b, top), top));
}

static ISA inline uint64_t vec_u(struct vec v) { return equal(v, 'u'); }

static ISA inline uint64_t
vec_digit(struct vec v)
{
	const __m256i zero = _mm256_set1_epi8('0'), nine = _mm256_set1_epi8(9);
	__m256i a = _mm256_sub_epi8(v.a, zero), b = _mm256_sub_epi8(v.b, zero);
	return bits(_mm256_cmpeq_epi8(_mm256_min_epu8(a, nine), a), _mm256_cmpeq_epi8(_mm256_min_epu8(b, nine), b));
}

// All ones in the bytes whose bits are set.
static ISA inline __m256i
spread(uint32_t mask)
{
	const __m256i which = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
	const __m256i bit = _mm256_set1_epi64x((int64_t)0x8040201008040201);
	return _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32((int)mask), which), bit), bit);
}

// Products of the halves of each word, the key added to them.
static ISA inline __m256i
products(__m256i x, const uint64_t *key)
{
	x = _mm256_add_epi32(x, _mm256_loadu_si256((const void *)key));
	return _mm256_mul_epu32(x, _mm256_srli_epi64(x, 32));
}

static ISA inline void
vec_sum(struct vec v, uint64_t without, const uint64_t *key, uint64_t *sum)
{
	__m256i x = _mm256_andnot_si256(spread((uint32_t)without), v.a);
	__m256i y = _mm256_andnot_si256(spread((uint32_t)(without >> 32)), v.b);
	__m256i a = _mm256_add_epi64(products(x, key), products(y, key + 4));
	__m256i b = _mm256_add_epi64(products(x, key + 8), products(y, key + 12));
	a = _mm256_add_epi64(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
	_mm_storeu_si128((void *)sum, _mm_add_epi64(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
}

#define BLOCK_INDEX block_index_avx2
#define BLOCK_END block_end_avx2
#define BLOCK_SUM block_sum_avx2
#include "json/block.inc.h"
#endif
