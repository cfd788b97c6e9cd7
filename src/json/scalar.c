#include "json/scalar.h"

static size_t
digits(const char *p, size_t i, size_t n)
{
	while (i < n && lof_is_digit((unsigned char)p[i]))
		i++;
	return i;
}

// RFC 8259 6. Returns the length of the number at p, 0 if there is none; *cut when it ends with the text but could go on.
static size_t
number(const char *p, size_t n, bool *cut)
{
	size_t i = p[0] == '-', j = digits(p, i, n);
	if (j == i || (p[i] == '0' && j > i + 1)) {
		*cut = i == n;
		return 0;
	}
	if (j < n && p[j] == '.') {
		i = j + 1;
		if ((j = digits(p, i, n)) == i) {
			*cut = i == n;
			return 0;
		}
	}
	if (j < n && (p[j] | 0x20) == 'e') {
		i = j + 1;
		i += i < n && (p[i] == '+' || p[i] == '-');
		if ((j = digits(p, i, n)) == i) {
			*cut = i == n;
			return 0;
		}
	}
	return j;
}

const char *
scalar_any(const char *at, const char *end, bool *cut)
{
	static const struct lof_str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };
	size_t left = (size_t)(end - at), n;
	if (*at == '-' || lof_is_digit((unsigned char)*at)) {
		n = number(at, left, cut);
		if (n == 0)
			return NULL;
	} else {
		const struct lof_str *word = *at == 't' ? &words[0] : *at == 'f' ? &words[1] : &words[2];
		n = left < word->n ? left : word->n;
		if (memcmp(at, word->p, n) != 0)
			return NULL;
		if (n < word->n) {
			*cut = true;
			return NULL;
		}
	}
	return n == left || scalar_ends_at(at[n]) ? at + n : NULL;
}
