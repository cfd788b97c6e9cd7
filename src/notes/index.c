#include "notes/index.h"

#include "base/io.h"
#include "notes/reader.h"

#include <stdlib.h>

// --- opening -----------------------------------------------------------------------------------------------------

enum lof_rc
index_adopt(struct index **out, struct lof_buf own, const char *name, bool whole, struct lof_err *e)
{
	struct index *ix = calloc(1, sizeof(*ix));
	const char *wrong;

	*out = NULL;
	if (!ix)
		lof_no_memory();
	ix->own = own;
	wrong = verify_index(ix, whole);
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
	return index_adopt(out, own, name, true, e);
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
	return index_adopt(out, own, path, true, e);
}

void
index_free(struct index *ix)
{
	if (!ix)
		return;
	buf_free(&ix->own);
	free(ix);
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

		if (reader_techniques(ix)[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
index_find_technique(const struct index *ix, attack_id id, struct posting *notes, struct posting *rules)
{
	uint32_t at = technique_from(ix, id);
	bool found = id != 0 && at < ix->count[PART_TECHNIQUES] && reader_techniques(ix)[at].id == id;
	const struct layout_span none = { 0, 0 };

	*notes = reader_posting(ix, found ? reader_techniques(ix)[at].notes : none);
	if (rules)
		*rules = reader_posting(ix, found ? reader_techniques(ix)[at].rules : none);
	return found;
}

int
index_find(const struct index *ix, enum key_kind kind, struct lof_str key, struct posting *out, uint32_t *slot)
{
	char text[1 + KEY_TEXT_MAX];
	struct lof_str s = { text, 0 };
	uint32_t no;

	if (kind == KEY_TECHNIQUE) { // their slot numbers are behind the keys'
		attack_id id = attack_parse(key);
		if (slot)
			*slot = ix->keys.n + technique_from(ix, id);
		return index_find_technique(ix, id, out, NULL);
	}
	*out = (struct posting){ NULL, 0 };
	text[0] = layout_kind[kind];
	s.n = 1 + index_normal_key(kind, key, text + 1, KEY_TEXT_MAX);
	if (s.n == 1)
		return 0;
	no = reader_find(ix, &ix->keys, lof_hash(0, s), s);
	if (no == UINT32_MAX)
		return 0;
	*out = reader_posting(ix, ix->keys.text[no].posting);
	if (slot)
		*slot = no;
	return 1;
}

attack_id
index_next_technique(const struct index *ix, attack_id after)
{
	uint32_t at = technique_from(ix, after + 1);

	return at < ix->count[PART_TECHNIQUES] ? reader_techniques(ix)[at].id : 0;
}

uint32_t
index_word(const struct index *ix, uint64_t hash, struct lof_str word)
{
	return reader_find(ix, &ix->words, hash, word);
}

struct index_word_info
index_word_info(const struct index *ix, uint32_t word)
{
	const struct layout_text *t = &ix->words.text[word];

	return (struct index_word_info){ reader_text(ix, t->text), reader_posting(ix, t->posting), (float)(t->idf & ~LAYOUT_IS_TERM) / 65536,
		(t->idf & LAYOUT_IS_TERM) != 0 };
}

size_t
index_count(const struct index *ix)
{
	return ix->count[PART_NOTES];
}

size_t
index_rule_count(const struct index *ix)
{
	return ix->count[PART_RULES];
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

// Keys are in the order of their texts, which begin with the letter of their kind: the first whose letter is not below.
static uint32_t
keys_from(const struct index *ix, char letter)
{
	uint32_t lo = 0, hi = ix->keys.n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (*reader_text(ix, ix->keys.text[mid].text).p < letter)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t
index_keys(const struct index *ix, enum key_kind kind, uint32_t *first)
{
	*first = keys_from(ix, layout_kind[kind]);
	return keys_from(ix, (char)(layout_kind[kind] + 1)) - *first;
}

struct lof_str
index_key(const struct index *ix, uint32_t no)
{
	struct lof_str s = reader_text(ix, ix->keys.text[no].text);

	return LOF_STR(s.p + 1, s.n - 1);
}

bool
index_has(const struct index *ix, enum key_kind kind)
{
	uint32_t first;

	return index_keys(ix, kind, &first) > 0;
}

struct lof_str
index_attack(const struct index *ix)
{
	return LOF_STR(ix->part[PART_ATTACK], ix->count[PART_ATTACK]);
}

struct index_note
index_note(const struct index *ix, uint32_t no)
{
	static const size_t before = sizeof("{\"text\":\"") - 1;
	const struct layout_note *n = &reader_notes(ix)[no];
	const char *at = ix->part[PART_POOL] + n->at;
	struct index_note out = {
		.head = LOF_STR(at, n->head_n),
		.check = LOF_STR(at + n->head_n, n->check_n),
		.tail = reader_piece(ix, n->own),
		.owner = LOF_STR(at + n->head_n + n->check_n, n->owner_n),
		.id = LOF_STR(at + n->head_n + n->check_n + n->owner_n, n->id_n),
		.tags = LOF_STR(at + n->head_n + n->check_n + n->owner_n + n->id_n, n->tags_n),
		.techniques = reader_ids(ix, n->ids),
		.n_techniques = n->ids.n,
		.rules = reader_note_rules(ix, n->rules),
		.platforms = n->platforms,
		.own_platforms = n->own_platforms,
		.flags = n->flags,
		.words = n->words,
		.sources = n->sources,
		.expires = n->expires,
		.stems = (uint64_t)n->stems_high << 32 | n->stems_low,
		.fold = (uint64_t)n->fold_high << 32 | n->fold_low,
	};

	out.text = LOF_STR(out.head.p + before, out.head.n - before - 1);
	return out;
}

struct index_facts
index_facts(const struct index *ix, uint32_t no)
{
	const struct layout_note *n = &reader_notes(ix)[no];

	return (struct index_facts){ n->platforms, n->flags, n->words, n->sources,
		(uint64_t)n->fold_high << 32 | n->fold_low, (uint64_t)n->stems_high << 32 | n->stems_low };
}

size_t
index_condition_count(const struct index *ix)
{
	return ix->count[PART_CONDITIONS];
}

struct index_condition
index_condition(const struct index *ix, uint32_t no)
{
	const struct layout_condition *c = &reader_conditions(ix)[no];
	struct lof_str path = reader_text(ix, c->path), pattern = reader_text(ix, c->pattern);

	path.n--; // their quotes
	pattern.n--;
	return (struct index_condition){ c->note, c->kind, path, pattern };
}

// The value of ,"name":"value", which is `n` bytes long or missing; `name` is how many bytes stand before it.
static struct lof_str
value_of(const char *member, size_t n, size_t name)
{
	return n ? LOF_STR(member + name, n - name - 1) : LOF_STR("", 0);
}

struct index_rule
index_rule(const struct index *ix, uint32_t no)
{
	const struct layout_rule *r = &reader_rules(ix)[no];
	struct lof_str named = reader_text(ix, r->named);

	return (struct index_rule){
		.part = { reader_piece(ix, r->source), named, reader_piece(ix, r->author), reader_piece(ix, r->folder),
			reader_text(ix, r->file), reader_piece(ix, r->end) },
		.name = value_of(named.p, r->name_n, sizeof(",\"rule\":\"") - 1),
		.id = value_of(named.p + r->name_n, named.n - r->name_n, sizeof(",\"rule_id\":\"") - 1),
		.techniques = reader_ids(ix, r->ids),
		.n_techniques = r->ids.n,
		.notes = reader_posting(ix, r->notes),
		.platforms = r->platforms,
		.flags = r->flags,
		.words = r->words,
	};
}

uint32_t
index_rule_words(const struct index *ix, uint32_t no)
{
	return reader_rules(ix)[no].words;
}

struct posting
index_rule_notes(const struct index *ix, uint32_t no)
{
	return reader_posting(ix, reader_rules(ix)[no].notes);
}
