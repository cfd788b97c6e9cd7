// Numbers and the three words of RFC 8259. Pure functions.
#ifndef LOF_JSON_SCALAR_H
#define LOF_JSON_SCALAR_H

#include "base/hash.h"

// Does c end a scalar that stands before it?
static inline bool
scalar_ends_at(char c)
{
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':' || c == '"' ||
	    c == '[' || c == '{';
}

// scalar_end where that is cheap to know: a word, or a whole number of up to seven digits; in no loop, for its end would
// be guessed wrong. NULL: not known. More than eight bytes must be readable.
static inline const char *
scalar_plain(const char *at)
{
	const uint64_t ones = 0x0101010101010101u, top = ones * 0x80;
	uint64_t w = lof_read64(at), x = w ^ ones * '0';
	if ((uint32_t)w == 0x65757274 || (uint32_t)w == 0x6c6c756e) // "true", "null"
		return at + 4;
	if ((w & 0xffffffffff) == 0x65736c6166) // "false"
		return at + 5;
	uint64_t other = (((x & ~top) + ones * (0x7f - 9)) | x) & top; // bytes that are no digits
	size_t n = other ? (size_t)__builtin_ctzll(other) / 8 : 0;
	return n == 0 || (n > 1 && *at == '0') || (at[n] | 0x20) == 'e' || at[n] == '.' ? NULL : at + n;
}

// Where the number or word at `at` ends, in a text that ends before `end`; NULL if there is none, and *cut when more
// bytes could make it one.
const char *scalar_any(const char *at, const char *end, bool *cut);

static inline const char *
scalar_end(const char *at, const char *end, bool *cut)
{
	const char *to = end - at > 8 ? scalar_plain(at) : NULL;
	return to && scalar_ends_at(*to) ? to : scalar_any(at, end, cut);
}

#endif
