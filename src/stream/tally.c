#include "stream/tally.h"

#include "base/err.h"
#include "json/jstr.h"

#include <stdlib.h>

enum { IDS_MAX = TALLY_SLOTS * 3 / 4, NOBODY_KNOWS = 0 };

// The place of a format by its name, a new one if it has none yet and there is room.
static uint16_t
place_of(struct tally *t, const char *name)
{
	size_t i = 0;
	while (i < t->n_formats && strcmp(t->formats[i].name, name) != 0)
		i++;
	if (i == TALLY_FORMATS)
		return NOBODY_KNOWS;
	if (i == t->n_formats) {
		if (!(t->formats[i].name = strdup(name)))
			lof_no_memory();
		t->n_formats++;
	}
	return (uint16_t)i;
}

struct tally *
tally_new(const struct rules *r)
{
	struct tally *t = calloc(1, sizeof *t);
	if (!t)
		lof_no_memory();
	place_of(t, "unknown");
	tally_rules(t, r);
	return t;
}

void
tally_free(struct tally *t)
{
	for (size_t i = 0; t && i < t->n_formats; i++)
		free(t->formats[i].name);
	free(t);
}

void
tally_rules(struct tally *t, const struct rules *r)
{
	t->generic = place_of(t, "generic");
	for (size_t i = 0; i < r->n_formats; i++)
		t->place[i] = place_of(t, r->formats[i].name);
}

// --- counting -------------------------------------------------------------------------------------------------------

// Open addressing by the number itself: a few hundred ids come, most of them at their first slot.
static struct tally_id *
slot_of(struct tally *t, attack_id id)
{
	size_t at = id * 0x9E3779B1u >> 20;
	while (t->ids[at % TALLY_SLOTS].id != id && t->ids[at % TALLY_SLOTS].id)
		at++;
	struct tally_id *s = &t->ids[at % TALLY_SLOTS];
	if (s->id)
		return s;
	if (t->n_ids == IDS_MAX)
		return &t->unknown;
	t->n_ids++;
	s->id = id;
	return s;
}

static bool
came_before(const struct keys *k, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (k->techniques[j].id == k->techniques[i].id)
			return true;
	return false;
}

void
tally_event(struct tally *t, const struct keys *k, enum outcome o)
{
	bool typed = k->n_formats && (k->specificity[0] || !k->generic);
	t->formats[typed ? t->place[k->formats[0]] : k->generic ? t->generic : NOBODY_KNOWS].of[o]++;
	for (size_t i = 0; i < k->n_techniques; i++) {
		const struct technique *x = &k->techniques[i];
		if (!came_before(k, i)) {
			struct tally_id *s = x->known ? slot_of(t, x->id) : &t->unknown;
			*(o == OUT_ENRICHED ? &s->with : &s->without) += 1;
		}
		if (x->raw != x->id) {
			struct tally_id *s = slot_of(t, x->raw);
			s->became = x->id;
			s->retired++;
		}
	}
}

// --- telling --------------------------------------------------------------------------------------------------------

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct tally_format *const *)a)->name, (*(const struct tally_format *const *)b)->name);
}

static int
by_id(const void *a, const void *b)
{
	attack_id x = (*(const struct tally_id *const *)a)->id, y = (*(const struct tally_id *const *)b)->id;
	return (x > y) - (x < y);
}

static void *
list(size_t n)
{
	void *v = calloc(n + 1, sizeof(void *));
	if (!v)
		lof_no_memory();
	return v;
}

const struct tally_format **
tally_formats(const struct tally *t, size_t *n)
{
	const struct tally_format **v = list(t->n_formats);
	*n = 0;
	for (size_t i = 0; i < t->n_formats; i++) {
		const uint64_t *of = t->formats[i].of;
		if (of[OUT_ENRICHED] + of[OUT_NO_NOTES] + of[OUT_NO_KEY])
			v[(*n)++] = &t->formats[i];
	}
	qsort(v, *n, sizeof *v, by_name);
	return v;
}

const struct tally_id **
tally_ids(const struct tally *t, size_t *n)
{
	const struct tally_id **v = list(t->n_ids);
	*n = 0;
	for (size_t i = 0; i < TALLY_SLOTS; i++)
		if (t->ids[i].id)
			v[(*n)++] = &t->ids[i];
	qsort(v, *n, sizeof *v, by_id);
	return v;
}

// Behind a comma, unless it is the first of its object.
static void
open_object(struct lof_buf *out, struct lof_str name)
{
	if (out->p[out->n - 1] != '{')
		buf_char(out, ',');
	buf_char(out, '"');
	jstr_escape(out, name);
	buf_lit(out, "\":{");
}

// On a line of its own: whoever takes the first line alone has the counters.
static void
open_member(struct lof_buf *out, struct lof_str name)
{
	buf_lit(out, ",\n\"");
	buf_str(out, name);
	buf_lit(out, "\":{");
}

static void
number(struct lof_buf *out, const char *name, uint64_t v)
{
	if (out->p[out->n - 1] != '{')
		buf_char(out, ',');
	buf_char(out, '"');
	buf_str(out, lof_cstr(name));
	buf_lit(out, "\":");
	buf_uint(out, v);
}

static void
put_notes(struct lof_buf *out, const struct tally_id *s)
{
	number(out, "with_notes", s->with);
	number(out, "without_notes", s->without);
	buf_char(out, '}');
}

void
tally_json(const struct tally *t, struct lof_buf *out)
{
	size_t n;
	char text[ATTACK_TEXT_MAX];
	const struct tally_format **formats = tally_formats(t, &n);
	open_member(out, LOF_LIT("formats"));
	for (size_t i = 0; i < n; i++) {
		open_object(out, lof_cstr(formats[i]->name));
		for (int o = 0; o < TALLY_OUTCOMES; o++)
			number(out, outcome_name((enum outcome)o), formats[i]->of[o]);
		buf_char(out, '}');
	}
	free(formats);
	const struct tally_id **ids = tally_ids(t, &n);
	buf_char(out, '}');
	open_member(out, LOF_LIT("techniques"));
	for (size_t i = 0; i < n; i++)
		if (ids[i]->with + ids[i]->without) {
			open_object(out, LOF_STR(text, attack_text(ids[i]->id, text)));
			put_notes(out, ids[i]);
		}
	buf_char(out, '}');
	open_member(out, LOF_LIT("unknown_techniques"));
	put_notes(out, &t->unknown);
	open_member(out, LOF_LIT("retired_ids"));
	for (size_t i = 0; i < n; i++)
		if (ids[i]->retired) {
			open_object(out, LOF_STR(text, attack_text(ids[i]->id, text)));
			buf_lit(out, "\"today\":\"");
			buf_put(out, text, attack_text(ids[i]->became, text));
			buf_char(out, '"');
			number(out, "events", ids[i]->retired);
			buf_char(out, '}');
		}
	buf_char(out, '}');
	free(ids);
}
