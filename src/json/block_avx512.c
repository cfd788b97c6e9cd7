// AVX-512 (Ice Lake, Zen 4 and later): a block is one register and a comparison is a mask.
#include "json/block.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define ISA __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,popcnt,bmi,bmi2")))

struct vec {
	__m512i a;
};

static ISA inline uint64_t
equal(struct vec v, char c)
{
	return _mm512_cmpeq_epi8_mask(v.a, _mm512_set1_epi8(c));
}

static ISA inline struct vec
vec_load(const uint8_t *p)
{
	return (struct vec){ _mm512_loadu_si512((const void *)p) };
}

#define VEC_LOAD_PART
static ISA inline struct vec
vec_load_part(const uint8_t *p, size_t n)
{
	return (struct vec){ _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), ((uint64_t)1 << n) - 1, (const void *)p) };
}

static ISA inline uint64_t vec_quote(struct vec v) { return equal(v, '"'); }
static ISA inline uint64_t vec_slash(struct vec v) { return equal(v, '\\'); }
static ISA inline uint64_t vec_feed(struct vec v) { return equal(v, '\n'); }
static ISA inline uint64_t vec_high(struct vec v) { return _mm512_movepi8_mask(v.a); }

#define TABLE(...) _mm512_broadcast_i32x4(_mm_setr_epi8(__VA_ARGS__))

// [ and ] become { and }, and nothing else does.
static ISA inline struct vec
folded(struct vec v)
{
	return (struct vec){ _mm512_or_si512(v.a, _mm512_set1_epi8(0x20)) };
}

static ISA inline uint64_t vec_open(struct vec v) { return equal(folded(v), '{'); }
static ISA inline uint64_t vec_close(struct vec v) { return equal(folded(v), '}'); }

static ISA inline uint64_t
vec_separator(struct vec v)
{
	return equal(v, ',') | equal(v, ':');
}

static ISA inline uint64_t
vec_blank(struct vec v)
{
	const __m512i t = TABLE(' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n', 112, 100, '\r', 100, 100);
	return _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(t, v.a), v.a);
}

static ISA inline uint64_t
vec_control(struct vec v)
{
	return _mm512_cmplt_epu8_mask(v.a, _mm512_set1_epi8(0x20));
}

static ISA inline uint64_t vec_u(struct vec v) { return equal(v, 'u'); }

static ISA inline uint64_t
vec_digit(struct vec v)
{
	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v.a, _mm512_set1_epi8('0')), _mm512_set1_epi8(9));
}

static ISA inline void
vec_sum(struct vec v, uint64_t without, const uint64_t *key, uint64_t *sum)
{
	__m512i x = _mm512_maskz_mov_epi8(~without, v.a);
	__m512i a = _mm512_add_epi32(x, _mm512_loadu_si512(key)), b = _mm512_add_epi32(x, _mm512_loadu_si512(key + 8));
	a = _mm512_mul_epu32(a, _mm512_srli_epi64(a, 32));
	b = _mm512_mul_epu32(b, _mm512_srli_epi64(b, 32));
	a = _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
	__m256i half = _mm256_add_epi64(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
	_mm_storeu_si128((void *)sum, _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
}

// Thirty-two at a time: the bits pick bytes 0..63, complemented where they should be, and what is picked is widened.
#define BITS_FLATTEN
static ISA inline __attribute__((always_inline)) void
bits_flatten(int16_t *o, uint64_t token, uint64_t closing, unsigned at, unsigned count)
{
	const __m512i places = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
	    40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11,
	    10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m512i base = _mm512_set1_epi16((short)at); // a multiple of 64: as good as added
	__m512i place = _mm512_mask_sub_epi8(places, closing, _mm512_set1_epi8(-1), places);
	__m512i picked = _mm512_maskz_compress_epi8(token, place);
	_mm512_storeu_si512(o, _mm512_xor_si512(base, _mm512_cvtepi8_epi16(_mm512_castsi512_si256(picked))));
	if (__builtin_expect(count > 32, 0))
		_mm512_storeu_si512(o + 32, _mm512_xor_si512(base, _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(picked, 1))));
}

#define BLOCK_INDEX block_index_avx512
#define BLOCK_END block_end_avx512
#define BLOCK_SUM block_sum_avx512
#include "json/block.inc.h"
#endif
