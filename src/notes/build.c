#include "notes/build.h"

#include "base/hash.h"
#include "json/path.h"
#include "notes/layout.h"
#include "notes/text.h"
#include "notes/write.h"
#include "rules/pattern.h"

#include <stdlib.h>

// Every note that was added is kept as it came, cleaned; build_finish sorts them so that equal texts lie together and
// merges each run. Nothing depends on the order of adding, because nothing is decided before.
struct build {
	struct lof_arena arena;
	struct lof_buf added;  // struct entry
	struct lof_buf attack; // struct attack_line
};

struct attack_line {
	attack_id id;
	struct lof_str text;
};

struct entry {
	struct note note;
	struct lof_str fold; // the text in lower case: what makes two notes one, unless they are a site's with other terms
};

// A rule, and a note it says.
struct said {
	struct note_rule rule;
	uint32_t note; // by number, once notes are merged
};

enum { TEXT_MAX = 2000, SHORT_MAX = KEY_TEXT_MAX, ID_MAX = 100, WHEN_MAX = 64, TERMS_MAX = 64 * 1024 };

struct build *
build_new(void)
{
	struct build *b = calloc(1, sizeof(*b));

	if (!b)
		lof_no_memory();
	return b;
}

void
build_free(struct build *b)
{
	if (!b)
		return;
	arena_free(&b->arena);
	buf_free(&b->added);
	buf_free(&b->attack);
	free(b);
}

static int
by_condition(const void *a, const void *b)
{
	const struct note_condition *x = a, *y = b;
	int d = lof_str_cmp(x->path, y->path);

	d = d ? d : (x->kind > y->kind) - (x->kind < y->kind);
	return d ? d : lof_str_cmp(x->pattern, y->pattern);
}

// Sorts n items and drops repeats; returns how many are left.
static size_t
unite(void *items, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	char *v = items;
	size_t kept = 0;

	if (n)
		qsort(v, n, size, cmp);
	for (size_t i = 0; i < n; i++) {
		if (kept && cmp(v + (kept - 1) * size, v + i * size) == 0)
			continue;
		if (kept != i)
			memcpy(v + kept * size, v + i * size, size);
		kept++;
	}
	return kept;
}

// --- adding ------------------------------------------------------------------------------------------------------

static struct lof_str
fold(struct lof_arena *a, struct lof_str s)
{
	char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)lof_lower((unsigned char)s.p[i]);
	return LOF_STR(p, s.n);
}

// Cleaned copies of the elements that are not empty.
static struct note_list
clean_list(struct lof_arena *a, struct note_list l, size_t max)
{
	struct lof_str *v = arena_array(a, l.n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++) {
		v[n] = text_clean(a, l.v[i], max);
		n += v[n].n > 0;
	}
	return (struct note_list){ v, n };
}

static const attack_id *
copy_ids(struct lof_arena *a, const attack_id *v, size_t n)
{
	attack_id *ids = arena_array(a, n + 1, sizeof(*ids));

	if (n)
		memcpy(ids, v, n * sizeof(*ids));
	return ids;
}

// What is given as empty is none, whatever the note has.
static struct lof_str
clean_or(struct lof_arena *a, struct lof_str s, size_t max, struct lof_str otherwise)
{
	return s.p ? text_clean(a, s, max) : otherwise;
}

// `to` has its source, url, author and license already.
static void
clean_rules(struct lof_arena *a, const struct note *from, struct note *to)
{
	struct note_rule *v = arena_array(a, from->n_rules + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < from->n_rules; i++) {
		const struct note_rule *r = &from->rules[i];
		struct lof_str url = text_clean(a, r->url, TEXT_MAX);

		v[n] = (struct note_rule){
			.id = text_clean(a, r->id, SHORT_MAX),
			.name = text_clean(a, r->name, SHORT_MAX),
			.url = r->url.p ? url : to->url,
			.source = clean_or(a, r->source, SHORT_MAX, to->source),
			.author = clean_or(a, r->author, SHORT_MAX, to->author),
			.license = clean_or(a, r->license, SHORT_MAX, to->license),
			.revision = text_clean(a, r->revision, SHORT_MAX),
			.techniques = copy_ids(a, r->techniques, r->n_techniques),
			.n_techniques = r->n_techniques,
			.platforms = clean_list(a, r->platforms, SHORT_MAX),
			.terms = clean_list(a, r->terms, TERMS_MAX),
			.words = clean_list(a, r->words, TERMS_MAX),
			.deprecated = r->deprecated,
		};
		n += v[n].id.n || v[n].name.n || url.n;
	}
	to->rules = v;
	to->n_rules = n;
}

static bool
path_is_sound(struct lof_str path)
{
	struct lof_arena a = { 0 };
	const char *why;
	bool sound = path.n && path.n <= SHORT_MAX && paths_add(paths_new(&a, false), PATH_ROOT, path, PATH_VALUE, &why);

	arena_free(&a);
	return sound;
}

// Conditions are kept as they are: a blank may matter. What could never be asked of an event is refused.
static enum lof_rc
copy_when(struct lof_arena *a, const struct note *from, struct note *to, struct lof_err *e)
{
	struct note_condition *v = arena_array(a, from->n_when + 1, sizeof(*v));
	uint32_t groups;

	if (from->n_when > WHEN_MAX)
		return lof_err_set(e, LOF_E_IMPORT, "a note has at most 64 conditions", from->id);
	for (size_t i = 0; i < from->n_when; i++) {
		const struct note_condition *c = &from->when[i];

		if (!path_is_sound(c->path))
			return lof_err_set(e, LOF_E_IMPORT, "expected a path (keys joined by dots) in \"when\", not", c->path);
		if (c->pattern.n > TEXT_MAX)
			return lof_err_set(e, LOF_E_IMPORT, "a condition of more than 2000 bytes, at", c->path);
		if (c->kind == CONDITION_REGEX && !pattern_check(c->pattern, &groups))
			return lof_err_set(e, LOF_E_IMPORT, "expected a PCRE2 pattern in \"when\"; this one does not compile", c->pattern);
		v[i] = (struct note_condition){ arena_copy(a, c->path), arena_copy(a, c->pattern), c->kind };
	}
	to->when = v;
	to->n_when = unite(v, from->n_when, sizeof(*v), by_condition);
	return LOF_OK;
}

enum lof_rc
build_add(struct build *b, const struct note *n, struct lof_err *e)
{
	struct lof_arena *a = &b->arena;
	struct entry x = { .note = { .n_techniques = n->n_techniques } };

	x.note.text = text_clean(a, n->text, TEXT_MAX);
	if (x.note.text.n == 0)
		return lof_err_set(e, LOF_E_IMPORT, "a note needs a text", n->id);
	x.note.id = text_clean(a, n->id, ID_MAX);
	if (!text_is_plain(x.note.id))
		return lof_err_set(e, LOF_E_IMPORT, "an id may not hold '\"' or '\\'", n->id);
	x.note.tags = clean_list(a, n->tags, SHORT_MAX);
	x.note.platforms = clean_list(a, n->platforms, SHORT_MAX);
	x.note.terms = clean_list(a, n->terms, SHORT_MAX);
	x.note.check = text_clean(a, n->check, TEXT_MAX);
	x.note.source = text_clean(a, n->source, SHORT_MAX);
	x.note.url = text_clean(a, n->url, TEXT_MAX);
	x.note.author = text_clean(a, n->author, SHORT_MAX);
	x.note.license = text_clean(a, n->license, SHORT_MAX);
	clean_rules(a, n, &x.note);
	x.note.techniques = copy_ids(a, n->techniques, n->n_techniques);
	x.note.owner = text_clean(a, n->owner, SHORT_MAX);
	x.note.expires = n->expires;
	x.note.site = n->site || n->n_when || x.note.owner.n || n->expires;
	if (copy_when(a, n, &x.note, e) != LOF_OK)
		return LOF_E_IMPORT;
	x.note.usual = n->usual;
	x.note.placeholder = n->placeholder || note_is_placeholder(x.note.text);
	x.fold = fold(a, x.note.text);
	buf_put(&b->added, &x, sizeof(x));
	return LOF_OK;
}

// Cleaned as texts are, but for the tabs between its columns.
static struct lof_str
clean_line(struct lof_arena *a, struct lof_str line)
{
	struct lof_buf out = { 0 };

	for (bool first = true;; first = false) {
		const char *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
		size_t n = tab ? (size_t)(tab - line.p) : line.n;

		if (!first)
			buf_char(&out, '\t');
		buf_str(&out, text_clean(a, LOF_STR(line.p, n), TEXT_MAX));
		if (!tab)
			break;
		line = LOF_STR(tab + 1, line.n - n - 1);
	}
	line = arena_copy(a, buf_view(&out));
	buf_free(&out);
	return line;
}

enum lof_rc
build_attack(struct build *b, struct lof_str line, struct lof_err *e)
{
	struct attack_line l = { .text = clean_line(&b->arena, line) };
	struct lof_err bad = { .rc = LOF_OK };
	struct lof_str rest = l.text, id;

	if (attack_check_line(l.text, &bad) != LOF_OK)
		return lof_err_set(e, LOF_E_IMPORT, bad.what, lof_cstr(bad.arg));
	lof_str_cut(&rest, '\t', &id);
	l.id = attack_parse(id);
	buf_put(&b->attack, &l, sizeof(l));
	return LOF_OK;
}

// --- merging -----------------------------------------------------------------------------------------------------

// As lof_str_cmp, but what is not given comes last: a note that names its source tells more than one that does not.
static int
given_cmp(struct lof_str a, struct lof_str b)
{
	return a.n == 0 || b.n == 0 ? (a.n == 0) - (b.n == 0) : lof_str_cmp(a, b);
}

// A site's notes are one only when they are shown for the same events, by the same owner, as long.
static int
by_site(const struct note *m, const struct note *n)
{
	int d = (m->site > n->site) - (m->site < n->site);

	for (size_t i = 0; !d && i < m->n_when && i < n->n_when; i++)
		d = by_condition(&m->when[i], &n->when[i]);
	d = d ? d : (m->n_when > n->n_when) - (m->n_when < n->n_when);
	d = d ? d : lof_str_cmp(m->owner, n->owner);
	return d ? d : (m->expires > n->expires) - (m->expires < n->expires);
}

// Runs of one text together; within a run the note whose details stay comes first.
static int
by_text(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const struct note *m = &x->note, *n = &y->note;
	int d = lof_str_cmp(x->fold, y->fold);

	d = d ? d : by_site(m, n);
	d = d ? d : given_cmp(m->source, n->source);
	d = d ? d : given_cmp(m->id, n->id);
	d = d ? d : lof_str_cmp(m->text, n->text);
	d = d ? d : given_cmp(m->url, n->url);
	d = d ? d : given_cmp(m->author, n->author);
	d = d ? d : given_cmp(m->license, n->license);
	return d ? d : given_cmp(m->check, n->check);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct lof_str *x = a, *y = b;

	return lof_str_cmp(*x, *y);
}

static int
by_id(const void *a, const void *b)
{
	const attack_id *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

// A list inside a struct: where it and its count stand.
struct list_at {
	size_t v, n, size;
	int (*cmp)(const void *, const void *);
};
#define STRINGS(type, list) { offsetof(type, list.v), offsetof(type, list.n), sizeof(struct lof_str), by_bytes }
#define IDS(type, in) { offsetof(type, in.techniques), offsetof(type, in.n_techniques), sizeof(attack_id), by_id }

static const struct list_at note_lists[] = {
	IDS(struct entry, note), STRINGS(struct entry, note.tags), STRINGS(struct entry, note.platforms),
	STRINGS(struct entry, note.terms),
};
static const struct list_at rule_lists[] = {
	IDS(struct said, rule), STRINGS(struct said, rule.platforms), STRINGS(struct said, rule.terms),
	STRINGS(struct said, rule.words),
};

// The list of the first of n structs, `stride` apart, becomes that of all: sorted, without repeats.
static void
unite_lists(struct lof_arena *a, void *structs, size_t n, size_t stride, const struct list_at *l)
{
	struct lof_buf all = { .n = 0 };
	size_t count;
	void *v;

	for (size_t i = 0; i < n; i++) {
		const char *one = (const char *)structs + i * stride;
		memcpy(&v, one + l->v, sizeof(v));
		memcpy(&count, one + l->n, sizeof(count));
		buf_put(&all, v, count * l->size);
	}
	count = all.n / l->size;
	v = arena_array(a, count + 1, l->size);
	if (all.n)
		memcpy(v, all.p, all.n);
	buf_free(&all);
	count = unite(v, count, l->size, l->cmp);
	memcpy((char *)structs + l->v, &v, sizeof(v));
	memcpy((char *)structs + l->n, &count, sizeof(count));
}

// The first entry of a run becomes the note of all.
static struct note
merge_notes(struct lof_arena *a, struct entry *run, size_t n)
{
	struct note *out = &run[0].note;

	for (size_t i = 1; i < n; i++) {
		out->placeholder |= run[i].note.placeholder;
		if (run[i].note.usual && (!out->usual || run[i].note.usual < out->usual))
			out->usual = run[i].note.usual;
		if (out->check.n == 0)
			out->check = run[i].note.check;
	}
	for (size_t i = 0; i < sizeof(note_lists) / sizeof(note_lists[0]); i++)
		unite_lists(a, run, n, sizeof(*run), &note_lists[i]);
	return *out;
}

static struct note_rule
merge_rules(struct lof_arena *a, struct said *run, size_t n)
{
	struct note_rule *out = &run[0].rule;

	for (size_t i = 1; i < n; i++) {
		const struct note_rule *r = &run[i].rule;
		out->url = out->url.n ? out->url : r->url;
		out->author = out->author.n ? out->author : r->author;
		out->license = out->license.n ? out->license : r->license;
		out->revision = out->revision.n ? out->revision : r->revision;
		out->deprecated |= r->deprecated;
	}
	for (size_t i = 0; i < sizeof(rule_lists) / sizeof(rule_lists[0]); i++)
		unite_lists(a, run, n, sizeof(*run), &rule_lists[i]);
	return *out;
}

static bool
same_rule(const struct note_rule *x, const struct note_rule *y)
{
	return lof_str_eq(x->source, y->source) && lof_str_eq(x->id, y->id) && lof_str_eq(x->name, y->name);
}

// One rule with its own source, id and name may have said many notes, and been read many times.
static int
by_rule(const void *a, const void *b)
{
	const struct note_rule *x = &((const struct said *)a)->rule, *y = &((const struct said *)b)->rule;
	int d = lof_str_cmp(x->source, y->source);

	d = d ? d : lof_str_cmp(x->id, y->id);
	d = d ? d : lof_str_cmp(x->name, y->name);
	d = d ? d : given_cmp(x->url, y->url);
	d = d ? d : given_cmp(x->author, y->author);
	d = d ? d : given_cmp(x->license, y->license);
	return d ? d : given_cmp(x->revision, y->revision);
}

static int
by_attack_id(const void *a, const void *b)
{
	const struct attack_line *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : lof_str_cmp(x->text, y->text);
}

// The ATT&CK lines as one text, which the table in use then obeys.
static enum lof_rc
merge_attack(struct build *b, struct lof_buf *out, struct lof_err *e)
{
	struct attack_line *v = (void *)b->attack.p;
	size_t n = b->attack.n / sizeof(*v);

	if (n)
		qsort(v, n, sizeof(*v), by_attack_id);
	for (size_t i = 0; i < n; i++) {
		if (i && v[i].id == v[i - 1].id)
			continue;
		buf_str(out, v[i].text);
		buf_char(out, '\n');
	}
	return n ? attack_override(buf_view(out), e) : LOF_OK;
}

// What the writer takes, in the making.
struct merged {
	struct note *notes;
	struct lof_str *folds, *stems;
	size_t n_notes;
	struct note_rule *rules;
	size_t n_rules;
	struct lof_buf said; // uint64: note << 32 | rule
};

// What a note without a name is called after: the first of its sources and those of its rules.
static struct lof_str
stem_of(const struct entry *run, size_t n)
{
	struct lof_str stem = LOF_LIT("");

	for (size_t i = 0; i < n; i++) {
		stem = given_cmp(run[i].note.source, stem) < 0 ? run[i].note.source : stem;
		for (size_t k = 0; k < run[i].note.n_rules; k++)
			stem = given_cmp(run[i].note.rules[k].source, stem) < 0 ? run[i].note.rules[k].source : stem;
	}
	return stem.n ? stem : LOF_LIT("note");
}

static void
merge_all_notes(struct lof_arena *a, struct entry *v, size_t n, struct merged *m, struct lof_buf *said)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && lof_str_eq(v[end].fold, v[i].fold) && by_site(&v[end].note, &v[i].note) == 0; end++)
			for (size_t k = 0; k < v[end].note.n_rules; k++) {
				struct said one = { v[end].note.rules[k], (uint32_t)m->n_notes };
				buf_put(said, &one, sizeof(one));
			}
		m->folds[m->n_notes] = v[i].fold;
		m->stems[m->n_notes] = stem_of(v + i, end - i);
		m->notes[m->n_notes++] = merge_notes(a, v + i, end - i);
	}
}

static void
merge_all_rules(struct lof_arena *a, struct said *v, size_t n, struct merged *m)
{
	m->rules = arena_array(a, n + 1, sizeof(*m->rules));
	if (n)
		qsort(v, n, sizeof(*v), by_rule);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && same_rule(&v[end].rule, &v[i].rule); end++) {
			uint64_t pair = (uint64_t)v[end].note << 32 | m->n_rules;
			buf_put(&m->said, &pair, sizeof(pair));
		}
		m->rules[m->n_rules++] = merge_rules(a, v + i, end - i);
	}
	m->said.n = unite(m->said.p, m->said.n / sizeof(uint64_t), sizeof(uint64_t), by_value) * sizeof(uint64_t);
}

// A note is of the techniques it was tagged with and of those of its rules, as they are once merged.
static void
take_ids(struct lof_arena *a, struct merged *m)
{
	const uint64_t *said = (const void *)m->said.p;
	size_t n = m->said.n / sizeof(*said), at = 0;

	for (size_t i = 0; i < m->n_notes; i++) {
		struct note *note = &m->notes[i];
		struct lof_buf ids = { .n = 0 };

		buf_put(&ids, note->techniques, note->n_techniques * sizeof(attack_id));
		for (; at < n && said[at] >> 32 == i; at++) {
			const struct note_rule *r = &m->rules[(uint32_t)said[at]];
			buf_put(&ids, r->techniques, r->n_techniques * sizeof(attack_id));
		}
		note->n_techniques = unite(ids.p, ids.n / sizeof(attack_id), sizeof(attack_id), by_id);
		note->techniques = copy_ids(a, (const void *)ids.p, note->n_techniques);
		buf_free(&ids);
	}
}

// --- names -------------------------------------------------------------------------------------------------------

// Gives a note its id: `stem` and the first digits of its text's hash.
static void
name_note(struct lof_arena *a, struct note *n, struct lof_str folded, struct lof_str stem, int digits)
{
	char *p = arena_alloc(a, stem.n + 18);
	char hex[17];
	size_t k = 0;

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)lof_hash(0, folded));
	for (size_t i = 0; i < stem.n; i++)
		p[k++] = stem.p[i] == '"' || stem.p[i] == '\\' ? '_' : stem.p[i];
	p[k] = '-';
	memcpy(p + k + 1, hex, (size_t)digits);
	n->id = LOF_STR(p, k + 1 + (size_t)digits);
}

struct named {
	struct lof_str id;
	uint32_t note;
};

static int
by_name_then_note(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int d = lof_str_cmp(x->id, y->id);

	return d ? d : (x->note > y->note) - (x->note < y->note);
}

// Makes ids unique: of notes with one id the first keeps it, the others get more digits of their hash. A second round
// is needed only if such a longer id was someone's own.
static enum lof_rc
name_notes(struct lof_arena *a, struct note *v, const struct lof_str *folds, const struct lof_str *stems, size_t n,
    struct lof_err *e)
{
	struct named *order = arena_array(a, n + 1, sizeof(*order));
	static const int digits[] = { 8, 16 };

	for (size_t i = 0; i < n; i++)
		if (v[i].id.n == 0)
			name_note(a, &v[i], folds[i], stems[i], 8);
	for (int round = 0;; round++) {
		size_t clashes = 0;

		for (size_t i = 0; i < n; i++)
			order[i] = (struct named){ v[i].id, (uint32_t)i };
		qsort(order, n, sizeof(*order), by_name_then_note);
		for (size_t i = 1; i < n; i++) {
			if (!lof_str_eq(order[i].id, order[i - 1].id))
				continue;
			if (round == 2)
				return lof_err_set(e, LOF_E_IMPORT, "two notes have one id", order[i].id);
			name_note(a, &v[order[i].note], folds[order[i].note], order[i].id, digits[round]);
			clashes++;
		}
		if (clashes == 0)
			return LOF_OK;
	}
}

// --- the end -----------------------------------------------------------------------------------------------------

static bool
is_label(struct lof_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)(s.p[i] - 0x20) >= 0x5f || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return s.n <= 63;
}

static enum lof_rc
merge_and_write(struct build *b, struct lof_arena *a, struct lof_str label, struct lof_buf *out, struct build_stats *st,
    struct lof_err *e)
{
	size_t n = b->added.n / sizeof(struct entry);
	struct entry *v = (void *)b->added.p;
	struct lof_buf said = { .n = 0 }, attack = { .n = 0 };
	struct merged m = { .notes = arena_array(a, n + 1, sizeof(*m.notes)), .folds = arena_array(a, n + 1, sizeof(*m.folds)),
		.stems = arena_array(a, n + 1, sizeof(*m.stems)) };
	enum lof_rc rc;

	if (n)
		qsort(v, n, sizeof(*v), by_text);
	merge_all_notes(a, v, n, &m, &said);
	merge_all_rules(a, (void *)said.p, said.n / sizeof(struct said), &m);
	buf_free(&said);
	take_ids(a, &m);
	rc = merge_attack(b, &attack, e);
	rc = rc ? rc : name_notes(a, m.notes, m.folds, m.stems, m.n_notes, e);
	if (!rc) {
		struct write_in in = { m.notes, m.folds, m.n_notes, m.rules, m.n_rules, (void *)m.said.p,
			m.said.n / sizeof(uint64_t), buf_view(&attack), label };
		rc = write_index(&in, out, st, e);
	}
	buf_free(&m.said);
	buf_free(&attack);
	return rc;
}

enum lof_rc
build_finish(struct build *b, struct lof_str label, struct lof_buf *out, struct build_stats *st, struct lof_err *e)
{
	struct lof_arena a = { 0 };
	enum lof_rc rc;

	if (!is_label(label))
		return lof_err_set(e, LOF_E_USAGE, "a label is at most 63 printable ASCII bytes without '\"' and '\\'", label);
	if (b->added.n / sizeof(struct entry) >= 1 << 28)
		return lof_err_set(e, LOF_E_INDEX, "too many notes", LOF_LIT(""));
	rc = merge_and_write(b, &a, label, out, st, e);
	arena_free(&a);
	return rc;
}
