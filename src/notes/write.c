#include "notes/write.h"

#include "notes/index.h"
#include "notes/layout.h"
#include "notes/lexicon.h"
#include "notes/term.h"
#include "notes/text.h"
#include "notes/twin.h"
#include "notes/words.h"

#include <stdlib.h>

struct writer {
	const struct write_in *in;
	struct lof_arena arena;
	struct lof_buf part[PARTS];
	uint32_t seed[PARTS];
	struct lexicon keys, words, pieces;
	struct lexicon texts; // words of the notes' texts: how common each is
	struct lof_buf notes_of, rules_of; // uint64: canonical technique << 32 | note or rule
	bool *speaks;   // by rule: some note of it says something
	uint32_t doc;   // the note or, counted on, the rule at hand
	unsigned field; // of it
	uint32_t doc_words;
};

// --- fragments ---------------------------------------------------------------------------------------------------

// ,"name":"value" unless it is empty.
static void
put_member(struct lof_buf *b, const char *name, struct lof_str value)
{
	if (value.n == 0)
		return;
	buf_lit(b, ",\"");
	buf_str(b, lof_cstr(name));
	buf_lit(b, "\":\"");
	text_escape(b, value);
	buf_char(b, '"');
}

static void
put_list(struct lof_buf *b, const char *name, const struct lof_str *v, size_t n)
{
	if (n == 0)
		return;
	buf_lit(b, ",\"");
	buf_str(b, lof_cstr(name));
	buf_lit(b, "\":");
	for (size_t i = 0; i < n; i++) {
		buf_put(b, i ? ",\"" : "[\"", 2);
		text_escape(b, v[i]);
		buf_char(b, '"');
	}
	buf_char(b, ']');
}

static struct layout_span
span_from(const struct lof_buf *pool, size_t at)
{
	return (struct layout_span){ (uint32_t)at, (uint32_t)(pool->n - at) };
}

// The number of the piece that the bytes of *b from `at` on are; they are taken off again.
static uint32_t
piece(struct writer *w, struct lof_buf *b, size_t at)
{
	struct lof_str s = LOF_STR(b->p + at, b->n - at);

	b->n = at;
	return s.n == 0 ? NO_PIECE : 1 + lex_intern(&w->pieces, s, lof_hash(0, s));
}

static void
put_note(struct writer *w, const struct note *n, struct layout_note *rec)
{
	struct lof_buf *b = &w->part[PART_POOL];
	size_t at = b->n;

	rec->at = (uint32_t)at;
	buf_lit(b, "{\"text\":\"");
	text_escape(b, n->text);
	buf_char(b, '"');
	rec->head_n = (uint32_t)(b->n - at);

	at = b->n;
	put_member(b, "check", n->check);
	rec->check_n = (uint32_t)(b->n - at);
	at = b->n;
	put_member(b, "owner", n->owner);
	rec->owner_n = (uint32_t)(b->n - at);
	buf_str(b, n->id);
	rec->id_n = (uint32_t)n->id.n;

	at = b->n;
	put_list(b, "tags", n->tags.v, n->tags.n);
	rec->tags_n = (uint32_t)(b->n - at);

	at = b->n;
	put_member(b, "source", n->source);
	put_member(b, "author", n->author);
	put_member(b, "url", n->url);
	put_member(b, "license", n->license);
	buf_char(b, '}');
	rec->own = piece(w, b, at);
}

// The address, its folder apart from its file: many rules lie in one folder.
static void
put_url(struct writer *w, struct lof_buf *b, struct lof_str url, struct layout_rule *rec)
{
	size_t at = b->n, n = url.n ? url.n - 1 : 0;

	while (n > 0 && url.p[n - 1] != '/')
		n--;
	if (n > 0 && text_is_plain(url)) {
		buf_lit(b, ",\"url\":\"");
		buf_put(b, url.p, n);
		rec->folder = piece(w, b, at);
		buf_put(b, url.p + n, url.n - n);
		buf_char(b, '"');
	} else {
		put_member(b, "url", url);
	}
	rec->file = span_from(b, at);
}

static void
put_rule(struct writer *w, const struct note_rule *r, struct layout_rule *rec)
{
	struct lof_buf *b = &w->part[PART_POOL];
	size_t at = b->n;

	put_member(b, "rule", r->name);
	rec->name_n = (uint32_t)(b->n - at);
	put_member(b, "rule_id", r->id);
	rec->named = span_from(b, at);
	put_url(w, b, r->url, rec);

	at = b->n;
	put_member(b, "source", r->source);
	rec->source = piece(w, b, at);
	put_member(b, "author", r->author);
	rec->author = piece(w, b, at);
	put_member(b, "license", r->license);
	buf_char(b, '}');
	rec->end = piece(w, b, at);
	put_member(b, "revision", r->revision);
	rec->rest = piece(w, b, at);
}

// The pieces behind all notes and rules, in the order in which they came up.
static void
put_pieces(struct writer *w)
{
	struct lof_buf *pool = &w->part[PART_POOL];

	for (size_t i = 0; i < lex_count(&w->pieces); i++) {
		const struct lex_entry *e = (const void *)(w->pieces.entries.p + i * sizeof(*e));
		struct layout_span s = { (uint32_t)pool->n, (uint32_t)e->text.n };

		buf_str(pool, e->text);
		buf_put(&w->part[PART_PIECES], &s, sizeof(s));
	}
}

// --- what a note is found by -------------------------------------------------------------------------------------

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

// Canonical ids behind those already there, and a pair for each.
static struct layout_span
add_techniques(struct writer *w, const attack_id *v, size_t n, uint32_t no, struct lof_buf *pairs)
{
	struct lof_buf *out = &w->part[PART_IDS];
	struct layout_span span = { (uint32_t)(out->n / sizeof(attack_id)), 0 };
	uint64_t *pair = arena_array(&w->arena, n + 1, sizeof(*pair));

	for (size_t i = 0; i < n; i++)
		pair[i] = (uint64_t)attack_canonical(v[i]) << 32 | no;
	qsort(pair, n, sizeof(*pair), by_value);
	for (size_t i = 0; i < n; i++) {
		attack_id id = (attack_id)(pair[i] >> 32);

		if (i && pair[i] == pair[i - 1])
			continue;
		buf_put(out, &id, sizeof(id));
		buf_put(pairs, &pair[i], sizeof(pair[i]));
		span.n++;
	}
	return span;
}

static void
add_key(struct writer *w, enum key_kind kind, struct lof_str key, uint32_t no)
{
	char text[1 + KEY_TEXT_MAX];
	size_t n = index_normal_key(kind, key, text + 1, KEY_TEXT_MAX);
	struct lof_str s = { text, 1 + n };

	if (n == 0)
		return;
	text[0] = layout_kind[kind];
	lex_add(&w->keys, s, lof_hash(0, s), no, 0);
}

static void
add_word(void *arg, struct lof_str word, uint64_t hash)
{
	struct writer *w = arg;

	if (term_counts(word))
		w->doc_words += (uint32_t)lex_add(&w->words, word, hash, w->doc, w->field);
}

static void
add_words(struct writer *w, unsigned field, const struct lof_str *v, size_t n)
{
	w->field = field;
	for (size_t i = 0; i < n; i++)
		words_each(v[i], NULL, add_word, w);
}

static void
count_word(void *arg, struct lof_str word, uint64_t hash)
{
	struct writer *w = arg;

	lex_add(&w->texts, word, hash, w->doc, 0);
}

static void
add_terms(struct writer *w, const struct note *n)
{
	w->field = WORD_TERM;
	for (size_t i = 0; i < n->terms.n; i++)
		term_each(n->terms.v[i], &w->texts, &w->arena, add_word, w);
}

static bool
is_deprecated(struct note_list tags)
{
	char text[KEY_TEXT_MAX];

	for (size_t i = 0; i < tags.n; i++) {
		size_t len = index_normal_key(KEY_TAG, tags.v[i], text, sizeof(text));
		if (lof_str_eq(LOF_STR(text, len), LOF_LIT("deprecated")))
			return true;
	}
	return false;
}

static uint32_t
platforms_of(struct note_list l)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < l.n; i++)
		bits |= platform_of(l.v[i]);
	return bits;
}

// What the rules of a note say of it. A rule for no platform in particular makes it a note for all, unless the note
// itself says otherwise.
static void
add_note_rules(struct writer *w, const uint64_t *said, size_t n, struct layout_note *rec)
{
	struct lof_buf *out = &w->part[PART_NOTE_RULES];
	uint32_t platforms = 0;
	bool any = false, deprecated = n > 0;

	rec->rules = (struct layout_span){ (uint32_t)(out->n / sizeof(uint32_t)), (uint32_t)n };
	for (size_t i = 0; i < n; i++) {
		uint32_t no = (uint32_t)said[i], bits = platforms_of(w->in->rules[no].platforms);

		buf_put(out, &no, sizeof(no));
		any |= bits == 0;
		platforms |= bits;
		deprecated &= w->in->rules[no].deprecated;
		w->speaks[no] |= !(rec->flags & NOTE_PLACEHOLDER);
	}
	if (rec->platforms || !any)
		rec->platforms |= platforms;
	if (deprecated)
		rec->flags |= NOTE_DEPRECATED;
}

static void
add_cloud(void *arg, struct lof_str word, uint64_t hash)
{
	uint32_t *bits = arg;

	(void)hash;
	for (size_t i = 0; i < n_platform_marks; i++)
		if (lof_str_eq(word, lof_cstr(platform_marks[i].word)))
			*bits |= platform_marks[i].bits & PLATFORM_CLOUDS;
}

// The one cloud that a note about clouds names, or 0.
static uint32_t
cloud_of(const struct note *n, uint32_t platforms)
{
	uint32_t bits = 0;

	if (!(platforms & (PLATFORM_IAAS | PLATFORM_IDENTITY | PLATFORM_OFFICE | PLATFORM_SAAS)) || platforms & PLATFORM_CLOUDS)
		return 0;
	words_each(n->text, NULL, add_cloud, &bits);
	for (size_t i = 0; i < n->terms.n; i++)
		words_each(n->terms.v[i], NULL, add_cloud, &bits);
	return bits & (bits - 1) ? 0 : bits;
}

// How many collections say the note: its own source, or those of its rules.
static uint8_t
sources_of(const struct writer *w, const struct note *n, const uint64_t *said, size_t n_said)
{
	struct lof_str seen[UINT8_MAX];
	size_t many = 0;

	if (n->source.n)
		seen[many++] = n->source;
	for (size_t i = 0; i < n_said && many < UINT8_MAX; i++) {
		struct lof_str source = w->in->rules[(uint32_t)said[i]].source;
		size_t k = 0;

		while (k < many && !lof_str_eq(seen[k], source))
			k++;
		if (k == many && source.n)
			seen[many++] = source;
	}
	return (uint8_t)many;
}

static void
add_note(struct writer *w, uint32_t no, const uint64_t *said, size_t n_said)
{
	const struct note *n = &w->in->notes[no];
	const uint64_t fold = lof_hash(0, w->in->folds[no]), stems = twin_stems(n->text);
	struct layout_note rec = { .fold_low = (uint32_t)fold, .fold_high = (uint32_t)(fold >> 32),
		.stems_low = (uint32_t)stems, .stems_high = (uint32_t)(stems >> 32) };

	rec.platforms = rec.own_platforms = platforms_of(n->platforms);
	rec.flags = (n->placeholder ? NOTE_PLACEHOLDER : 0) | (n_said == 0 && is_deprecated(n->tags) ? NOTE_DEPRECATED : 0) |
	    (n->site ? NOTE_SITE : 0) | (n->terms.n ? NOTE_TERMS : 0) | n->usual << NOTE_USUAL_SHIFT;
	rec.sources = sources_of(w, n, said, n_said);
	rec.expires = n->expires;
	put_note(w, n, &rec);
	rec.ids = add_techniques(w, n->techniques, n->n_techniques, no, &w->notes_of);
	add_note_rules(w, said, n_said, &rec);
	for (size_t i = 0; i < n->tags.n; i++)
		add_key(w, KEY_TAG, n->tags.v[i], no);
	w->doc = no;
	w->doc_words = 0;
	if (!n->placeholder) {
		add_words(w, WORD_TEXT, &n->text, 1);
		add_terms(w, n);
	}
	rec.platforms |= cloud_of(n, rec.platforms);
	rec.words = (uint16_t)(w->doc_words < UINT16_MAX ? w->doc_words : UINT16_MAX);
	buf_put(&w->part[PART_NOTES], &rec, sizeof(rec));
}

// A rule whose notes all say nothing is found, but needs no words.
static void
add_rule(struct writer *w, uint32_t no)
{
	const struct note_rule *r = &w->in->rules[no];
	struct layout_rule rec = { .platforms = platforms_of(r->platforms), .flags = r->deprecated ? RULE_DEPRECATED : 0 };

	put_rule(w, r, &rec);
	rec.ids = add_techniques(w, r->techniques, r->n_techniques, no, &w->rules_of);
	add_key(w, KEY_RULE_ID, r->id, no);
	add_key(w, KEY_RULE_NAME, r->name, no);
	w->doc = (uint32_t)w->in->n_notes + no;
	w->doc_words = 0;
	if (w->speaks[no]) {
		add_words(w, WORD_SOUGHT, r->terms.v, r->terms.n);
		add_words(w, WORD_NAME, &r->name, 1);
		add_words(w, WORD_DESCRIBES, r->words.v, r->words.n);
	}
	rec.words = w->doc_words;
	buf_put(&w->part[PART_RULES], &rec, sizeof(rec));
}

static void
add_all(struct writer *w)
{
	const struct write_in *in = w->in;
	size_t at = 0, end;

	w->speaks = arena_array(&w->arena, in->n_rules + 1, sizeof(*w->speaks));
	for (uint32_t i = 0; i < in->n_notes; i++) {
		w->doc = i;
		words_each(in->notes[i].text, NULL, count_word, w);
	}
	for (uint32_t i = 0; i < in->n_notes; i++, at = end) {
		for (end = at; end < in->n_said && in->said[end] >> 32 == i;)
			end++;
		add_note(w, i, end > at ? in->said + at : NULL, end - at); // no rules at all: said is NULL
	}
	for (uint32_t i = 0; i < in->n_rules; i++)
		add_rule(w, i);
}

// --- the file ----------------------------------------------------------------------------------------------------

// The notes of every rule, by counting: `said` is in the order of the notes.
static void
put_rule_notes(struct writer *w)
{
	const struct write_in *in = w->in;
	struct layout_rule *rule = (void *)w->part[PART_RULES].p;
	uint32_t *notes = arena_array(&w->arena, in->n_said + 1, sizeof(*notes)), at = 0;

	for (size_t i = 0; i < in->n_said; i++)
		rule[(uint32_t)in->said[i]].notes.n++;
	for (size_t i = 0; i < in->n_rules; i++) {
		rule[i].notes.off = at;
		at += rule[i].notes.n;
		rule[i].notes.n = 0;
	}
	for (size_t i = 0; i < in->n_said; i++) {
		struct layout_span *s = &rule[(uint32_t)in->said[i]].notes;
		notes[s->off + s->n++] = (uint32_t)(in->said[i] >> 32);
	}
	buf_put(&w->part[PART_POSTINGS], notes, in->n_said * sizeof(*notes));
}

// The numbers of all pairs from *at on that are of technique `id`.
static struct layout_span
put_posting(struct lof_buf *postings, const struct lof_buf *pairs, size_t *at, uint32_t id)
{
	const uint64_t *pair = (const void *)pairs->p;
	struct layout_span s = { (uint32_t)(postings->n / sizeof(uint32_t)), 0 };

	for (; *at < pairs->n / sizeof(*pair) && pair[*at] >> 32 == id; ++*at, s.n++) {
		uint32_t no = (uint32_t)pair[*at];
		buf_put(postings, &no, sizeof(no));
	}
	return s;
}

// A rule's techniques are its notes' too, so that the notes' are all there are.
static void
put_technique_table(struct writer *w)
{
	const uint64_t *note = (const void *)w->notes_of.p;
	size_t n = w->notes_of.n / sizeof(*note), r = 0;

	if (n)
		qsort(w->notes_of.p, n, sizeof(*note), by_value);
	if (w->rules_of.n)
		qsort(w->rules_of.p, w->rules_of.n / sizeof(uint64_t), sizeof(uint64_t), by_value);
	for (size_t i = 0; i < n;) {
		struct layout_technique t = { .id = (uint32_t)(note[i] >> 32) };

		t.notes = put_posting(&w->part[PART_POSTINGS], &w->notes_of, &i, t.id);
		t.rules = put_posting(&w->part[PART_POSTINGS], &w->rules_of, &r, t.id);
		buf_put(&w->part[PART_TECHNIQUES], &t, sizeof(t));
	}
}

static struct layout_span
put_quoted(struct lof_buf *pool, struct lof_str s)
{
	size_t at = pool->n;

	text_escape(pool, s);
	buf_char(pool, '"');
	return span_from(pool, at);
}

static void
put_conditions(struct writer *w)
{
	struct lof_buf *pool = &w->part[PART_POOL];

	for (uint32_t no = 0; no < w->in->n_notes; no++)
		for (size_t i = 0; i < w->in->notes[no].n_when; i++) {
			const struct note_condition *c = &w->in->notes[no].when[i];
			struct layout_condition rec = { .note = no, .kind = c->kind, .path = put_quoted(pool, c->path) };

			rec.pattern = put_quoted(pool, c->pattern);
			buf_put(&w->part[PART_CONDITIONS], &rec, sizeof(rec));
		}
}

static void
pad(struct lof_buf *out, size_t from)
{
	static const char zero[8];

	buf_put(out, zero, (8 - (out->n - from) % 8) % 8);
}

static enum lof_rc
assemble(struct writer *w, struct lof_str label, struct lof_buf *out, struct lof_err *e)
{
	struct layout_header h = { .version = LAYOUT_VERSION, .sections = PARTS, .size = sizeof(h) };
	size_t from = out->n;

	memcpy(h.magic, LAYOUT_MAGIC, sizeof(h.magic));
	if (label.n)
		memcpy(h.label, label.p, label.n);
	for (int i = 0; i < PARTS; i++) {
		h.part[i] = (struct layout_section){ (uint32_t)h.size,
		    (uint32_t)(w->part[i].n / layout_item[i]), layout_item[i], w->seed[i] };
		h.size += (w->part[i].n + 7) / 8 * 8;
		if (w->part[i].n > UINT32_MAX || h.size > UINT32_MAX)
			return lof_err_set(e, LOF_E_INDEX, "the index would be larger than 4 GiB", LOF_LIT(""));
	}
	buf_put(out, &h, sizeof(h));
	for (int i = 0; i < PARTS; i++) {
		buf_put(out, w->part[i].p, w->part[i].n);
		pad(out, from);
	}
	h.checksum = lof_checksum(out->p + from + LAYOUT_CHECKED_FROM, out->n - from - LAYOUT_CHECKED_FROM);
	memcpy(out->p + from + offsetof(struct layout_header, checksum), &h.checksum, sizeof(h.checksum));
	return LOF_OK;
}

static void
count(const struct writer *w, struct build_stats *st)
{
	*st = (struct build_stats){ .notes = w->in->n_notes, .rules = w->in->n_rules, .words = lex_count(&w->words) };
	st->techniques = w->part[PART_TECHNIQUES].n / sizeof(struct layout_technique);
	for (size_t i = 0; i < w->in->n_notes; i++)
		st->placeholders += w->in->notes[i].placeholder;
}

enum lof_rc
write_index(const struct write_in *in, struct lof_buf *out, struct build_stats *st, struct lof_err *e)
{
	struct writer w = { .in = in };
	struct lof_buf *part = w.part, *pool = &part[PART_POOL];
	enum lof_rc rc = LOF_OK;

	w.keys.arena = w.words.arena = w.pieces.arena = w.texts.arena = &w.arena;
	add_all(&w);
	put_pieces(&w);
	put_rule_notes(&w);
	put_technique_table(&w);
	buf_str(&part[PART_ATTACK], in->attack);
	if (lex_layout(&w.keys, 0, 0, &part[PART_KEYS], &part[PART_KEY_TABLE], &w.seed[PART_KEY_TABLE],
	        &part[PART_POSTINGS], pool) != 0 ||
	    lex_layout(&w.words, in->n_notes, in->n_notes + in->n_rules, &part[PART_WORDS], &part[PART_WORD_TABLE],
	        &w.seed[PART_WORD_TABLE], &part[PART_POSTINGS], pool) != 0)
		rc = lof_err_set(e, LOF_E_INDEX, "more than 16 keys or words with one hash", LOF_LIT(""));
	put_conditions(&w);
	if (!rc)
		rc = assemble(&w, in->label, out, e);
	if (!rc && st)
		count(&w, st);
	for (int i = 0; i < PARTS; i++)
		buf_free(&w.part[i]);
	buf_free(&w.notes_of);
	buf_free(&w.rules_of);
	lex_free(&w.keys);
	lex_free(&w.words);
	lex_free(&w.texts);
	lex_free(&w.pieces);
	arena_free(&w.arena);
	return rc;
}
