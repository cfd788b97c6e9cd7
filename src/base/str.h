// Bytes with a length. Event bytes, keys and notes are spans from the read to the write: never NUL-terminated, never
// handed to "%s", never copied unless they must outlive their buffer. A NUL byte is data.
//
// Owns nothing; the memory behind a span belongs to whoever made it. Pure functions, safe in any thread.
#ifndef LOF_BASE_STR_H
#define LOF_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct lof_str {
	const char *p; // may be NULL only when n is 0
	size_t n;      // bytes
};

// A span over a string literal, and over a C string.
#define LOF_LIT(s) ((struct lof_str){ "" s, sizeof(s) - 1 })
#define LOF_STR(p_, n_) ((struct lof_str){ (p_), (n_) })

static inline struct lof_str
lof_cstr(const char *s)
{
	return LOF_STR(s, s ? strlen(s) : 0);
}

// Equal bytes.
static inline bool
lof_str_eq(struct lof_str a, struct lof_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

// ASCII case folding only: no locale ever has a say in what an event means.
static inline unsigned char
lof_lower(unsigned char c)
{
	return (unsigned char)(c - 'A') < 26 ? (unsigned char)(c | 0x20) : c;
}

static inline bool
lof_is_digit(unsigned char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline bool
lof_is_alnum(unsigned char c)
{
	return lof_is_digit(c) || (unsigned char)((c | 0x20) - 'a') < 26;
}

// Does s begin with the C string?
static inline bool
lof_str_starts(struct lof_str s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && (n == 0 || memcmp(s.p, with, n) == 0);
}

// Equal when ASCII case is ignored.
bool lof_str_ieq(struct lof_str a, struct lof_str b);

// Order by bytes, shorter first on a tie; for sorting.
int lof_str_cmp(struct lof_str a, struct lof_str b);

// The span without ASCII white space at both ends.
struct lof_str lof_str_trim(struct lof_str s);

// `s` without what comes up to and including the first `sep`; *head is what came before it. When there is no `sep`,
// *head is all of s and the rest is empty. Returns 0 when s was empty, else 1.
int lof_str_cut(struct lof_str *s, char sep, struct lof_str *head);

#endif
