#include "notes/write.h"

#include "notes/index.h"
#include "notes/layout.h"
#include "notes/lexicon.h"
#include "notes/text.h"
#include "notes/words.h"

#include <stdlib.h>

struct writer {
	struct lof_arena arena;
	struct lof_buf part[PARTS];
	uint32_t seed[PARTS];
	struct lexicon keys, words;
	struct lof_buf tagged; // uint64: canonical technique << 32 | note
	uint32_t note;         // the one at hand
	uint32_t note_words;
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

static void
put_techniques(struct lof_buf *b, const attack_id *v, size_t n)
{
	struct lof_str text[1];
	char id[ATTACK_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		text[0] = LOF_STR(id, attack_text(v[i], id));
		if (i == 0) {
			put_list(b, "techniques", text, 1);
			b->n--; // its ']'
			continue;
		}
		buf_lit(b, ",\"");
		buf_str(b, text[0]);
		buf_char(b, '"');
	}
	if (n)
		buf_char(b, ']');
}

static void
put_rules(struct lof_buf *b, const struct note_rule *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at;

		buf_str(b, i ? LOF_LIT(",") : LOF_LIT(",\"rules\":["));
		at = b->n;
		put_member(b, "id", r[i].id);
		put_member(b, "name", r[i].name);
		put_member(b, "url", r[i].url);
		b->p[at] = '{'; // over the first member's comma
		buf_char(b, '}');
	}
	if (n)
		buf_char(b, ']');
}

static struct layout_span
span_from(const struct lof_buf *pool, size_t at)
{
	return (struct layout_span){ (uint32_t)at, (uint32_t)(pool->n - at) };
}

static void
put_fragments(struct lof_buf *b, const struct note *n, struct layout_note *rec)
{
	const struct note_rule none = { .id = { 0 } }, *rule = n->n_rules ? &n->rules[0] : &none;
	size_t at = b->n;

	buf_lit(b, "{\"text\":\"");
	text_escape(b, n->text);
	buf_char(b, '"');
	rec->head = span_from(b, at);

	at = b->n;
	put_member(b, "check", n->check);
	rec->check_n = (uint32_t)(b->n - at);
	put_member(b, "source", n->source);
	put_member(b, "rule", rule->name);
	put_member(b, "rule_id", rule->id);
	put_member(b, "author", n->author);
	put_member(b, "url", rule->url.n ? rule->url : n->url);
	put_member(b, "license", n->license);
	buf_char(b, '}');
	rec->tail = span_from(b, at);

	// The members of the source line that are neither in the head nor first in the tail (index_note_source).
	at = b->n;
	buf_str(b, n->id);
	rec->id_n = (uint32_t)n->id.n;
	put_techniques(b, n->techniques, n->n_techniques);
	put_list(b, "tags", n->tags.v, n->tags.n);
	put_list(b, "platforms", n->platforms.v, n->platforms.n);
	put_list(b, "terms", n->terms.v, n->terms.n);
	rec->before_n = (uint32_t)(b->n - at) - rec->id_n;
	put_rules(b, n->rules, n->n_rules);
	put_member(b, "source", n->source);
	put_member(b, "url", n->url);
	put_member(b, "author", n->author);
	put_member(b, "license", n->license);
	if (n->placeholder)
		buf_lit(b, ",\"placeholder\":true");
	rec->rest = span_from(b, at);
}

// --- what a note is found by -------------------------------------------------------------------------------------

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
add_techniques(struct writer *w, const struct note *n, struct layout_note *rec)
{
	struct lof_buf *out = &w->part[PART_NOTE_TECHNIQUES];
	uint64_t *pair = arena_array(&w->arena, n->n_techniques + 1, sizeof(*pair));

	rec->techniques.off = (uint32_t)(out->n / sizeof(attack_id));
	for (size_t i = 0; i < n->n_techniques; i++)
		pair[i] = (uint64_t)attack_canonical(n->techniques[i]) << 32 | w->note;
	qsort(pair, n->n_techniques, sizeof(*pair), by_value);
	for (size_t i = 0; i < n->n_techniques; i++) {
		attack_id id = (attack_id)(pair[i] >> 32);

		if (i && pair[i] == pair[i - 1])
			continue;
		buf_put(out, &id, sizeof(id));
		buf_put(&w->tagged, &pair[i], sizeof(pair[i]));
		rec->techniques.n++;
	}
}

static void
add_key(struct writer *w, enum key_kind kind, struct lof_str key)
{
	char text[1 + KEY_TEXT_MAX];
	size_t n = index_normal_key(kind, key, text + 1, KEY_TEXT_MAX);
	struct lof_str s = { text, 1 + n };

	if (n == 0)
		return;
	text[0] = layout_kind[kind];
	lex_add(&w->keys, s, lof_hash(0, s), w->note);
}

static void
add_word(void *arg, struct lof_str word, uint64_t hash)
{
	struct writer *w = arg;

	if (text_is_plain(word))
		w->note_words += (uint32_t)lex_add(&w->words, word, hash, w->note);
}

static uint32_t
flags_of(const struct note *n)
{
	uint32_t flags = n->placeholder ? NOTE_PLACEHOLDER : 0;
	char text[KEY_TEXT_MAX];

	for (size_t i = 0; i < n->tags.n; i++) {
		size_t len = index_normal_key(KEY_TAG, n->tags.v[i], text, sizeof(text));
		if (lof_str_eq(LOF_STR(text, len), LOF_LIT("deprecated")))
			flags |= NOTE_DEPRECATED;
	}
	return flags;
}

static void
add_note(struct writer *w, const struct note *n)
{
	struct layout_note rec = { .flags = flags_of(n) };

	put_fragments(&w->part[PART_POOL], n, &rec);
	add_techniques(w, n, &rec);
	for (size_t i = 0; i < n->platforms.n; i++)
		rec.platforms |= platform_of(n->platforms.v[i]);
	for (size_t i = 0; i < n->tags.n; i++)
		add_key(w, KEY_TAG, n->tags.v[i]);
	for (size_t i = 0; i < n->n_rules; i++) {
		add_key(w, KEY_RULE_ID, n->rules[i].id);
		add_key(w, KEY_RULE_NAME, n->rules[i].name);
	}
	w->note_words = 0;
	if (!n->placeholder) {
		words_each(n->text, NULL, add_word, w);
		for (size_t i = 0; i < n->terms.n; i++)
			words_each(n->terms.v[i], NULL, add_word, w);
	}
	rec.words = w->note_words;
	buf_put(&w->part[PART_NOTES], &rec, sizeof(rec));
	w->note++;
}

// --- the file ----------------------------------------------------------------------------------------------------

// Technique records and their postings, from the pairs.
static void
put_technique_table(struct writer *w)
{
	size_t n = w->tagged.n / sizeof(uint64_t);
	uint64_t *pair = (void *)w->tagged.p;
	struct lof_buf *postings = &w->part[PART_POSTINGS];

	if (n)
		qsort(pair, n, sizeof(*pair), by_value);
	for (size_t i = 0; i < n;) {
		struct layout_technique t = { .id = (uint32_t)(pair[i] >> 32) };

		t.posting.off = (uint32_t)(postings->n / sizeof(uint32_t));
		for (; i < n && pair[i] >> 32 == t.id; i++) {
			uint32_t note = (uint32_t)pair[i];
			buf_put(postings, &note, sizeof(note));
			t.posting.n++;
		}
		buf_put(&w->part[PART_TECHNIQUES], &t, sizeof(t));
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
count(const struct writer *w, const struct note *notes, size_t n, struct build_stats *st)
{
	*st = (struct build_stats){ .notes = n, .words = lex_count(&w->words) };
	st->techniques = w->part[PART_TECHNIQUES].n / sizeof(struct layout_technique);
	for (size_t i = 0; i < n; i++)
		st->placeholders += notes[i].placeholder;
	for (size_t i = 0; i < lex_count(&w->keys); i++) {
		const struct lex_entry *key = (const void *)(w->keys.entries.p + i * sizeof(*key));
		st->rules += key->text.p[0] == layout_kind[KEY_RULE_ID];
	}
}

enum lof_rc
write_index(const struct note *notes, size_t n, struct lof_str label, struct lof_buf *out, struct build_stats *st,
    struct lof_err *e)
{
	struct writer w = { .note = 0 };
	struct lof_buf *part = w.part, *pool = &part[PART_POOL];
	enum lof_rc rc = LOF_OK;

	w.keys.arena = w.words.arena = &w.arena;
	for (size_t i = 0; i < n; i++)
		add_note(&w, &notes[i]);
	put_technique_table(&w);
	if (lex_layout(&w.keys, 0, &part[PART_KEYS], &part[PART_KEY_TABLE], &w.seed[PART_KEY_TABLE],
	        &part[PART_POSTINGS], pool) != 0 ||
	    lex_layout(&w.words, n, &part[PART_WORDS], &part[PART_WORD_TABLE], &w.seed[PART_WORD_TABLE],
	        &part[PART_POSTINGS], pool) != 0)
		rc = lof_err_set(e, LOF_E_INDEX, "more than 8 keys or words with one hash", LOF_LIT(""));
	if (!rc)
		rc = assemble(&w, label, out, e);
	if (!rc && st)
		count(&w, notes, n, st);
	for (int i = 0; i < PARTS; i++)
		buf_free(&w.part[i]);
	buf_free(&w.tagged);
	lex_free(&w.keys);
	lex_free(&w.words);
	arena_free(&w.arena);
	return rc;
}
