#include "report/coverage.h"

#include <stdio.h>
#include <stdlib.h>

enum { SOURCES_MAX = 8, TACTICS_MAX = 64 };

struct row {
	char domain;
	struct lof_str tactic; // "": the domain's total
	size_t techniques, covered, notes, of[SOURCES_MAX];
};

struct table {
	const struct book *book;
	struct lof_str source[SOURCES_MAX]; // escaped
	size_t n_sources;
	struct row row[TACTICS_MAX];
	size_t n_rows;
};

// --- sources ---------------------------------------------------------------------------------------------------------

// The value of ,"source":"..." at the front of an event's text of a note or rule; empty when it has none.
static struct lof_str
source_of(struct lof_str tail)
{
	static const struct lof_str head = { ",\"source\":\"", 11 };
	size_t n = head.n;
	if (tail.n < head.n || memcmp(tail.p, head.p, head.n) != 0)
		return LOF_LIT("");
	while (n < tail.n && tail.p[n] != '"')
		n += tail.p[n] == '\\' ? 2 : 1;
	return n < tail.n ? LOF_STR(tail.p + head.n, n - head.n) : LOF_LIT("");
}

// Its bit. The last one stands for all sources there is no room for.
static unsigned
source_bit(struct table *t, struct lof_str name)
{
	size_t i = 0;
	if (name.n == 0)
		return 0;
	while (i < t->n_sources && !lof_str_eq(t->source[i], name))
		i++;
	if (i == t->n_sources && i < SOURCES_MAX)
		t->source[t->n_sources++] = name;
	return 1u << (i < SOURCES_MAX ? i : SOURCES_MAX - 1);
}

static unsigned
sources_of(struct table *t, size_t index, uint32_t no)
{
	struct index_note n = index_note(t->book->ix[index], no);
	unsigned bits = source_bit(t, source_of(n.tail));
	for (size_t i = 0; i < n.rules.n; i++)
		bits |= source_bit(t, source_of(index_rule(t->book->ix[index], n.rules.v[i]).part[RULE_SOURCE]));
	return bits;
}

// --- counting --------------------------------------------------------------------------------------------------------

static struct row *
row_of(struct table *t, char domain, struct lof_str tactic)
{
	size_t i = 0;
	while (i < t->n_rows && !(t->row[i].domain == domain && lof_str_eq(t->row[i].tactic, tactic)))
		i++;
	if (i == t->n_rows && i < TACTICS_MAX)
		t->row[t->n_rows++] = (struct row){ .domain = domain, .tactic = tactic };
	return i < TACTICS_MAX ? &t->row[i] : &t->row[TACTICS_MAX - 1];
}

static void
add(struct row *to, const struct row *r)
{
	to->techniques += r->techniques;
	to->covered += r->covered;
	to->notes += r->notes;
	for (size_t i = 0; i < SOURCES_MAX; i++)
		to->of[i] += r->of[i];
}

static void
count_technique(struct table *t, const struct attack_entry *a)
{
	struct row one = { .techniques = 1 };
	for (size_t i = 0; i < t->book->n; i++) {
		struct posting p;
		index_find_technique(t->book->ix[i], a->id, &p, NULL);
		for (size_t k = 0; k < p.n; k++) {
			uint32_t no = t->book->note_base[i] + p.v[k];
			if (t->book->facts[no].same != no || t->book->facts[no].flags & NOTE_PLACEHOLDER)
				continue;
			unsigned bits = sources_of(t, i, p.v[k]);
			one.notes++;
			for (size_t s = 0; s < SOURCES_MAX; s++)
				one.of[s] += bits >> s & 1;
		}
	}
	one.covered = one.notes > 0;
	struct lof_str rest = a->tactics, tactic;
	if (rest.n == 0)
		add(row_of(t, a->domain, LOF_LIT("(no tactic known)")), &one);
	while (lof_str_cut(&rest, ',', &tactic))
		add(row_of(t, a->domain, tactic), &one);
	add(row_of(t, a->domain, LOF_LIT("")), &one);
}

// --- printing --------------------------------------------------------------------------------------------------------

// Enterprise, ICS, Mobile; tactics by name, the total behind them.
static int
by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	if ((x->tactic.n == 0) != (y->tactic.n == 0))
		return x->tactic.n == 0 ? 1 : -1;
	return lof_str_cmp(x->tactic, y->tactic);
}

static void
put_row(const struct table *t, const struct row *r, struct lof_buf *out)
{
	static const char *const total[] = { "Enterprise", "ICS", "Mobile" };
	char text[128];
	const char *name = r->tactic.n ? NULL : total[r->domain == 'e' ? 0 : r->domain == 'i' ? 1 : 2];
	int n = snprintf(text, sizeof text, "%-26.*s %10zu %10zu %7zu", name ? (int)strlen(name) : (int)r->tactic.n,
	    name ? name : r->tactic.p, r->techniques, r->covered, r->notes);
	buf_put(out, text, (size_t)n);
	for (size_t i = 0; i < t->n_sources; i++)
		buf_put(out, text, (size_t)snprintf(text, sizeof text, " %9zu", r->of[i]));
	buf_char(out, '\n');
	if (name)
		buf_char(out, '\n');
}

void
coverage_print(const struct book *b, struct lof_buf *out)
{
	struct table *t = calloc(1, sizeof *t);
	char text[128];
	size_t count;
	const struct attack_entry *all = attack_all(&count);
	if (!t)
		lof_no_memory();
	t->book = b;
	for (size_t i = 0; i < count; i++)
		if (all[i].state == ATTACK_ACTIVE)
			count_technique(t, &all[i]);
	qsort(t->row, t->n_rows, sizeof *t->row, by_place);
	buf_put(out, text, (size_t)snprintf(text, sizeof text, "%-26s %10s %10s %7s", "tactic", "techniques", "with notes", "notes"));
	for (size_t i = 0; i < t->n_sources; i++)
		buf_put(out, text, (size_t)snprintf(text, sizeof text, " %9.*s", (int)t->source[i].n, t->source[i].p));
	buf_char(out, '\n');
	for (size_t i = 0; i < t->n_rows; i++)
		put_row(t, &t->row[i], out);
	free(t);
}
