// Is it an index, and does it keep its promises? Everything that look-ups rely on is checked here, once: they have no
// error path. Bounds are checked by subtraction; spans lie end to end, so the whole costs one pass (notes/layout.h).
#include "notes/reader.h"
#include "notes/text.h"
#include "notes/words.h"

#include <stdio.h>

// How far the spans have come that are laid end to end.
struct cursor {
	uint32_t pool, postings, note_techniques;
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

static bool
fragments_are_json(const struct index *ix, const struct layout_note *n)
{
	struct lof_str head = reader_text(ix, n->head), tail = reader_text(ix, n->tail), rest = reader_text(ix, n->rest);

	if (n->id_n > rest.n || n->before_n > rest.n - n->id_n || n->check_n > tail.n)
		return false;
	return text_is_head(head) && text_is_tail(tail) && text_is_members(LOF_STR(tail.p, n->check_n)) &&
	    text_is_plain(LOF_STR(rest.p, n->id_n)) && text_is_members(LOF_STR(rest.p + n->id_n, n->before_n)) &&
	    text_is_members(LOF_STR(rest.p + n->id_n + n->before_n, rest.n - n->id_n - n->before_n));
}

static const char *
check_notes(const struct index *ix, struct cursor *c)
{
	const uint32_t known = NOTE_PLACEHOLDER | NOTE_DEPRECATED, pool = ix->count[PART_POOL];

	for (uint32_t i = 0; i < ix->count[PART_NOTES]; i++) {
		const struct layout_note *n = &reader_notes(ix)[i];

		if (!take(n->head, &c->pool, pool) || !take(n->tail, &c->pool, pool) ||
		    !take(n->rest, &c->pool, pool) ||
		    !take(n->techniques, &c->note_techniques, ix->count[PART_NOTE_TECHNIQUES]))
			return "damaged index: a note lies outside";
		if (!fragments_are_json(ix, n))
			return "damaged index: a note is not JSON";
		if ((n->flags & ~known) || n->platforms >> 13)
			return "damaged index: a note has unknown flags";
	}
	return NULL;
}

static bool
is_technique(attack_id id)
{
	uint32_t number = id & ~ATTACK_ATLAS;

	return number >= 1000 && number <= 9999999;
}

static const char *
check_note_techniques(const struct index *ix)
{
	for (uint32_t i = 0; i < ix->count[PART_NOTES]; i++) {
		struct index_note n = index_note(ix, i);

		for (size_t k = 0; k < n.n_techniques; k++)
			if (!is_technique(n.techniques[k]) || (k && n.techniques[k] <= n.techniques[k - 1]))
				return "damaged index: a note's techniques";
	}
	return NULL;
}

static bool
posting_is_sound(const struct index *ix, struct layout_span s, struct cursor *c)
{
	struct posting p;
	uint32_t unsorted = 0;

	if (s.n == 0 || !take(s, &c->postings, ix->count[PART_POSTINGS]))
		return false;
	p = reader_posting(ix, s);
	for (size_t i = 1; i < p.n; i++)
		unsorted |= p.v[i] <= p.v[i - 1];
	return !unsorted && p.v[p.n - 1] < ix->count[PART_NOTES];
}

static const char *
check_techniques(const struct index *ix, struct cursor *c)
{
	for (uint32_t i = 0; i < ix->count[PART_TECHNIQUES]; i++) {
		const struct layout_technique *t = &reader_techniques(ix)[i];

		if (!is_technique(t->id) || (i && t->id <= t[-1].id) || !posting_is_sound(ix, t->posting, c))
			return "damaged index: the technique table";
	}
	return NULL;
}

// Every text finds itself through the table, and the table holds nothing else.
static const char *
check_lexis(const struct index *ix, const struct lexis *l, bool is_words, struct cursor *c)
{
	size_t slots = ((size_t)1 << l->bits) + LAYOUT_PROBE - 1, used = 0;

	for (size_t i = 0; i < slots; i++) {
		if (l->slot[i].number > l->n || (l->slot[i].number == 0 && l->slot[i].tag != 0))
			return "damaged index: a hash table";
		used += l->slot[i].number != 0;
	}
	if (used != l->n)
		return "damaged index: a hash table";
	for (uint32_t i = 0; i < l->n; i++) {
		const struct layout_text *t = &l->text[i];

		if (t->text.n == 0 || !take(t->text, &c->pool, ix->count[PART_POOL]) ||
		    !posting_is_sound(ix, t->posting, c) || t->idf > 64u << 16)
			return "damaged index: a key or word";
	}
	for (uint32_t i = 0; i < l->n; i++) {
		struct lof_str text = reader_text(ix, l->text[i].text);

		if (is_words && !text_is_plain(text))
			return "damaged index: a word is not plain text";
		if (reader_find(ix, l, is_words ? word_hash(text) : lof_hash(0, text), text) != i)
			return "damaged index: a key or word cannot be found";
	}
	return NULL;
}

static const char *
check_contents(const struct index *ix)
{
	struct cursor c = { 0, 0, 0 };
	const char *wrong = check_notes(ix, &c);

	wrong = wrong ? wrong : check_note_techniques(ix);
	wrong = wrong ? wrong : check_techniques(ix, &c);
	wrong = wrong ? wrong : check_lexis(ix, &ix->keys, false, &c);
	wrong = wrong ? wrong : check_lexis(ix, &ix->words, true, &c);
	if (!wrong && (c.pool != ix->count[PART_POOL] || c.postings != ix->count[PART_POSTINGS] ||
	                  c.note_techniques != ix->count[PART_NOTE_TECHNIQUES]))
		wrong = "damaged index: bytes that belong to nothing";
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

	if (ix->count[part + 1] < 2 * LAYOUT_PROBE - 1 || (homes & (homes - 1)) != 0)
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
check_header(const struct index *ix, const struct layout_header *h)
{
	struct lof_str label = { h->label, strnlen(h->label, LAYOUT_LABEL) };

	if (h->version != LAYOUT_VERSION)
		return "an index of another format version: make it anew with this lofpipe";
	if (h->size != ix->own.n)
		return h->size > ix->own.n ? "cut index: it should be longer" : "damaged index: bytes behind its end";
	if (lof_checksum(ix->own.p + LAYOUT_CHECKED_FROM, ix->own.n - LAYOUT_CHECKED_FROM) != h->checksum)
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
verify_index(struct index *ix)
{
	struct layout_header h;
	const char *wrong;

	if (ix->own.n < sizeof(h.magic) || memcmp(ix->own.p, LAYOUT_MAGIC, sizeof(h.magic)) != 0)
		return "not an index";
	if (ix->own.n < sizeof(h))
		return "cut index: it should be longer";
	memcpy(&h, ix->own.p, sizeof(h));
	wrong = check_header(ix, &h);
	wrong = wrong ? wrong : check_sections(ix, &h);
	if (wrong)
		return wrong;
	if (!set_lexis(ix, &h, PART_KEYS, &ix->keys) || !set_lexis(ix, &h, PART_WORDS, &ix->words))
		return "damaged index: a hash table";
	ix->version_n = (size_t)snprintf(ix->version, sizeof(ix->version), "%s%s%08x", h.label, h.label[0] ? "+" : "",
	    (unsigned)(h.checksum >> 32));
	return check_contents(ix);
}
