#include "notes/index.h"

#include "base/io.h"
#include "notes/reader.h"

#include <stdlib.h>

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
	wrong = verify_index(ix);
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

		if (reader_techniques(ix)[mid].id < id)
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
	if (id == 0 || at == ix->count[PART_TECHNIQUES] || reader_techniques(ix)[at].id != id)
		return 0;
	*out = reader_posting(ix, reader_techniques(ix)[at].posting);
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
	no = reader_find(ix, &ix->keys, lof_hash(0, s), s);
	if (no == UINT32_MAX)
		return 0;
	*out = reader_posting(ix, ix->keys.text[no].posting);
	if (slot)
		*slot = no;
	return 1;
}

size_t
index_children(const struct index *ix, attack_id parent, attack_id *out, size_t max)
{
	size_t n = 0;

	for (uint32_t at = technique_from(ix, parent + 1); at < ix->count[PART_TECHNIQUES] && n < max; at++) {
		if (attack_parent(reader_techniques(ix)[at].id) != parent)
			break;
		out[n++] = reader_techniques(ix)[at].id;
	}
	return n;
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

	return (struct index_word_info){ reader_text(ix, t->text), reader_posting(ix, t->posting), (float)t->idf / 65536 };
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

bool
index_has(const struct index *ix, enum key_kind kind)
{
	for (uint32_t i = 0; i < ix->keys.n; i++)
		if (*reader_text(ix, ix->keys.text[i].text).p == layout_kind[kind])
			return true;
	return false;
}

struct index_note
index_note(const struct index *ix, uint32_t no)
{
	static const size_t before = sizeof("{\"text\":\"") - 1;
	const struct layout_note *n = &reader_notes(ix)[no];
	const attack_id *all = (const void *)ix->part[PART_NOTE_TECHNIQUES];
	struct index_note out = {
		.head = reader_text(ix, n->head),
		.tail = reader_text(ix, n->tail),
		.techniques = all + n->techniques.off,
		.n_techniques = n->techniques.n,
		.platforms = n->platforms,
		.flags = n->flags,
		.words = n->words,
	};

	out.text = LOF_STR(out.head.p + before, out.head.n - before - 1);
	out.id = LOF_STR(reader_text(ix, n->rest).p, n->id_n);
	return out;
}

void
index_note_source(const struct index *ix, uint32_t no, struct lof_buf *out)
{
	const struct layout_note *n = &reader_notes(ix)[no];
	struct lof_str head = reader_text(ix, n->head), rest = reader_text(ix, n->rest);
	size_t behind = n->id_n + n->before_n;

	buf_lit(out, "{\"id\":\"");
	buf_put(out, rest.p, n->id_n);
	buf_lit(out, "\",");
	buf_put(out, head.p + 1, head.n - 1); // without its brace
	buf_put(out, rest.p + n->id_n, n->before_n);
	buf_put(out, reader_text(ix, n->tail).p, n->check_n);
	buf_put(out, rest.p + behind, rest.n - behind);
	buf_lit(out, "}\n");
}
