// Is it an index, and does it keep its promises? Everything that look-ups rely on is checked here, once: they have no
// error path. Bounds are checked by subtraction; spans lie end to end, so the whole costs one pass (notes/layout.h).
#include "notes/note.h"
#include "notes/reader.h"
#include "notes/text.h"
#include "notes/words.h"

#include <stdio.h>
#include <stdlib.h>

// How far the spans have come that are laid end to end; and how often the first number of a list in the postings is not
// above the last one of the list before.
struct cursor {
	uint32_t pool, postings, ids, note_rules, breaks;
};

// The span begins where the last one ended and ends within `limit` (which *at never exceeds).
static bool
take(struct layout_span s, uint32_t *at, uint32_t limit)
{
	if (s.off != *at || s.n > limit - *at)
		return false;
	*at += s.n;
	return true;
}

// Nothing, or the one member of that name, a string.
static bool
is_member(const char *p, size_t n, struct lof_str name)
{
	return n == 0 || (n > name.n && memcmp(p, name.p, name.n) == 0 &&
	    text_string_end(p + name.n, n - name.n) == n - name.n - 1);
}

// ,"url":" and text that needs no escapes, the quote at its end still to come.
static bool
is_open_url(struct lof_str s)
{
	static const struct lof_str head = { ",\"url\":\"", 8 };

	return s.n >= head.n && memcmp(s.p, head.p, head.n) == 0 && text_is_plain(LOF_STR(s.p + head.n, s.n - head.n));
}

// What a piece may stand for, in bits: pieces are looked at once, however many rules share them.
enum { PIECE_MEMBERS = 1, PIECE_END = 2, PIECE_URL = 4 };

static uint8_t
piece_kinds(struct lof_str s)
{
	return (uint8_t)((text_is_members(s) ? PIECE_MEMBERS : 0) | (text_is_tail(s) ? PIECE_END : 0) |
	    (is_open_url(s) ? PIECE_URL : 0));
}

static bool
piece_is(const struct index *ix, const uint8_t *kinds, uint32_t no, unsigned kind)
{
	return no == NO_PIECE ? kind == PIECE_MEMBERS : no <= ix->count[PART_PIECES] && (kinds[no] & kind);
}

static bool
rule_is_json(const struct index *ix, const uint8_t *kinds, const struct layout_rule *r)
{
	struct lof_str named = reader_text(ix, r->named), file = reader_text(ix, r->file);

	if (r->name_n > named.n || !is_member(named.p, r->name_n, LOF_LIT(",\"rule\":\"")) ||
	    !is_member(named.p + r->name_n, named.n - r->name_n, LOF_LIT(",\"rule_id\":\"")))
		return false;
	if (r->folder == NO_PIECE ? !is_member(file.p, file.n, LOF_LIT(",\"url\":\"")) :
	    !piece_is(ix, kinds, r->folder, PIECE_URL) || file.n == 0 || text_string_end(file.p, file.n) != file.n - 1)
		return false;
	return piece_is(ix, kinds, r->source, PIECE_MEMBERS) && piece_is(ix, kinds, r->author, PIECE_MEMBERS) &&
	    piece_is(ix, kinds, r->rest, PIECE_MEMBERS) && piece_is(ix, kinds, r->end, PIECE_END);
}

static bool
is_technique(attack_id id)
{
	uint32_t number = id & ~ATTACK_ATLAS;

	return number >= 1000 && number <= 9999999;
}

static bool
ids_are_sound(const struct index *ix, struct layout_span s, struct cursor *c)
{
	if (!take(s, &c->ids, ix->count[PART_IDS]))
		return false;
	const attack_id *id = reader_ids(ix, s);
	for (size_t k = 0; k < s.n; k++)
		if (!is_technique(id[k]) || (k && id[k] <= id[k - 1]))
			return false;
	return true;
}

// Strictly ascending numbers below `limit`.
static bool
is_ascending(struct posting p, uint64_t limit)
{
	uint32_t unsorted = 0;

	for (size_t i = 1; i < p.n; i++)
		unsorted |= p.v[i] <= p.v[i - 1];
	return !unsorted && (p.n == 0 || p.v[p.n - 1] < limit);
}

static bool
note_is_json(const struct index *ix, const uint8_t *kinds, uint32_t no)
{
	struct index_note n = index_note(ix, no);

	return text_is_head(n.head) && is_member(n.check.p, n.check.n, LOF_LIT(",\"check\":\"")) &&
	    is_member(n.owner.p, n.owner.n, LOF_LIT(",\"owner\":\"")) && text_is_plain(n.id) &&
	    text_is_members(n.tags) && piece_is(ix, kinds, reader_notes(ix)[no].own, PIECE_END);
}

static const char *
check_notes(const struct index *ix, const uint8_t *kinds, struct cursor *c)
{
	const uint32_t known = NOTE_PLACEHOLDER | NOTE_DEPRECATED | NOTE_SITE | NOTE_TERMS | 7u << NOTE_USUAL_SHIFT;

	for (uint32_t i = 0; i < ix->count[PART_NOTES]; i++) {
		const struct layout_note *n = &reader_notes(ix)[i];

		if (!ids_are_sound(ix, n->ids, c))
			return "damaged index: a note's techniques";
		if (!take(n->rules, &c->note_rules, ix->count[PART_NOTE_RULES]) ||
		    !is_ascending(reader_note_rules(ix, n->rules), ix->count[PART_RULES]))
			return "damaged index: a note's rules";
		if (n->own > ix->count[PART_PIECES] || !note_is_json(ix, kinds, i))
			return "damaged index: a note is not JSON";
		if ((n->flags & ~known) || note_usual(n->flags) > USUAL_MAX || (n->platforms | n->own_platforms) & ~(uint32_t)PLATFORM_ALL)
			return "damaged index: a note has unknown flags";
	}
	return NULL;
}

// But for what check_order tells of all lists.
static bool
posting_is_sound(const struct index *ix, struct layout_span s, uint64_t limit, struct cursor *c)
{
	if (!take(s, &c->postings, ix->count[PART_POSTINGS]))
		return false;
	const uint32_t *v = reader_posting(ix, s).v;
	c->breaks += s.n && s.off && v[0] <= v[-1];
	return s.n == 0 || v[s.n - 1] < limit;
}

static const char *
check_rules(const struct index *ix, const uint8_t *kinds, struct cursor *c)
{
	for (uint32_t i = 0; i < ix->count[PART_RULES]; i++) {
		const struct layout_rule *r = &reader_rules(ix)[i];

		if (!ids_are_sound(ix, r->ids, c))
			return "damaged index: a rule's techniques";
		if (!posting_is_sound(ix, r->notes, ix->count[PART_NOTES], c))
			return "damaged index: a rule's notes";
		if (!rule_is_json(ix, kinds, r))
			return "damaged index: a rule is not JSON";
		if ((r->flags & ~(uint32_t)RULE_DEPRECATED) || r->platforms & ~(uint32_t)PLATFORM_ALL)
			return "damaged index: a rule has unknown flags";
	}
	return NULL;
}

// Where the texts of notes, rules and pieces stand in the pool.
static bool
texts_lie_inside(const struct index *ix, struct cursor *c)
{
	const struct layout_span *piece = (const void *)ix->part[PART_PIECES];
	const uint32_t pool = ix->count[PART_POOL];

	for (uint32_t i = 0; i < ix->count[PART_NOTES]; i++) {
		const struct layout_note *n = &reader_notes(ix)[i];
		uint64_t all = (uint64_t)n->head_n + n->check_n + n->owner_n + n->id_n + n->tags_n;

		if (all > UINT32_MAX || !take((struct layout_span){ n->at, (uint32_t)all }, &c->pool, pool))
			return false;
	}
	for (uint32_t i = 0; i < ix->count[PART_RULES]; i++)
		if (!take(reader_rules(ix)[i].named, &c->pool, pool) || !take(reader_rules(ix)[i].file, &c->pool, pool))
			return false;
	for (uint32_t i = 0; i < ix->count[PART_PIECES]; i++)
		if (!take(piece[i], &c->pool, pool))
			return false;
	return true;
}

static const char *
check_notes_and_rules(const struct index *ix, struct cursor *c)
{
	const struct layout_span *piece = (const void *)ix->part[PART_PIECES];
	uint8_t *kinds;
	const char *wrong;

	if (!texts_lie_inside(ix, c))
		return "damaged index: a text lies outside";
	kinds = malloc((size_t)ix->count[PART_PIECES] + 1);
	if (!kinds)
		lof_no_memory();
	for (uint32_t i = 0; i < ix->count[PART_PIECES]; i++)
		kinds[i + 1] = piece_kinds(reader_text(ix, piece[i]));
	wrong = check_notes(ix, kinds, c);
	wrong = wrong ? wrong : check_rules(ix, kinds, c);
	free(kinds);
	return wrong;
}

static const char *
check_techniques(const struct index *ix, struct cursor *c)
{
	for (uint32_t i = 0; i < ix->count[PART_TECHNIQUES]; i++) {
		const struct layout_technique *t = &reader_techniques(ix)[i];

		if (!is_technique(t->id) || (i && t->id <= t[-1].id) || !posting_is_sound(ix, t->notes, ix->count[PART_NOTES], c) ||
		    !posting_is_sound(ix, t->rules, ix->count[PART_RULES], c))
			return "damaged index: the technique table";
	}
	return NULL;
}

// The numbers in a key's or word's list are below this.
static uint64_t
limit_of(const struct index *ix, bool is_words, const struct layout_text *t)
{
	if (is_words)
		return ((uint64_t)ix->count[PART_NOTES] + ix->count[PART_RULES]) << POST_BITS;
	return *reader_text(ix, t->text).p == layout_kind[KEY_TAG] ? ix->count[PART_NOTES] : ix->count[PART_RULES];
}

// The table holds each number once at most and nothing out of range. That every text is found through it is not looked
// at: what is not found harms nobody, and to look for each would be half of the time that opening takes.
static const char *
check_lexis(const struct index *ix, const struct lexis *l, bool is_words, struct cursor *c)
{
	size_t slots = ((size_t)1 << l->bits) + LAYOUT_PROBE - 1, used = 0;
	const uint32_t from = c->pool;
	int wild = 0;

	for (size_t i = 0; i < slots; i++) { // without a branch: taken or not follows no pattern
		uint32_t number = l->slot[i].number;
		wild |= (number > l->n) | ((number == 0) & (l->slot[i].tag != 0));
		used += number != 0;
	}
	if (wild || used != l->n)
		return "damaged index: a hash table";
	for (uint32_t i = 0; i < l->n; i++) {
		const struct layout_text *t = &l->text[i];

		if (t->text.n == 0 || !take(t->text, &c->pool, ix->count[PART_POOL]) || t->posting.n == 0 ||
		    !posting_is_sound(ix, t->posting, limit_of(ix, is_words, t), c) || (t->idf & ~LAYOUT_IS_TERM) > 64u << 16)
			return "damaged index: a key or word";
		// No word begins inside a character, so if all of them together are plain, each is.
		if (((unsigned char)*reader_text(ix, t->text).p & 0xc0) == 0x80)
			return "damaged index: a key or word";
	}
	if (is_words && !text_is_plain(LOF_STR(ix->part[PART_POOL] + from, c->pool - from)))
		return "damaged index: a word is not plain text";
	return NULL;
}

static bool
is_quoted(struct lof_str s)
{
	return s.n && text_string_end(s.p, s.n) == s.n - 1;
}

static const char *
check_conditions(const struct index *ix, struct cursor *c)
{
	for (uint32_t i = 0; i < ix->count[PART_CONDITIONS]; i++) {
		const struct layout_condition *x = &reader_conditions(ix)[i];

		if (x->note >= ix->count[PART_NOTES] || (i && x->note < x[-1].note) || x->kind >= CONDITION_KINDS ||
		    !(reader_notes(ix)[x->note].flags & NOTE_SITE) || !take(x->path, &c->pool, ix->count[PART_POOL]) ||
		    !take(x->pattern, &c->pool, ix->count[PART_POOL]) || !is_quoted(reader_text(ix, x->path)) ||
		    !is_quoted(reader_text(ix, x->pattern)))
			return "damaged index: a condition";
	}
	return NULL;
}

// Every list in the postings ascends: no number is less or equal to the one before it but where a list begins. All at
// once, for lists are short, and to find the end of each would be guessed wrong.
static bool
check_order(const struct index *ix, uint32_t breaks)
{
	const uint32_t *v = (const void *)ix->part[PART_POSTINGS];
	uint32_t found = 0;

	for (uint32_t i = 1; i < ix->count[PART_POSTINGS]; i++)
		found += v[i] <= v[i - 1];
	return found == breaks;
}

static const char *
check_contents(const struct index *ix)
{
	struct cursor c = { 0 };
	const char *wrong = check_notes_and_rules(ix, &c);

	wrong = wrong ? wrong : check_techniques(ix, &c);
	wrong = wrong ? wrong : check_lexis(ix, &ix->keys, false, &c);
	wrong = wrong ? wrong : check_lexis(ix, &ix->words, true, &c);
	wrong = wrong ? wrong : check_conditions(ix, &c);
	if (!wrong && (c.pool != ix->count[PART_POOL] || c.postings != ix->count[PART_POSTINGS] ||
	                  c.ids != ix->count[PART_IDS] || c.note_rules != ix->count[PART_NOTE_RULES]))
		wrong = "damaged index: bytes that belong to nothing";
	if (!wrong && !check_order(ix, c.breaks))
		wrong = "damaged index: a list of numbers is out of order";
	return wrong;
}

// Sections in order, each at the next multiple of 8, zeros between, the last one reaching the end.
static const char *
check_sections(struct index *ix, const struct layout_header *h)
{
	static const char zero[8];
	uint64_t at = sizeof(*h);

	for (int i = 0; i < PARTS; i++) {
		const struct layout_section *s = &h->part[i];
		uint64_t bytes = (uint64_t)s->count * layout_item[i], gap = -bytes & 7;

		if (s->offset != at || s->item != layout_item[i] || bytes > h->size - at || gap > h->size - at - bytes)
			return "damaged index: the section table";
		if (s->seed != 0 && i != PART_KEY_TABLE && i != PART_WORD_TABLE)
			return "damaged index: the section table";
		ix->part[i] = ix->own.p + at;
		ix->count[i] = s->count;
		if (memcmp(ix->part[i] + bytes, zero, gap) != 0)
			return "damaged index: bytes between sections";
		at += bytes + gap;
	}
	return at == h->size ? NULL : "damaged index: bytes behind the last section";
}

static bool
set_lexis(const struct index *ix, const struct layout_header *h, int part, struct lexis *l)
{
	uint32_t homes = ix->count[part + 1] - (LAYOUT_PROBE - 1);

	if (ix->count[part + 1] < 8 + LAYOUT_PROBE - 1 || (homes & (homes - 1)) != 0)
		return false;
	*l = (struct lexis){
		.text = (const void *)ix->part[part],
		.slot = (const void *)ix->part[part + 1],
		.n = ix->count[part],
		.seed = h->part[part + 1].seed,
		.bits = (unsigned)__builtin_ctz(homes),
	};
	return true;
}

static const char *
check_header(const struct index *ix, const struct layout_header *h, bool whole)
{
	struct lof_str label = { h->label, strnlen(h->label, LAYOUT_LABEL) };

	if (h->version != LAYOUT_VERSION)
		return "an index of another format version: make it anew with this lofpipe";
	if (h->size != ix->own.n)
		return h->size > ix->own.n ? "cut index: it should be longer" : "damaged index: bytes behind its end";
	if (whole && lof_checksum(ix->own.p + LAYOUT_CHECKED_FROM, ix->own.n - LAYOUT_CHECKED_FROM) != h->checksum)
		return "damaged index: the checksum differs";
	if (h->sections != PARTS)
		return "damaged index: the section table";
	for (size_t i = 0; i < LAYOUT_LABEL; i++)
		if (i < label.n ? (unsigned char)(h->label[i] - 0x20) >= 0x5f || h->label[i] == '"' || h->label[i] == '\\'
		                : h->label[i] != 0)
			return "damaged index: the label";
	return label.n < LAYOUT_LABEL ? NULL : "damaged index: the label";
}

const char *
verify_index(struct index *ix, bool whole)
{
	struct layout_header h;
	const char *wrong;

	if (ix->own.n < sizeof(h.magic) || memcmp(ix->own.p, LAYOUT_MAGIC, sizeof(h.magic)) != 0)
		return "not an index";
	if (ix->own.n < sizeof(h))
		return "cut index: it should be longer";
	memcpy(&h, ix->own.p, sizeof(h));
	wrong = check_header(ix, &h, whole);
	wrong = wrong ? wrong : check_sections(ix, &h);
	if (wrong)
		return wrong;
	if (!set_lexis(ix, &h, PART_KEYS, &ix->keys) || !set_lexis(ix, &h, PART_WORDS, &ix->words))
		return "damaged index: a hash table";
	ix->version_n = (size_t)snprintf(ix->version, sizeof(ix->version), "%s%s%08x", h.label, h.label[0] ? "+" : "",
	    (unsigned)(h.checksum >> 32));
	return whole ? check_contents(ix) : NULL;
}
