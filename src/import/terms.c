#include "import/terms.h"

struct reader {
	struct lof_str rest;
	struct lof_buf *out;
	bool wanted; // the next bare word is a literal: it stands behind ':' or '='
	int listed;  // inside the brackets of a list of literals: how deep
};

static void
put(struct reader *r, const char *p, size_t n)
{
	struct lof_str s = { p, n };
	if (n)
		buf_put(r->out, &s, sizeof s);
}

static void
eat(struct reader *r, size_t n)
{
	r->rest = LOF_STR(r->rest.p + n, r->rest.n - n);
}

static bool
is_word(char c)
{
	return !strchr(" \t\r\n\"'`()[]{},|=<>!", c); // ':' and '\' may be inside: C:\Windows
}

// Behind the opening quote. Three quotes open a text that only three close (EQL).
static void
quoted(struct reader *r, char quote)
{
	struct lof_str s = r->rest;
	size_t n = s.n > 2 && s.p[0] == quote && s.p[1] == quote && s.p[2] == quote ? 3 : 1, i = n;
	while (i < s.n && !(s.p[i] == quote && (n == 1 || (s.n - i >= 3 && s.p[i + 1] == quote && s.p[i + 2] == quote))))
		i += s.p[i] == '\\' && i + 1 < s.n && n == 1 ? 2 : 1;
	i = i < s.n ? i : s.n;
	put(r, s.p + n, i > n ? i - n : 0);
	eat(r, s.n - i < n ? s.n : i + n);
}

static void
macro(struct reader *r)
{
	struct lof_str s = LOF_STR(r->rest.p + 1, r->rest.n - 1);
	const char *end = memchr(s.p, '`', s.n);
	size_t n = end ? (size_t)(end - s.p) : s.n;
	if (n > 8 && memcmp(s.p, "process_", 8) == 0)
		put(r, s.p + 8, n - 8);
	eat(r, end ? n + 2 : n + 1);
}

static bool
is_any_of(struct lof_str w, const char *words)
{
	struct lof_str rest = lof_cstr(words), word;
	while (lof_str_cut(&rest, ' ', &word))
		if (lof_str_ieq(w, word))
			return true;
	return false;
}

// A bare word: a field (with its ':'), a literal, or what holds the query together.
static void
bare(struct reader *r)
{
	struct lof_str s = r->rest;
	size_t n = 0, colon = 0;
	while (n < s.n && is_word(s.p[n]) && !(colon == 0 && s.p[n] == ':' && (r->wanted || r->listed) == 0))
		n++;
	colon = n < s.n && s.p[n] == ':';
	struct lof_str w = LOF_STR(s.p, n);
	eat(r, n);
	if (colon) {
		eat(r, 1);
		r->wanted = true;
		return;
	}
	bool is_call = r->rest.n && r->rest.p[0] == '('; // lower(x)
	if ((r->wanted || r->listed) && !is_call && !is_any_of(w, "and or not to true false null"))
		put(r, w.p, w.n);
	r->wanted = is_any_of(w, "in like like~ in~");
}

void
terms_of_query(struct lof_str query, struct lof_buf *out)
{
	struct reader r = { .rest = query, .out = out };
	while (r.rest.n) {
		char c = r.rest.p[0];
		if (c == '"' || c == '\'') {
			quoted(&r, c);
			r.wanted = false;
		} else if (c == '`') {
			macro(&r);
			r.wanted = false;
		} else if (c == '(' || c == '[') {
			r.listed += r.wanted || r.listed;
			r.wanted = false;
			eat(&r, 1);
		} else if (c == ')' || c == ']') {
			r.listed -= r.listed > 0;
			eat(&r, 1);
		} else if (c == '=') {
			r.wanted = true;
			eat(&r, 1);
		} else if (is_word(c) && c != ':') {
			bare(&r);
		} else {
			r.wanted = (r.wanted && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) || c == ':';
			eat(&r, 1);
		}
	}
}
