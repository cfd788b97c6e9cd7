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

#define BLOCK_INDEX block_index_avx2
#include "json/block.inc.h"
#endif
