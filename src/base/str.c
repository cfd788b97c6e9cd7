#include "base/str.h"

bool
lof_str_ieq(struct lof_str a, struct lof_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lof_lower((unsigned char)a.p[i]) != lof_lower((unsigned char)b.p[i]))
			return false;
	return true;
}

int
lof_str_cmp(struct lof_str a, struct lof_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct lof_str
lof_str_trim(struct lof_str s)
{
	while (s.n && is_space(s.p[0]))
		s = LOF_STR(s.p + 1, s.n - 1);
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

int
lof_str_cut(struct lof_str *s, char sep, struct lof_str *head)
{
	const char *at;
	size_t n;

	*head = *s;
	if (s->n == 0)
		return 0;
	at = memchr(s->p, sep, s->n);
	n = at ? (size_t)(at - s->p) : s->n;
	head->n = n;
	n += at != NULL;
	*s = LOF_STR(s->p + n, s->n - n);
	return 1;
}
