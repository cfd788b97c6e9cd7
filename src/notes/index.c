#include "notes/index.h"

#include "base/io.h"
#include "notes/layout.h"
#include "notes/text.h"
#include "notes/words.h"

#include <stdlib.h>

// A lexicon as the reader sees it: keys or words.
struct lexis {
	const struct layout_text *text;
	const struct layout_slot *slot;
	uint32_t n;
	uint32_t seed;
	unsigned bits;
};

struct index {
	struct lof_buf own; // the file's bytes; everything below points into them
	const char *part[PARTS];
	uint32_t count[PARTS];
	struct lexis keys, words;
	char version[LAYOUT_LABEL + 10];
	size_t version_n;
};

// --- reading records ---------------------------------------------------------------------------------------------

static const struct layout_note *
notes(const struct index *ix)
{
	return (const void *)ix->part[PART_NOTES];
}

static const struct layout_technique *
techniques(const struct index *ix)
{
	return (const void *)ix->part[PART_TECHNIQUES];
}

static struct lof_str
pool_span(const struct index *ix, struct layout_span s)
{
	return LOF_STR(ix->part[PART_POOL] + s.off, s.n);
}

static struct posting
posting(const struct index *ix, struct layout_span s)
{
	const uint32_t *all = (const void *)ix->part[PART_POSTINGS];

	return (struct posting){ all + s.off, s.n };
}

// Number of the key or word, or UINT32_MAX. At most LAYOUT_PROBE neighbouring slots are read. Needs no more than that
// the slots' numbers are in range, so that the verification can use it too.
static uint32_t
lexis_find(const struct index *ix, const struct lexis *l, uint64_t hash, struct lof_str text)
{
	uint64_t h = layout_mix(hash, l->seed);
	const struct layout_slot *slot = l->slot + (h >> (64 - l->bits));

	for (int i = 0; i < LAYOUT_PROBE && slot[i].number; i++)
		if (slot[i].tag == (uint32_t)h &&
		    lof_str_eq(pool_span(ix, l->text[slot[i].number - 1].text), text))
			return slot[i].number - 1;
	return UINT32_MAX;
}

// --- verifying ---------------------------------------------------------------------------------------------------

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
	struct lof_str head = pool_span(ix, n->head), tail = pool_span(ix, n->tail), rest = pool_span(ix, n->rest);

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
		const struct layout_note *n = &notes(ix)[i];

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
	p = posting(ix, s);
	for (size_t i = 1; i < p.n; i++)
		unsorted |= p.v[i] <= p.v[i - 1];
	return !unsorted && p.v[p.n - 1] < ix->count[PART_NOTES];
}

static const char *
check_techniques(const struct index *ix, struct cursor *c)
{
	for (uint32_t i = 0; i < ix->count[PART_TECHNIQUES]; i++) {
		const struct layout_technique *t = &techniques(ix)[i];

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
		struct lof_str text = pool_span(ix, l->text[i].text);

		if (is_words && !text_is_plain(text))
			return "damaged index: a word is not plain text";
		if (lexis_find(ix, l, is_words ? word_hash(text) : lof_hash(0, text), text) != i)
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

static const char *
check_all(struct index *ix)
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

// --- opening -----------------------------------------------------------------------------------------------------

// Takes the buffer over, whatever comes of it.
static enum lof_rc
adopt(struct index **out, struct lof_buf own, const char *name, struct lof_err *e)
{
	struct index *ix = calloc(1, sizeof(*ix));
	const char *wrong;

	*out = NULL;
	if (!ix)
		lof_no_memory();
	ix->own = own;
	wrong = check_all(ix);
	if (wrong) {
		index_free(ix);
		return lof_err_at(e, LOF_E_INDEX, name, 0, 0, wrong, LOF_LIT(""));
	}
	*out = ix;
	return LOF_OK;
}

enum lof_rc
index_load(struct index **out, struct lof_str bytes, const char *name, struct lof_err *e)
{
	// Exactly as large as the bytes, so that a memory checker sees the first read behind them.
	struct lof_buf own = { malloc(bytes.n ? bytes.n : 1), bytes.n, bytes.n };

	if (!own.p)
		lof_no_memory();
	if (bytes.n)
		memcpy(own.p, bytes.p, bytes.n);
	return adopt(out, own, name, e);
}

enum lof_rc
index_open(struct index **out, const char *path, struct lof_err *e)
{
	struct lof_buf own = { .n = 0 };
	enum lof_rc rc = io_slurp(path, &own, e);

	*out = NULL;
	if (rc) {
		buf_free(&own);
		return rc;
	}
	return adopt(out, own, path, e);
}

void
index_free(struct index *ix)
{
	if (!ix)
		return;
	buf_free(&ix->own);
	free(ix);
}

extern const char lof_embedded_index[], lof_embedded_index_end[];

struct lof_str
index_embedded(void)
{
	return LOF_STR(lof_embedded_index, (size_t)(lof_embedded_index_end - lof_embedded_index));
}

struct lof_str
index_version(const struct index *ix)
{
	return LOF_STR(ix->version, ix->version_n);
}

// --- looking up --------------------------------------------------------------------------------------------------

// The first technique record whose id is not less than `id`.
static uint32_t
technique_from(const struct index *ix, attack_id id)
{
	uint32_t lo = 0, hi = ix->count[PART_TECHNIQUES];

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (techniques(ix)[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

// Techniques take the slot numbers behind the keys'.
static int
find_technique(const struct index *ix, attack_id id, struct posting *out, uint32_t *slot)
{
	uint32_t at = technique_from(ix, id);

	*out = (struct posting){ NULL, 0 };
	if (id == 0 || at == ix->count[PART_TECHNIQUES] || techniques(ix)[at].id != id)
		return 0;
	*out = posting(ix, techniques(ix)[at].posting);
	if (slot)
		*slot = ix->keys.n + at;
	return 1;
}

int
index_find_technique(const struct index *ix, attack_id id, struct posting *out)
{
	return find_technique(ix, id, out, NULL);
}

int
index_find(const struct index *ix, enum key_kind kind, struct lof_str key, struct posting *out, uint32_t *slot)
{
	char text[1 + KEY_TEXT_MAX];
	struct lof_str s = { text, 0 };
	uint32_t no;

	if (kind == KEY_TECHNIQUE)
		return find_technique(ix, attack_parse(key), out, slot);
	*out = (struct posting){ NULL, 0 };
	text[0] = layout_kind[kind];
	s.n = 1 + index_normal_key(kind, key, text + 1, KEY_TEXT_MAX);
	if (s.n == 1)
		return 0;
	no = lexis_find(ix, &ix->keys, lof_hash(0, s), s);
	if (no == UINT32_MAX)
		return 0;
	*out = posting(ix, ix->keys.text[no].posting);
	if (slot)
		*slot = no;
	return 1;
}

size_t
index_children(const struct index *ix, attack_id parent, attack_id *out, size_t max)
{
	size_t n = 0;

	for (uint32_t at = technique_from(ix, parent + 1); at < ix->count[PART_TECHNIQUES] && n < max; at++) {
		if (attack_parent(techniques(ix)[at].id) != parent)
			break;
		out[n++] = techniques(ix)[at].id;
	}
	return n;
}

uint32_t
index_word(const struct index *ix, uint64_t hash, struct lof_str word)
{
	return lexis_find(ix, &ix->words, hash, word);
}

struct index_word_info
index_word_info(const struct index *ix, uint32_t word)
{
	const struct layout_text *t = &ix->words.text[word];

	return (struct index_word_info){ pool_span(ix, t->text), posting(ix, t->posting), (float)t->idf / 65536 };
}

size_t
index_count(const struct index *ix)
{
	return ix->count[PART_NOTES];
}

size_t
index_word_count(const struct index *ix)
{
	return ix->words.n;
}

size_t
index_key_count(const struct index *ix)
{
	return ix->keys.n;
}

struct index_note
index_note(const struct index *ix, uint32_t no)
{
	static const size_t before = sizeof("{\"text\":\"") - 1;
	const struct layout_note *n = &notes(ix)[no];
	const attack_id *all = (const void *)ix->part[PART_NOTE_TECHNIQUES];
	struct index_note out = {
		.head = pool_span(ix, n->head),
		.tail = pool_span(ix, n->tail),
		.techniques = all + n->techniques.off,
		.n_techniques = n->techniques.n,
		.platforms = n->platforms,
		.flags = n->flags,
		.words = n->words,
	};

	out.text = LOF_STR(out.head.p + before, out.head.n - before - 1);
	out.id = LOF_STR(pool_span(ix, n->rest).p, n->id_n);
	return out;
}

void
index_note_source(const struct index *ix, uint32_t no, struct lof_buf *out)
{
	const struct layout_note *n = &notes(ix)[no];
	struct lof_str head = pool_span(ix, n->head), rest = pool_span(ix, n->rest);
	size_t behind = n->id_n + n->before_n;

	buf_lit(out, "{\"id\":\"");
	buf_put(out, rest.p, n->id_n);
	buf_lit(out, "\",");
	buf_put(out, head.p + 1, head.n - 1); // without its brace
	buf_put(out, rest.p + n->id_n, n->before_n);
	buf_put(out, pool_span(ix, n->tail).p, n->check_n);
	buf_put(out, rest.p + behind, rest.n - behind);
	buf_lit(out, "}\n");
}
