#include "notes/lexicon.h"

#include "base/ln.h"
#include "notes/index.h"
#include "notes/layout.h"

#include <stdlib.h>

// The arrays live in lof_bufs, whose memory is aligned for anything.
static struct lex_entry *
entries(const struct lexicon *l)
{
	return (void *)l->entries.p;
}

static void
map_put(struct lexicon *l, uint32_t no)
{
	size_t at = (size_t)entries(l)[no].hash & (l->map_size - 1);

	while (l->map[at])
		at = (at + 1) & (l->map_size - 1);
	l->map[at] = no + 1;
}

static void
map_grow(struct lexicon *l)
{
	l->map_size = l->map_size ? 2 * l->map_size : 1024;
	l->map = arena_array(l->arena, l->map_size, sizeof(*l->map));
	for (size_t i = 0; i < lex_count(l); i++)
		map_put(l, (uint32_t)i);
}

// Its number + 1, or 0.
static uint32_t
find(const struct lexicon *l, struct lof_str text, uint64_t hash)
{
	for (size_t at = (size_t)hash & (l->map_size - 1); l->map_size && l->map[at]; at = (at + 1) & (l->map_size - 1)) {
		const struct lex_entry *e = &entries(l)[l->map[at] - 1];

		if (e->hash == hash && lof_str_eq(e->text, text))
			return l->map[at];
	}
	return 0;
}

uint32_t
lex_df(const struct lexicon *l, struct lof_str text, uint64_t hash)
{
	uint32_t no = find(l, text, hash);

	return no ? entries(l)[no - 1].df : 0;
}

uint32_t
lex_intern(struct lexicon *l, struct lof_str text, uint64_t hash)
{
	uint32_t no = find(l, text, hash);

	if (no)
		return no - 1;
	if (2 * lex_count(l) >= l->map_size)
		map_grow(l);
	struct lex_entry fresh = { .text = arena_copy(l->arena, text), .hash = hash };

	buf_put(&l->entries, &fresh, sizeof(fresh));
	map_put(l, (uint32_t)lex_count(l) - 1);
	return (uint32_t)lex_count(l) - 1;
}

int
lex_add(struct lexicon *l, struct lof_str text, uint64_t hash, uint32_t no, unsigned field)
{
	struct lex_use use = { lex_intern(l, text, hash), no, field };
	struct lex_entry *e = &entries(l)[use.entry];
	struct lex_use *last = e->last ? (struct lex_use *)(void *)l->uses.p + e->last - 1 : NULL;

	if (last && last->no == no) {
		last->fields |= field;
		return 0;
	}
	e->df++;
	buf_put(&l->uses, &use, sizeof(use));
	e->last = (uint32_t)(l->uses.n / sizeof(use));
	return 1;
}

void
lex_free(struct lexicon *l)
{
	buf_free(&l->entries);
	buf_free(&l->uses);
}

// --- layout ------------------------------------------------------------------------------------------------------

static int
by_text(const void *a, const void *b)
{
	const struct lex_entry *const *x = a, *const *y = b;

	return lof_str_cmp((*x)->text, (*y)->text);
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

// Places every entry behind the one before it, in the order of their homes: that is what Robin Hood hashing ends in,
// so no arrangement has a shorter longest run. 0 if a run got longer than LAYOUT_PROBE.
static int
place(struct lex_entry *const *e, size_t n, unsigned bits, uint32_t seed, uint64_t *order, struct layout_slot *slots)
{
	size_t next = 0;

	for (size_t i = 0; i < n; i++)
		order[i] = layout_mix(e[i]->hash, seed) >> (64 - bits) << 32 | i;
	qsort(order, n, sizeof(*order), by_value);
	memset(slots, 0, (((size_t)1 << bits) + LAYOUT_PROBE - 1) * sizeof(*slots));
	for (size_t i = 0; i < n; i++) {
		size_t home = (size_t)(order[i] >> 32);
		uint32_t no = (uint32_t)order[i];

		next = next > home ? next : home;
		if (next - home >= LAYOUT_PROBE)
			return 0;
		slots[next].tag = (uint32_t)layout_mix(e[no]->hash, seed);
		slots[next++].number = no + 1;
	}
	return 1;
}

static int
make_table(struct lexicon *l, struct lex_entry *const *e, size_t n, struct lof_buf *table, uint32_t *seed)
{
	uint64_t *order = arena_array(l->arena, n + 1, sizeof(*order));
	unsigned least = 3;

	while (((size_t)1 << least) < n + n / 2)
		least++;
	for (unsigned bits = least; bits < least + 4 && bits < 30; bits++) {
		size_t bytes = (((size_t)1 << bits) + LAYOUT_PROBE - 1) * sizeof(struct layout_slot);

		for (*seed = 0; *seed < 32; ++*seed)
			if (place(e, n, bits, *seed, order, (void *)buf_room(table, bytes))) {
				table->n += bytes;
				return 0;
			}
	}
	return -1;
}

// The lists of all entries at once, by counting: list[i] is where entry i's begins.
static uint32_t *
gather(struct lexicon *l, struct lex_entry *const *e, size_t n, uint32_t *list, bool with_fields)
{
	size_t total = l->uses.n / sizeof(struct lex_use);
	const struct lex_use *use = (const void *)l->uses.p;
	uint32_t *all = arena_array(l->arena, total + 1, sizeof(*all)), at = 0;

	for (size_t i = 0; i < n; i++) {
		list[e[i] - entries(l)] = at;
		at += e[i]->df;
	}
	for (size_t i = 0; i < total; i++)
		all[list[use[i].entry]++] = with_fields ? layout_post(use[i].no, use[i].fields) : use[i].no;
	return all;
}

// By entry: is it among the terms of a note?
static bool *
terms(struct lexicon *l, size_t notes)
{
	const struct lex_use *use = (const void *)l->uses.p;
	bool *is_term = arena_array(l->arena, lex_count(l) + 1, sizeof(*is_term));

	for (size_t i = 0; i < l->uses.n / sizeof(*use); i++)
		is_term[use[i].entry] |= use[i].no < notes && (use[i].fields & WORD_TERM);
	return is_term;
}

int
lex_layout(struct lexicon *l, size_t notes, size_t total, struct lof_buf *records, struct lof_buf *table, uint32_t *seed,
    struct lof_buf *postings, struct lof_buf *pool)
{
	size_t n = lex_count(l);
	struct lex_entry **e = arena_array(l->arena, n + 1, sizeof(struct lex_entry *));
	uint32_t *list = arena_array(l->arena, n + 1, sizeof(*list));
	uint32_t posting = (uint32_t)(postings->n / sizeof(uint32_t));
	bool *is_term = terms(l, notes);

	for (size_t i = 0; i < n; i++)
		e[i] = &entries(l)[i];
	qsort(e, n, sizeof(struct lex_entry *), by_text);
	for (size_t i = 0; i < n; i++) {
		struct layout_text t = {
			.text = { (uint32_t)pool->n, (uint32_t)e[i]->text.n },
			.posting = { posting, e[i]->df },
		};

		if (total)
			t.idf = lof_ln(2 * (uint64_t)total + 2) - lof_ln(2 * (uint64_t)e[i]->df + 1);
		if (is_term[e[i] - entries(l)])
			t.idf |= LAYOUT_IS_TERM;
		posting += e[i]->df;
		buf_put(records, &t, sizeof(t));
		buf_str(pool, e[i]->text);
	}
	buf_put(postings, gather(l, e, n, list, total > 0), l->uses.n / sizeof(struct lex_use) * sizeof(uint32_t));
	return make_table(l, e, n, table, seed);
}
