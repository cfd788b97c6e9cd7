#include "rules/tag.h"

static bool
alnum_at(struct lof_str s, size_t i)
{
	return i < s.n && lof_is_alnum((unsigned char)s.p[i]);
}

static bool
digits_at(struct lof_str s, size_t i, size_t count)
{
	if (i > s.n || s.n - i < count)
		return false;
	for (size_t k = 0; k < count; k++)
		if (!lof_is_digit((unsigned char)s.p[i + k]))
			return false;
	return true;
}

static uint32_t
decimal(const char *p, size_t count)
{
	uint32_t v = 0;
	for (size_t i = 0; i < count; i++)
		v = v * 10 + (uint32_t)(p[i] - '0');
	return v;
}

// Does `what` (lower case) end at s.p[i]?
static bool
ends_with(struct lof_str s, size_t i, struct lof_str what)
{
	return i >= what.n && lof_str_ieq(LOF_STR(s.p + i - what.n, what.n), what);
}

// The sub-technique behind the four digits that end at i: its number and *end moved, or 0.
static uint32_t
sub_number(struct lof_str s, size_t start, size_t i, size_t *end)
{
	if (!digits_at(s, i + 1, 3) || (i + 4 < s.n && lof_is_digit((unsigned char)s.p[i + 4])))
		return 0;
	char joiner = s.p[i];
	bool fits = joiner == '.' || (joiner == '_' && !alnum_at(s, i + 4)) ||
	    (joiner == '/' && (ends_with(s, start, LOF_LIT("/techniques/")) || ends_with(s, start, LOF_LIT("/technique/"))));
	if (!fits)
		return 0;
	*end = i + 4;
	return decimal(s.p + i + 1, 3);
}

// The id whose T stands at s.p[i]; 0 if there is none. *end is where it ends.
static attack_id
id_at(struct lof_str s, size_t i, size_t *end)
{
	if ((s.p[i] | 0x20) != 't' || (i > 0 && lof_is_alnum((unsigned char)s.p[i - 1])))
		return 0;
	if (!digits_at(s, i + 1, 4) || alnum_at(s, i + 5))
		return 0;
	*end = i + 5;
	attack_id id = decimal(s.p + i + 1, 4) * 1000;
	bool atlas = ends_with(s, i, LOF_LIT("aml.")) && (i == 4 || !lof_is_alnum((unsigned char)s.p[i - 5]));
	if (!id && !atlas)
		return 0; // T0000 is nobody's, AML.T0000 exists
	if (i + 5 < s.n)
		id += sub_number(s, i, i + 5, end);
	return atlas ? id | ATTACK_ATLAS : id;
}

size_t
tag_ids(struct lof_str s, attack_id *out, size_t max)
{
	size_t n = 0, end = 0;
	for (size_t i = 0; n < max && i + 5 <= s.n; i++) {
		attack_id id = id_at(s, i, &end);
		if (!id)
			continue;
		out[n++] = id;
		i = end - 1;
	}
	return n;
}

// --- strict ---------------------------------------------------------------------------------------------------------

enum { STRICT_MAX = 512, PREFIX_MAX = 48, SUFFIX_MAX = 96 };

static bool
is_separator(char c)
{
	return c == ',' || c == ';' || c == '|' || c == '"' || c == '[' || c == ']' || c == '\n' || (unsigned char)c == 0xa6;
}

// Not strchr, which finds NUL in everything.
static bool
is_one_of(char c, struct lof_str set)
{
	return memchr(set.p, c, set.n) != NULL;
}

// Is what stands between the last separator and the id such as producers write before an id?
static bool
good_prefix(struct lof_str p)
{
	p = lof_str_trim(p);
	if (p.n == 0 || p.p[p.n - 1] == '(')
		return true;
	if (p.n >= 12 && (ends_with(p, p.n, LOF_LIT("/techniques/")) || ends_with(p, p.n, LOF_LIT("/technique/"))))
		return true;
	if (p.n > PREFIX_MAX || memchr(p.p, '/', p.n) || memchr(p.p, '\\', p.n))
		return false;
	bool dash = p.n > 2 && p.p[p.n - 1] == '-' && p.p[p.n - 2] == ' '; // "Brute Force - T1110"
	return dash || (!memchr(p.p, ' ', p.n) && is_one_of(p.p[p.n - 1], LOF_LIT(".:=_@-<")));
}

static bool
good_suffix(struct lof_str s)
{
	size_t n = 0;
	while (n < s.n && !is_separator(s.p[n]))
		n++;
	s = lof_str_trim(LOF_STR(s.p, n));
	return s.n <= SUFFIX_MAX && !memchr(s.p, '\\', s.n) && (s.n == 0 || is_one_of(s.p[0], LOF_LIT(")-_:/ .>")) || s.p[-1] == ' ');
}

size_t
tag_ids_strict(struct lof_str s, attack_id *out, size_t max)
{
	size_t n = 0, end = 0, item = 0;
	if (s.n > STRICT_MAX || (s.n && memmem(s.p, s.n, "course-of-action", 16))) // a mitigation bears its technique's number
		return 0;
	for (size_t i = 0; n < max && i + 5 <= s.n; i++) {
		if (is_separator(s.p[i]))
			item = i + 1;
		attack_id id = id_at(s, i, &end);
		if (!id)
			continue;
		if (attack_find(id) && good_prefix(LOF_STR(s.p + item, i - item)) && good_suffix(LOF_STR(s.p + end, s.n - end)))
			out[n++] = id;
		i = end - 1;
	}
	return n;
}

// --- the whole event ------------------------------------------------------------------------------------------------

bool
tag_possible(const char *p, size_t n)
{
	// Every run of four digits has one at an offset that is 3 more than a multiple of 4.
	for (size_t i = 3; i < n; i += 4) {
		if (!lof_is_digit((unsigned char)p[i]))
			continue;
		size_t start = i, end = i + 1;
		while (start > 0 && lof_is_digit((unsigned char)p[start - 1]))
			start--;
		while (end < n && lof_is_digit((unsigned char)p[end]))
			end++;
		char before = start > 0 ? p[start - 1] | 0x20 : 0;
		// T, digits and their escapes (\u0054, \u0074, \u0030 ... \u0039) all show as a run of digits.
		if (end - start >= 4 && (before == 't' || before == 'u'))
			return true;
		i = end - (end % 4) - 1 > i ? end - (end % 4) - 1 : i;
	}
	return false;
}
