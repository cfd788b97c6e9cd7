#include "notes/build.h"

#include "base/hash.h"
#include "notes/layout.h"
#include "notes/text.h"
#include "notes/write.h"

#include <stdlib.h>

// Every note that was added is kept as it came, cleaned; build_finish sorts them so that equal texts lie together and
// merges each run. Nothing depends on the order of adding, because nothing is decided before.
struct build {
	struct lof_arena arena;
	struct lof_buf added; // struct entry
};

struct entry {
	struct note note;
	struct lof_str fold; // the text in lower case: what makes two notes one
};

enum { TEXT_MAX = 2000, SHORT_MAX = KEY_TEXT_MAX, ID_MAX = 100 };

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
	free(b);
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
clean_list(struct lof_arena *a, struct note_list l)
{
	struct lof_str *v = arena_array(a, l.n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++) {
		v[n] = text_clean(a, l.v[i], SHORT_MAX);
		n += v[n].n > 0;
	}
	return (struct note_list){ v, n };
}

static void
clean_rules(struct lof_arena *a, const struct note *from, struct note *to)
{
	struct note_rule *v = arena_array(a, from->n_rules + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < from->n_rules; i++) {
		v[n].id = text_clean(a, from->rules[i].id, SHORT_MAX);
		v[n].name = text_clean(a, from->rules[i].name, SHORT_MAX);
		v[n].url = text_clean(a, from->rules[i].url, TEXT_MAX);
		n += v[n].id.n || v[n].name.n || v[n].url.n;
	}
	to->rules = v;
	to->n_rules = n;
}

enum lof_rc
build_add(struct build *b, const struct note *n, struct lof_err *e)
{
	struct lof_arena *a = &b->arena;
	struct entry x = { .note = { .n_techniques = n->n_techniques } };
	attack_id *techniques = arena_array(a, n->n_techniques + 1, sizeof(*techniques));

	x.note.text = text_clean(a, n->text, TEXT_MAX);
	if (x.note.text.n == 0)
		return lof_err_set(e, LOF_E_IMPORT, "a note needs a text", n->id);
	x.note.id = text_clean(a, n->id, ID_MAX);
	if (!text_is_plain(x.note.id))
		return lof_err_set(e, LOF_E_IMPORT, "an id may not hold '\"' or '\\'", n->id);
	if (n->n_techniques)
		memcpy(techniques, n->techniques, n->n_techniques * sizeof(*techniques));
	x.note.techniques = techniques;
	x.note.tags = clean_list(a, n->tags);
	x.note.platforms = clean_list(a, n->platforms);
	x.note.terms = clean_list(a, n->terms);
	x.note.check = text_clean(a, n->check, TEXT_MAX);
	clean_rules(a, n, &x.note);
	x.note.source = text_clean(a, n->source, SHORT_MAX);
	x.note.url = text_clean(a, n->url, TEXT_MAX);
	x.note.author = text_clean(a, n->author, SHORT_MAX);
	x.note.license = text_clean(a, n->license, SHORT_MAX);
	x.note.placeholder = n->placeholder || note_is_placeholder(x.note.text);
	x.fold = fold(a, x.note.text);
	buf_put(&b->added, &x, sizeof(x));
	return LOF_OK;
}

// --- merging -----------------------------------------------------------------------------------------------------

// As lof_str_cmp, but what is not given comes last: a note that names its source tells more than one that does not.
static int
given_cmp(struct lof_str a, struct lof_str b)
{
	return a.n == 0 || b.n == 0 ? (a.n == 0) - (b.n == 0) : lof_str_cmp(a, b);
}

// Runs of one text together; within a run the note whose details stay comes first.
static int
by_text(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const struct note *m = &x->note, *n = &y->note;
	int d = lof_str_cmp(x->fold, y->fold);

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
by_name(const void *a, const void *b)
{
	const struct note_rule *x = a, *y = b;
	int d = lof_str_cmp(x->name, y->name);

	d = d ? d : lof_str_cmp(x->id, y->id);
	return d ? d : lof_str_cmp(x->url, y->url);
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

// The lists of one kind of all notes of a run; `at` is the list's offset in struct note.
static struct note_list
unite_lists(struct lof_arena *a, const struct entry *run, size_t n, size_t at)
{
	struct lof_buf all = { .n = 0 };
	struct note_list out;
	struct lof_str *v;

	for (size_t i = 0; i < n; i++) {
		struct note_list l;
		memcpy(&l, (const char *)&run[i].note + at, sizeof(l));
		buf_put(&all, l.v, l.n * sizeof(*l.v));
	}
	out.n = all.n / sizeof(struct lof_str);
	v = arena_array(a, out.n + 1, sizeof(*v));
	if (all.n)
		memcpy(v, all.p, all.n);
	buf_free(&all);
	out.n = unite(v, out.n, sizeof(*v), by_bytes);
	out.v = v;
	return out;
}

static struct note
merge(struct lof_arena *a, const struct entry *run, size_t n)
{
	struct note out = run[0].note;
	size_t rules = 0, techniques = 0;
	struct note_rule *r;
	attack_id *t;

	for (size_t i = 0; i < n; i++) {
		rules += run[i].note.n_rules;
		techniques += run[i].note.n_techniques;
		out.placeholder |= run[i].note.placeholder;
		if (out.check.n == 0)
			out.check = run[i].note.check;
	}
	r = arena_array(a, rules + 1, sizeof(*r));
	t = arena_array(a, techniques + 1, sizeof(*t));
	rules = techniques = 0;
	for (size_t i = 0; i < n; i++) {
		const struct note *m = &run[i].note;
		memcpy(r + rules, m->rules, m->n_rules * sizeof(*r));
		memcpy(t + techniques, m->techniques, m->n_techniques * sizeof(*t));
		rules += m->n_rules;
		techniques += m->n_techniques;
	}
	out.rules = r;
	out.n_rules = unite(r, rules, sizeof(*r), by_name);
	out.techniques = t;
	out.n_techniques = unite(t, techniques, sizeof(*t), by_id);
	out.tags = unite_lists(a, run, n, offsetof(struct note, tags));
	out.platforms = unite_lists(a, run, n, offsetof(struct note, platforms));
	out.terms = unite_lists(a, run, n, offsetof(struct note, terms));
	return out;
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
name_notes(struct lof_arena *a, struct note *v, const struct lof_str *folds, size_t n, struct lof_err *e)
{
	struct named *order = arena_array(a, n + 1, sizeof(*order));
	static const int digits[] = { 8, 16 };

	for (size_t i = 0; i < n; i++)
		if (v[i].id.n == 0)
			name_note(a, &v[i], folds[i], v[i].source.n ? v[i].source : LOF_LIT("note"), 8);
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

enum lof_rc
build_finish(struct build *b, struct lof_str label, struct lof_buf *out, struct build_stats *st, struct lof_err *e)
{
	size_t n = b->added.n / sizeof(struct entry), kept = 0;
	struct entry *v = (void *)b->added.p;
	struct lof_arena a = { 0 };
	struct note *notes = arena_array(&a, n + 1, sizeof(*notes));
	struct lof_str *folds = arena_array(&a, n + 1, sizeof(*folds));
	enum lof_rc rc;

	if (!is_label(label))
		rc = lof_err_set(e, LOF_E_USAGE, "a label is at most 63 printable ASCII bytes without '\"' and '\\'", label);
	else if (n >= UINT32_MAX)
		rc = lof_err_set(e, LOF_E_INDEX, "too many notes", LOF_LIT(""));
	else {
		if (n)
			qsort(v, n, sizeof(*v), by_text);
		for (size_t i = 0, end; i < n; i = end) {
			for (end = i + 1; end < n && lof_str_eq(v[end].fold, v[i].fold);)
				end++;
			folds[kept] = v[i].fold;
			notes[kept++] = merge(&a, v + i, end - i);
		}
		rc = name_notes(&a, notes, folds, kept, e);
		if (!rc)
			rc = write_index(notes, kept, label, out, st, e);
	}
	arena_free(&a);
	return rc;
}
