// index_normal_key: how rule names, rule ids and tags are written before they are compared.
#include "notes/index.h"

static bool
ends_with(struct lof_str s, struct lof_str end)
{
	return s.n >= end.n && lof_str_ieq(LOF_STR(s.p + s.n - end.n, end.n), end);
}

// "ESCU - Name - Rule" -> "Name". Splunk Enterprise Security writes the product or the domain before a correlation
// search's name and "Rule" behind it; the rule's own file has only the name. Nothing but a decoration stays as it is.
static struct lof_str
undecorated(struct lof_str s)
{
	static const struct lof_str domain[] = {
		{ "Access - ", 9 }, { "Audit - ", 8 }, { "Endpoint - ", 11 }, { "Identity - ", 11 },
		{ "Network - ", 10 }, { "Threat - ", 9 }, { "Web - ", 6 },
	};
	static const struct lof_str escu = { "ESCU - ", 7 }, rule = { " - Rule", 7 };
	struct lof_str t = lof_str_trim(s), name = t;

	if (ends_with(name, rule)) {
		name.n -= rule.n;
		for (size_t i = 0; i < sizeof(domain) / sizeof(domain[0]); i++)
			if (name.n > domain[i].n && lof_str_ieq(LOF_STR(name.p, domain[i].n), domain[i]))
				return LOF_STR(name.p + domain[i].n, name.n - domain[i].n);
	}
	if (name.n > escu.n && lof_str_ieq(LOF_STR(name.p, escu.n), escu))
		name = LOF_STR(name.p + escu.n, name.n - escu.n);
	return name.n ? name : t;
}

static size_t
lower_copy(struct lof_str s, char *out, size_t max)
{
	if (s.n > max)
		return 0;
	for (size_t i = 0; i < s.n; i++)
		out[i] = (char)lof_lower((unsigned char)s.p[i]);
	return s.n;
}

size_t
index_normal_key(enum key_kind kind, struct lof_str key, char *out, size_t max)
{
	struct lof_str s = kind == KEY_RULE_NAME ? undecorated(key) : lof_str_trim(key);
	bool blank = false;
	size_t n = 0;

	if (kind == KEY_TECHNIQUE || kind == KEY_RULE_ID)
		return lower_copy(s, out, max);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!lof_is_alnum(c) && c < 0x80) {
			blank = n > 0;
			continue;
		}
		if (max - n < 1u + blank)
			return 0;
		if (blank)
			out[n++] = ' ';
		out[n++] = (char)lof_lower(c);
		blank = false;
	}
	return n;
}
