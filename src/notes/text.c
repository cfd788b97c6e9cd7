// See text.h. The reader's half must go over a whole index in a millisecond or two, hence text_string_end's fast skip.
#include "notes/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t
text_utf8(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned c = p[0];

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (n < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (c < 0xe0)
		return 2;
	if (n < 3 || (p[2] & 0xc0) != 0x80)
		return 0;
	if (c < 0xf0) // neither overlong nor a surrogate
		return (c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] >= 0xa0) ? 0 : 3;
	if (n < 4 || (p[3] & 0xc0) != 0x80)
		return 0;
	return (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] >= 0x90) ? 0 : 4;
}

// --- making it safe ----------------------------------------------------------------------------------------------

// What is shown as a blank: C0, the blank itself, DEL, C1 (C2 80 .. C2 9F: some terminals obey those).
static bool
is_blank(const char *p, size_t len)
{
	unsigned char c = (unsigned char)p[0];

	return c <= 0x20 || c == 0x7f || (len == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0);
}

// Shortens the n bytes at p to at most max with "…" at the end and no blank before it.
static size_t
cut_text(char *p, size_t n, size_t max)
{
	while (n > max - 3 || (n && p[n - 1] == ' ')) {
		n--;
		while (n && ((unsigned char)p[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(p + n, "\xe2\x80\xa6", 3);
	return n + 3;
}

struct lof_str
text_clean(struct lof_arena *a, struct lof_str s, size_t max)
{
	// A cut needs no room behind max: what does not fit is not written.
	size_t o = 0, room = s.n < max / 3 ? 3 * s.n : max;
	char *out = arena_alloc(a, room + 1);
	bool blank = false;

	for (size_t i = 0; i < s.n;) {
		size_t len = text_utf8(s.p + i, s.n - i);
		size_t put = len ? len : 3;

		if (len && is_blank(s.p + i, len)) {
			blank = o > 0;
			i += len;
			continue;
		}
		if (o + blank + put > max) {
			o = cut_text(out, o, max);
			break;
		}
		if (blank)
			out[o++] = ' ';
		memcpy(out + o, len ? s.p + i : "\xef\xbf\xbd", put);
		o += put;
		i += len ? len : 1;
		blank = false;
	}
	return LOF_STR(out, o);
}

void
text_escape(struct lof_buf *b, struct lof_str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char esc[] = "\\u0000";

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0xe2)
			continue;
		if (c == 0xe2) {
			if (s.n - i < 3 || s.p[i + 1] != '\x80' || ((unsigned char)s.p[i + 2] & 0xfe) != 0xa8)
				continue;
			buf_put(b, s.p + from, i - from);
			buf_put(b, s.p[i + 2] == '\xa8' ? "\\u2028" : "\\u2029", 6);
			i += 2;
		} else {
			buf_put(b, s.p + from, i - from);
			esc[4] = hex[c >> 4];
			esc[5] = hex[c & 15];
			if (c >= 0x20)
				esc[1] = (char)c;
			buf_put(b, esc, c >= 0x20 ? 2 : 6);
		}
		from = i + 1;
	}
	buf_put(b, s.p + from, s.n - from);
}

// --- telling whether it is ---------------------------------------------------------------------------------------

#ifdef __SSE2__
// A bit for each of the 16 bytes at p that is not plain.
static inline unsigned
odd_bytes(const char *p)
{
	__m128i v = _mm_loadu_si128((const void *)p);
	// Signed: catches control bytes and everything from 0x80 on in one.
	__m128i odd = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));

	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(odd);
}
#endif

// The first of p[i, n) that is not plain, or n; plain are 0x20 to 0x7f but for '"' and '\'.
static inline size_t
skip_plain(const char *p, size_t i, size_t n)
{
#ifdef __SSE2__
	unsigned odd;

	for (; n - i >= 16; i += 16)
		if ((odd = odd_bytes(p + i)) != 0)
			return i + (size_t)__builtin_ctz(odd);
	if (n >= 16) { // the last ones with some of those before them
		odd = odd_bytes(p + n - 16) >> (16 - (n - i));
		return odd ? i + (size_t)__builtin_ctz(odd) : n;
	}
#endif
	while (i < n && (unsigned char)(p[i] - 0x20) < 0x60 && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

// The four hex digits at p, or -1.
static int
hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = lof_lower((unsigned char)p[i]);
		if (!lof_is_digit((unsigned char)c) && !(c >= 'a' && c <= 'f'))
			return -1;
		v = v << 4 | (lof_is_digit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	return v;
}

// Length of the escape whose backslash is at p, surrogate pairs whole; 0 if it is none.
static size_t
escape_len(const char *p, size_t n)
{
	int hi, lo;

	if (n < 2)
		return 0;
	if (p[1] != 'u')
		return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
	if (n < 6 || (hi = hex4(p + 2)) < 0 || (hi & 0xfc00) == 0xdc00)
		return 0;
	if ((hi & 0xfc00) != 0xd800)
		return 6;
	if (n < 12 || p[6] != '\\' || p[7] != 'u' || (lo = hex4(p + 8)) < 0 || (lo & 0xfc00) != 0xdc00)
		return 0;
	return 12;
}

size_t
text_string_end(const char *p, size_t n)
{
	size_t i = 0;

	for (;;) {
		i = skip_plain(p, i, n);
		if (i == n)
			return SIZE_MAX;
		unsigned char c = (unsigned char)p[i];
		if (c == '"')
			return i;
		size_t len = c == '\\' ? escape_len(p + i, n - i) : c >= 0x80 ? text_utf8(p + i, n - i) : 0;
		if (len == 0)
			return SIZE_MAX;
		i += len;
	}
}

bool
text_is_plain(struct lof_str s)
{
	size_t i = 0;

	for (;;) {
		i = skip_plain(s.p, i, s.n);
		if (i == s.n)
			return true;
		size_t len = (unsigned char)s.p[i] >= 0x80 ? text_utf8(s.p + i, s.n - i) : 0;
		if (len == 0)
			return false;
		i += len;
	}
}

// Each of the following eats its piece off the front of *s and says whether it was there.
static bool
eat(struct lof_str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool
eat_lit(struct lof_str *s, struct lof_str lit)
{
	if (s->n < lit.n || memcmp(s->p, lit.p, lit.n) != 0)
		return false;
	s->p += lit.n;
	s->n -= lit.n;
	return true;
}

static bool
eat_string(struct lof_str *s)
{
	if (!eat(s, '"'))
		return false;
	size_t end = text_string_end(s->p, s->n);
	if (end == SIZE_MAX)
		return false;
	s->p += end + 1;
	s->n -= end + 1;
	return true;
}

static bool
eat_name(struct lof_str *s)
{
	return eat_string(s) && eat(s, ':');
}

// The rest of {"name":"...", ...} behind its opening brace; at least one member.
static bool
eat_object(struct lof_str *s)
{
	do
		if (!eat_name(s) || !eat_string(s))
			return false;
	while (eat(s, ','));
	return eat(s, '}');
}

static bool
eat_value(struct lof_str *s)
{
	if (!eat(s, '['))
		return s->n && s->p[0] == '"' ? eat_string(s) : eat_lit(s, LOF_LIT("true"));
	do
		if (!(eat(s, '{') ? eat_object(s) : eat_string(s)))
			return false;
	while (eat(s, ','));
	return eat(s, ']');
}

bool
text_is_head(struct lof_str s)
{
	return eat_lit(&s, LOF_LIT("{\"text\":")) && eat_string(&s) && s.n == 0;
}

bool
text_is_tail(struct lof_str s)
{
	while (eat(&s, ','))
		if (!eat_name(&s) || !eat_string(&s))
			return false;
	return eat(&s, '}') && s.n == 0;
}

bool
text_is_members(struct lof_str s)
{
	while (eat(&s, ','))
		if (!eat_name(&s) || !eat_value(&s))
			return false;
	return s.n == 0;
}
