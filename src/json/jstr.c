#include "json/jstr.h"

static uint32_t
hex4(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];
		v = v << 4 | (uint32_t)(lof_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

static size_t
put_utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

// The code point of the \u escape whose u stands at raw.p[*i]; *i is moved behind it (and its second half). UINT32_MAX
// for a lone surrogate, or when the text ends in it.
static uint32_t
unicode(struct lof_str raw, size_t *i)
{
	if (raw.n - *i < 5)
		return UINT32_MAX;
	uint32_t c = hex4(raw.p + *i + 1);
	*i += 5;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || raw.n - *i < 6 || raw.p[*i] != '\\' || raw.p[*i + 1] != 'u')
		return UINT32_MAX;
	uint32_t low = hex4(raw.p + *i + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return UINT32_MAX;
	*i += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

bool
jstr_decode(struct lof_str raw, char *out, size_t max, size_t *n)
{
	size_t o = 0;
	for (size_t i = 0; i < raw.n;) {
		if (raw.p[i] != '\\') {
			const char *slash = memchr(raw.p + i, '\\', raw.n - i);
			size_t run = (slash ? (size_t)(slash - raw.p) : raw.n) - i;
			if (run > max - o)
				return false;
			memcpy(out + o, raw.p + i, run);
			o += run;
			i += run;
			continue;
		}
		char piece[4];
		size_t k = 1;
		if (++i == raw.n)
			return false;
		unsigned char c = (unsigned char)raw.p[i];
		if (c == 'u') {
			uint32_t u = unicode(raw, &i);
			if (u == UINT32_MAX)
				return false;
			k = put_utf8(u, piece);
		} else {
			static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
			const char *at = strchr(from, c);
			piece[0] = at ? to[at - from] : (char)c;
			i++;
		}
		if (k > max - o)
			return false;
		memcpy(out + o, piece, k);
		o += k;
	}
	*n = o;
	return true;
}

void
jstr_escape(struct lof_buf *b, struct lof_str s)
{
	static const char hex[] = "0123456789abcdef";
	char *o = buf_room(b, s.n * 6), *begin = o;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			*o++ = '\\';
			*o++ = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			memcpy(o, "\\u00", 4);
			o[4] = hex[c >> 4];
			o[5] = hex[c & 15];
			o += 6;
		} else {
			*o++ = (char)c;
		}
	}
	b->n += (size_t)(o - begin);
}
