// AVX-512 (Ice Lake, Zen 4 and later): a block is one register and a comparison is a mask.
#include "json/block.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define ISA __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,pclmul,popcnt,bmi,bmi2")))

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

static ISA inline uint64_t vec_quote(struct vec v) { return equal(v, '"'); }
static ISA inline uint64_t vec_slash(struct vec v) { return equal(v, '\\'); }
static ISA inline uint64_t vec_u(struct vec v) { return equal(v, 'u'); }
static ISA inline uint64_t vec_high(struct vec v) { return _mm512_movepi8_mask(v.a); }

#define TABLE(...) _mm512_broadcast_i32x4(_mm_setr_epi8(__VA_ARGS__))

static ISA inline uint64_t
vec_bracket(struct vec v)
{
	struct vec f = { _mm512_or_si512(v.a, _mm512_set1_epi8(0x20)) }; // [ and ] become { and }, and nothing else does
	return equal(f, '{') | equal(f, '}');
}

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

static ISA inline uint64_t
vec_escapable(struct vec v)
{
	const __m512i low = TABLE(0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1);
	const __m512i high = TABLE(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m512i nibble = _mm512_set1_epi8(0x0f);
	__m512i l = _mm512_shuffle_epi8(low, _mm512_and_si512(v.a, nibble));
	__m512i h = _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(v.a, 4), nibble));
	return _mm512_test_epi8_mask(l, h);
}

static ISA inline uint64_t
bits_prefix_xor(uint64_t m)
{
	__m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)m), _mm_set1_epi8((char)0xff), 0);
	return (uint64_t)_mm_cvtsi128_si64(product);
}

// Sixteen at a time: the bits pick bytes 0..63 and what is picked is widened.
#define BITS_FLATTEN
static ISA inline __attribute__((always_inline)) void
bits_flatten(uint32_t *o, uint64_t token, uint32_t at, unsigned count)
{
	const __m512i places = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
	    40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11,
	    10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m512i base = _mm512_set1_epi32((int)at);
	__m512i picked = _mm512_maskz_compress_epi8(token, places);
	_mm512_storeu_si512(o, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(picked))));
	if (count > 16)
		_mm512_storeu_si512(o + 16, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(picked, 1))));
	if (count > 32) {
		_mm512_storeu_si512(o + 32, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(picked, 2))));
		_mm512_storeu_si512(o + 48, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(picked, 3))));
	}
}

#define BLOCK_INDEX block_index_avx512
#include "json/block.inc.h"
#endif
