#include "measure.h"

#include "base/io.h"
#include "import/import.h"

#include <stdlib.h>

const char *const variant_names[VARIANTS] = { "rule id known", "rule name known, no id", "event only", "technique only" };

static void
must(bool promise, const char *what, const struct lof_err *e)
{
	if (promise)
		return;
	if (e && e->rc)
		lof_err_print(stderr, e);
	fprintf(stderr, "relevance: %s\n", what);
	exit(1);
}

// --- what is asked ---------------------------------------------------------------------------------------------------

static json_t *
lines_of(const char *path)
{
	struct lof_buf text = { 0 };
	struct lof_err e = { 0 };
	struct lof_str rest, line;
	json_t *all = json_array();
	must(io_slurp(path, &text, &e) == LOF_OK, "run it from the top of the source", &e);
	rest = buf_view(&text);
	while (lof_str_cut(&rest, '\n', &line)) {
		json_t *one = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
		must(json_is_object(one), path, NULL);
		json_array_append_new(all, one);
	}
	buf_free(&text);
	return all;
}

// Every string below v without the `text` in it: a rule's name stands in the sentences of its alert too.
static json_t *
without(json_t *v, const char *text)
{
	const char *key;
	json_t *one;
	size_t i;
	if (json_is_string(v)) {
		struct lof_buf left = { 0 };
		const char *at = json_string_value(v), *hit;
		for (; (hit = strstr(at, text)); at = hit + strlen(text))
			buf_put(&left, at, (size_t)(hit - at));
		buf_str(&left, lof_cstr(at));
		json_string_setn_nocheck(v, left.p ? left.p : "", left.n);
		buf_free(&left);
	}
	json_object_foreach(v, key, one)
		without(one, text);
	json_array_foreach(v, i, one)
		without(one, text);
	return v;
}

static json_t *
pointed(json_t *v, const char *pointer)
{
	while (v && *pointer) {
		size_t n = strcspn(++pointer, "/");
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(pointer)) : json_object_getn(v, pointer, n);
		pointer += n;
	}
	return v;
}

// The members stay, for the shape is the producer's; what they say goes, here and wherever else it stands.
static void
forget(json_t *alert, const json_t *pointers)
{
	for (size_t i = 0; i < json_array_size(pointers); i++) {
		const char *pointer = json_string_value(json_array_get(pointers, i));
		json_t *v = pointed(alert, pointer);
		must(json_is_string(v) || json_is_integer(v), pointer, NULL);
		if (json_is_integer(v))
			json_integer_set(v, 0);
		else if (json_string_length(v)) {
			char *said = strdup(json_string_value(v));
			without(alert, said);
			free(said);
		}
	}
}

json_t *
relevance_alert(const struct relevance_case *c, enum variant v)
{
	if (v == BY_TECHNIQUE)
		return json_pack("{s:O}", "mitre_techniques", json_object_get(c->json, "techniques"));
	json_t *alert = json_deep_copy(json_object_get(c->json, "event"));
	if (v != BY_ID)
		forget(alert, json_object_get(c->json, "id_at"));
	if (v == BY_EVENT)
		forget(alert, json_object_get(c->json, "name_at"));
	return alert;
}

static bool
is_asked(const struct relevance_case *c, enum variant v)
{
	const char *at = v == BY_ID ? "id_at" : "name_at";
	return v > BY_NAME || json_array_size(json_object_get(c->json, at));
}

// --- what is answered ------------------------------------------------------------------------------------------------

json_t *
relevance_member(struct relevance *r, const struct relevance_case *c, enum variant v, bool all)
{
	json_t *alert = relevance_alert(c, v);
	char *text = json_dumps(alert, JSON_COMPACT);
	struct sink out;
	sink_init(&out, -1);
	enrich_text(&r->enricher[all], text, strlen(text), &out);
	json_t *answer = json_loadb(out.buf.p, out.buf.n, 0, NULL), *member = json_incref(json_object_get(answer, "lofp"));
	json_decref(answer);
	json_decref(alert);
	free(text);
	sink_free(&out);
	return member;
}

static bool
is_right(const struct relevance *r, const struct relevance_case *c, const char *text)
{
	const json_t *right = json_object_get(c->json, "right");
	for (size_t i = 0; i < json_array_size(right); i++) {
		const json_t *want = json_object_get(r->texts, json_string_value(json_array_get(right, i)));
		if (want && strcasecmp(json_string_value(want), text) == 0) // an index takes texts as equal in any case
			return true;
	}
	return false;
}

static const char *
text_at(const json_t *notes, size_t i)
{
	return json_string_value(json_object_get(json_array_get(notes, i), "text"));
}

const json_t *
relevance_right(const struct relevance *r, const struct relevance_case *c, const json_t *notes)
{
	for (size_t i = 0; i < json_array_size(notes); i++)
		if (is_right(r, c, text_at(notes, i)))
			return json_array_get(notes, i);
	return NULL;
}

// From 1; behind the last when it is not there.
static size_t
rank_in(const struct relevance *r, const struct relevance_case *c, const json_t *notes)
{
	size_t i = 0;
	while (i < json_array_size(notes) && !is_right(r, c, text_at(notes, i)))
		i++;
	return i + 1;
}

// Among the five if it is shown there; else by the order of all, but never among the first five.
static size_t
rank_of(struct relevance *r, const struct relevance_case *c, enum variant v)
{
	json_t *five = relevance_member(r, c, v, false), *all = relevance_member(r, c, v, true);
	const json_t *shown = json_object_get(five, "notes");
	size_t rank = rank_in(r, c, shown);
	if (rank > json_array_size(shown)) {
		rank = rank_in(r, c, json_object_get(all, "notes"));
		rank = rank > SHOWN ? rank : SHOWN + 1;
	}
	json_decref(five);
	json_decref(all);
	return rank;
}

static size_t
alphabetical(struct relevance *r, const struct relevance_case *c)
{
	json_t *all = relevance_member(r, c, BY_TECHNIQUE, true), *note;
	const json_t *notes = json_object_get(all, "notes");
	const char *right = NULL;
	size_t before = 0, i;
	for (i = 0; i < json_array_size(notes); i++)
		if (is_right(r, c, text_at(notes, i)) && (!right || strcasecmp(text_at(notes, i), right) < 0))
			right = text_at(notes, i);
	json_array_foreach(notes, i, note)
		before += !right || strcasecmp(text_at(notes, i), right) < 0;
	json_decref(all);
	return before + 1;
}

// --- all of it -------------------------------------------------------------------------------------------------------

// The pack as `lofpipe index --notes` makes an index of it.
static void
add_pack(struct relevance *r)
{
	struct build *b = build_new();
	struct import_opts o = { .strict = true };
	struct import_stats st = { 0 };
	struct lof_buf bytes = { 0 };
	struct lof_err e = { 0 };
	struct index *ix;
	must(import_notes(RELEVANCE_RULES, &o, b, &st, &e) == LOF_OK, "importing failed", &e);
	must(build_finish(b, LOF_LIT("relevance"), &bytes, NULL, &e) == LOF_OK, "building failed", &e);
	must(index_load(&ix, buf_view(&bytes), RELEVANCE_RULES, &e) == LOF_OK, "loading failed", &e);
	must(book_add(&r->book, ix, &e) == LOF_OK, "adding failed", &e);
	build_free(b);
	buf_free(&bytes);
}

static void
open_all(struct relevance *r, const char *const *indexes, size_t n)
{
	static const struct rules_options none;
	struct lof_err e = { 0 };
	must(attack_load(&e) == LOF_OK, "no ATT&CK table", &e);
	must(rules_load(&r->rules, &none, NULL, NULL, &e) == LOF_OK, "no rules", &e);
	must(book_open(&r->book, false, indexes, n, &e) == LOF_OK, "no notes", &e);
	add_pack(r);
	for (size_t all = 0; all < 2; all++) {
		r->engine[all] = (struct engine){ .rules = r->rules, .book = &r->book, .key = LOF_LIT("lofp"),
			.want = { .max = all ? 0 : SHOWN, .weak = 1 }, .emit = EMIT_PATCH };
		must(enrich_init(&r->enricher[all], &r->engine[all]), "no memory", NULL);
	}
}

static void
read_cases(struct relevance *r)
{
	json_t *lines = lines_of(RELEVANCE_CASES), *one;
	size_t i;
	must(json_array_size(lines) <= CASES_MAX, "too many cases", NULL);
	json_array_foreach(lines, i, one) {
		struct relevance_case *c = &r->cases[r->n++];
		*c = (struct relevance_case){ .json = json_incref(one) };
		must(json_unpack(one, "{s:s,s:s,s:s}", "case", &c->name, "producer", &c->producer, "platform", &c->platform) == 0,
		    "a case has no name, producer or platform", NULL);
		c->hard = json_is_true(json_object_get(one, "hard"));
	}
	json_decref(lines);
}

static void
read_pack(struct relevance *r)
{
	json_t *note;
	size_t i;
	r->texts = json_object();
	r->pack = lines_of(RELEVANCE_RULES);
	json_array_foreach(r->pack, i, note)
		json_object_set(r->texts, json_string_value(json_object_get(note, "id")), json_object_get(note, "text"));
}

void
relevance_run(struct relevance *r, const char *const *indexes, size_t n)
{
	*r = (struct relevance){ .n = 0 };
	open_all(r, indexes, n);
	read_pack(r);
	read_cases(r);
	for (struct relevance_case *c = r->cases; c < r->cases + r->n; c++) {
		for (enum variant v = 0; v < VARIANTS; v++)
			c->rank[v] = is_asked(c, v) ? rank_of(r, c, v) : 0;
		c->alphabetical = alphabetical(r, c);
	}
}

void
relevance_free(struct relevance *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_decref(r->cases[i].json);
	json_decref(r->texts);
	json_decref(r->pack);
	enrich_free(&r->enricher[0]);
	enrich_free(&r->enricher[1]);
	book_free(&r->book);
	rules_free(r->rules);
}

static void
count(struct score *s, size_t rank)
{
	if (rank == 0)
		return;
	s->n++;
	s->first += rank == 1;
	s->shown += rank <= SHOWN;
	s->reciprocal += 1 / (double)rank;
}

struct score
relevance_score(const struct relevance *r, enum variant v, const char *of)
{
	struct score s = { 0 };
	for (const struct relevance_case *c = r->cases; c < r->cases + r->n; c++)
		if (!of || strcmp(of, c->producer) == 0 || strcmp(of, c->platform) == 0 || (c->hard && strcmp(of, "hard") == 0))
			count(&s, c->rank[v]);
	return s;
}

struct score
relevance_alphabetical(const struct relevance *r)
{
	struct score s = { 0 };
	for (size_t i = 0; i < r->n; i++)
		count(&s, r->cases[i].alphabetical);
	return s;
}
