// The portable twin: a table look-up per byte. T[c] holds eight class bits in the lowest bits of eight bytes; shifting
// by the position and or-ing eight of them leaves in byte k the 8-bit mask of class k.
#include "json/block.h"

#include "base/hash.h"

#include <string.h>

enum { QUOTE, SLASH, OPEN, CLOSE, SEPARATOR, BLANK, CONTROL, HIGH };

struct vec {
	uint64_t class[8], feed;
};

#define BIT(class) ((uint64_t)1 << (8 * (class)))
#define H BIT(HIGH)
#define H8 H, H, H, H, H, H, H, H
#define C BIT(CONTROL)
#define HIGHS H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8

static const uint64_t table[256] = {
	C, C, C, C, C, C, C, C, C, C | BIT(BLANK), C | BIT(BLANK), C, C, C | BIT(BLANK), C, C,
	C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
	[' '] = BIT(BLANK),
	['"'] = BIT(QUOTE),
	['\\'] = BIT(SLASH),
	['{'] = BIT(OPEN), ['['] = BIT(OPEN), ['}'] = BIT(CLOSE), [']'] = BIT(CLOSE),
	[':'] = BIT(SEPARATOR), [','] = BIT(SEPARATOR),
	[128] = HIGHS,
};

static inline struct vec
vec_load(const uint8_t *p)
{
	struct vec v = { 0 };
	for (int word = 0; word < 8; word++, p += 8) {
		uint64_t w = 0;
		for (int i = 0; i < 8; i++)
			w |= table[p[i]] << i;
		for (int k = 0; k < 8; k++)
			v.class[k] |= (w >> (8 * k) & 0xff) << (8 * word);
	}
	p -= 64;
	for (uint64_t left = v.class[CONTROL] & v.class[BLANK]; left; left &= left - 1) // rare, and eight classes are all there is room for
		v.feed |= p[__builtin_ctzll(left)] == '\n' ? left & -left : 0;
	return v;
}

static inline uint64_t vec_quote(struct vec v) { return v.class[QUOTE]; }
static inline uint64_t vec_slash(struct vec v) { return v.class[SLASH]; }
static inline uint64_t vec_open(struct vec v) { return v.class[OPEN]; }
static inline uint64_t vec_close(struct vec v) { return v.class[CLOSE]; }
static inline uint64_t vec_separator(struct vec v) { return v.class[SEPARATOR]; }
static inline uint64_t vec_blank(struct vec v) { return v.class[BLANK]; }
static inline uint64_t vec_feed(struct vec v) { return v.feed; }
static inline uint64_t vec_control(struct vec v) { return v.class[CONTROL]; }
static inline uint64_t vec_high(struct vec v) { return v.class[HIGH]; }

#define ISA
#define BLOCK_INDEX block_index_portable
#define BLOCK_END block_end_portable
#include "json/block.inc.h"

// The eight bytes' digits as bits.
static inline uint64_t
digits_of(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u, top = ones * 0x80;
	uint64_t x = w ^ ones * '0';
	x = ~(((x & ~top) + ones * (0x7f - 9)) | x) & top;
	return (x >> 7) * 0x0102040810204080u >> 56;
}

struct block_sum
block_sum_portable(const char *p, size_t n, unsigned run, bool *escape, const uint64_t key[BLOCK_KEYS])
{
	uint64_t digit = 0, slash = 0, u = 0;
	unsigned char copy[BLOCK];
	memset(copy, ' ', sizeof copy);
	memcpy(copy, p, n);
	for (size_t i = 0; run && i < n; i += 8)
		digit |= digits_of(lof_read64(copy + i)) << i;
	for (size_t i = 0; run && i < n && (digit || n == BLOCK); i++) {
		slash |= (uint64_t)(copy[i] == '\\') << i;
		u |= (uint64_t)(copy[i] == 'u') << i;
	}
	struct block_sum s = { .rows = run ? digit_rows(digit, slash, u, run, escape) : 0 };
	for (uint64_t left = s.rows; left; left &= left - 1)
		copy[__builtin_ctzll(left)] = 0;
	for (int i = 0; i < 8; i++) {
		uint64_t w = lof_read64(copy + 8 * i);
		for (int k = 0; k < 2; k++)
			s.sum[k] += (uint64_t)(uint32_t)(w + key[8 * k + i]) * (uint32_t)((w >> 32) + (key[8 * k + i] >> 32));
	}
	return s;
}
