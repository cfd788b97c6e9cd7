#include "notes/rank.h"

#include "notes/words.h"

#include <stdlib.h>

// Belief before any word is looked at, by match. Evidence fills what is left up to 1, so that a note of the very technique
// goes before one of its family with equal words, and words can turn that round.
static const float belief[MATCH_COUNT] = {
	[MATCH_RULE] = 0.80F, [MATCH_SUB] = 0.35F, [MATCH_TECHNIQUE] = 0.35F, [MATCH_CHILD] = 0.28F, [MATCH_PARENT] = 0.25F,
	[MATCH_TAG] = 0.15F,
};
static const float evidence_half = 6.0F; // evidence (a sum of word weights) that fills half of what is left
static const float detail = 0.02F;       // a note that says more goes before one that says less, all else equal
static const float wrong_platform = 0.3F; // factor for notes about other platforms than the event's

const char *
match_name(enum match m)
{
	static const char *const names[] = { "rule", "sub-technique", "technique", "sub-technique", "parent", "tag" };
	return names[m];
}

bool
rank_init(struct ranker *r, const struct book *b)
{
	size_t notes = b->note_base[b->n] + (size_t)1, words = b->word_base[b->n] + (size_t)1;
	*r = (struct ranker){ .book = b };
	r->picks = malloc(sizeof *r->picks * (notes < PICKS_MAX ? notes : PICKS_MAX));
	r->mark = calloc(notes, sizeof *r->mark);
	r->word_mark = calloc(words, sizeof *r->word_mark);
	r->evidence = calloc(notes, sizeof *r->evidence);
	r->match = calloc(notes, 1);
	r->found_by = calloc(notes, sizeof *r->found_by);
	r->candidates = calloc(notes, sizeof *r->candidates);
	return r->picks && r->mark && r->word_mark && r->evidence && r->match && r->found_by && r->candidates;
}

void
rank_free(struct ranker *r)
{
	free(r->picks);
	free(r->mark);
	free(r->word_mark);
	free(r->evidence);
	free(r->match);
	free(r->found_by);
	free(r->candidates);
}

// --- the query ------------------------------------------------------------------------------------------------------

void
rank_query_put(struct ranker *r, uint32_t v)
{
	if (r->n_query < QUERY_MAX)
		r->query[r->n_query++] = v;
	else
		r->too_long = true;
}

static void
next_epoch(struct ranker *r)
{
	if (++r->epoch != 0)
		return;
	memset(r->mark, 0, (r->book->note_base[r->book->n] + (size_t)1) * sizeof *r->mark);
	memset(r->word_mark, 0, (r->book->word_base[r->book->n] + (size_t)1) * sizeof *r->word_mark);
	r->epoch = 1;
}

static void
add_keys(struct ranker *r, enum key_kind kind, const struct lof_str *keys, size_t n)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < r->book->n && r->n_keys < 32; i++) {
			uint32_t slot;
			struct posting p;
			if (!index_find(r->book->ix[i], kind, keys[k], &p, &slot))
				continue;
			rank_query_put(r, 0x40000000u | (uint32_t)kind << 24 | (uint32_t)i);
			rank_query_put(r, slot);
			r->keys[r->n_keys].kind = kind;
			r->keys[r->n_keys].index = (uint32_t)i;
			r->keys[r->n_keys++].notes = p;
		}
}

static void
add_word(void *arg, struct lof_str word, uint64_t hash)
{
	struct ranker *r = arg;
	for (size_t i = 0; i < r->book->n && r->n_words < WORDS_MAX; i++) {
		uint32_t no = index_word(r->book->ix[i], hash, word);
		if (no == UINT32_MAX)
			continue;
		no += r->book->word_base[i];
		if (r->word_mark[no] == r->epoch)
			continue;
		r->word_mark[no] = r->epoch;
		r->words[r->n_words++] = no;
	}
}

// The order of words in an event decides nothing, so it must not make two queries of one.
static void
sort_words(uint32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t x = v[i];
		size_t j = i;
		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

bool
rank_query(struct ranker *r, const struct query_in *in)
{
	next_epoch(r);
	r->n_query = r->n_words = r->n_keys = r->n_techniques = 0;
	r->too_long = false;
	r->platforms = 0;
	for (size_t i = 0; i < in->n_techniques && i < 64; i++)
		rank_query_put(r, r->techniques[r->n_techniques++] = in->techniques[i]);
	if (r->book->has_keys) {
		add_keys(r, KEY_RULE_ID, in->rule_ids, in->n_rule_ids);
		add_keys(r, KEY_RULE_NAME, in->rule_names, in->n_rule_names);
		if (r->n_techniques == 0 && r->n_keys == 0) // tags are wide: only where there is nothing better
			add_keys(r, KEY_TAG, in->tags, in->n_tags);
	}
	if (r->n_query == 0)
		return false;
	for (size_t i = 0; i < in->n_platforms; i++)
		r->platforms |= platform_of(in->platforms[i]);
	rank_query_put(r, 0x7fffffffu);
	rank_query_put(r, r->platforms);
	for (size_t i = 0; i < in->n_context; i++)
		words_each(in->context[i], add_word, r);
	sort_words(r->words, r->n_words);
	for (size_t i = 0; i < r->n_words; i++)
		rank_query_put(r, r->words[i]);
	return true;
}

// --- the answer -----------------------------------------------------------------------------------------------------

static void
add_candidate(struct ranker *r, uint32_t no, enum match m, attack_id by)
{
	if (r->mark[no] != r->epoch) {
		if (r->book->facts[no].flags & NOTE_PLACEHOLDER) {
			r->placeholders++;
			return;
		}
		r->mark[no] = r->epoch;
		r->candidates[r->n_candidates++] = no;
	} else if (r->match[no] <= m) {
		return;
	}
	r->match[no] = (uint8_t)m;
	r->found_by[no] = by;
}

static void
add_technique(struct ranker *r, size_t i, attack_id id, enum match m)
{
	struct posting p;
	if (index_find_technique(r->book->ix[i], id, &p))
		for (size_t k = 0; k < p.n; k++)
			add_candidate(r, r->book->note_base[i] + p.v[k], m, id);
}

// The technique itself; for a sub-technique its parent too; for a technique all its sub-techniques.
static void
add_family(struct ranker *r, attack_id id)
{
	for (size_t i = 0; i < r->book->n; i++) {
		if (attack_is_sub(id)) {
			add_technique(r, i, id, MATCH_SUB);
			add_technique(r, i, attack_parent(id), MATCH_PARENT);
			continue;
		}
		attack_id subs[128];
		size_t n = index_children(r->book->ix[i], id, subs, 128);
		add_technique(r, i, id, MATCH_TECHNIQUE);
		for (size_t k = 0; k < n; k++)
			add_technique(r, i, subs[k], MATCH_CHILD);
	}
}

// Every word of the event tells for the candidates that have it.
static void
weigh_words(struct ranker *r)
{
	const struct book *b = r->book;
	for (size_t w = 0; w < r->n_words; w++) {
		size_t i = book_of(b->word_base, b->n, r->words[w]);
		const struct index_word_info info = r->info[w] = index_word_info(b->ix[i], r->words[w] - b->word_base[i]);
		for (size_t k = 0; k < info.notes.n; k++)
			r->evidence[b->note_base[i] + info.notes.v[k]] += info.idf; // of notes that are no candidates too: cheaper than to ask
	}
}

static float
score_of(const struct ranker *r, uint32_t no)
{
	const struct note_facts *n = &r->book->facts[no];
	float e = r->evidence[no] / n->norm;
	float s = belief[r->match[no]];
	s += (1 - s - detail) * (e / (e + evidence_half)) + detail * n->said;
	if (r->platforms && n->platforms && !(r->platforms & n->platforms))
		s *= wrong_platform;
	return s;
}

static bool
has_note(struct posting p, uint32_t no)
{
	size_t low = 0, high = p.n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (p.v[mid] < no)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p.n && p.v[low] == no;
}

static void
explain_pick(struct ranker *r, struct pick *p)
{
	const struct book *b = r->book;
	size_t i = book_of(b->note_base, b->n, p->note);
	float weight[WHY_MAX];
	p->n_why = 0;
	for (size_t w = 0; r->evidence[p->note] > 0 && w < r->n_words; w++) {
		if (r->words[w] < b->word_base[i] || r->words[w] >= b->word_base[i + 1])
			continue;
		const struct index_word_info *info = &r->info[w];
		if (!has_note(info->notes, p->note - b->note_base[i]))
			continue;
		size_t at = p->n_why;
		if (at == WHY_MAX && weight[--at] >= info->idf)
			continue;
		p->n_why = (uint32_t)at + 1;
		for (; at > 0 && weight[at - 1] < info->idf; at--) {
			weight[at] = weight[at - 1];
			p->why[at] = p->why[at - 1];
		}
		weight[at] = info->idf;
		p->why[at] = r->words[w];
	}
}

// Better score first, then better match, then the order of the index: the same every time.
static bool
before(const struct pick *a, const struct pick *b)
{
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score;
	return a->match != b->match ? a->match < b->match : a->note < b->note;
}

static void
keep_best(struct ranker *r, const struct pick *p, size_t max)
{
	size_t i = r->n_picks;
	if (i == max) {
		if (!before(p, &r->picks[i - 1]))
			return;
		i--;
	} else {
		r->n_picks++;
	}
	for (; i > 0 && before(p, &r->picks[i - 1]); i--)
		r->picks[i] = r->picks[i - 1];
	r->picks[i] = *p;
}

static int
by_order(const void *a, const void *b)
{
	return before(a, b) ? -1 : before(b, a) ? 1 : 0;
}

// Two indexes may hold the same text; it is shown once, as the better match.
static void
drop_repeats(struct ranker *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->n_picks; i++) {
		struct lof_str text = book_note(r->book, r->picks[i].note).text;
		size_t k = 0;
		while (k < kept && !lof_str_ieq(book_note(r->book, r->picks[k].note).text, text))
			k++;
		if (k == kept)
			r->picks[kept++] = r->picks[i];
	}
	r->n_picks = kept;
}

void
rank_answer(struct ranker *r, size_t max, float min_score)
{
	r->n_picks = r->n_candidates = r->placeholders = 0;
	for (size_t k = 0; k < r->n_keys; k++)
		for (size_t j = 0; j < r->keys[k].notes.n; j++)
			add_candidate(r, r->book->note_base[r->keys[k].index] + r->keys[k].notes.v[j],
			    r->keys[k].kind == KEY_TAG ? MATCH_TAG : MATCH_RULE, 0);
	for (size_t t = 0; t < r->n_techniques; t++)
		add_family(r, r->techniques[t]);
	memset(r->evidence, 0, r->book->note_base[r->book->n] * sizeof *r->evidence);
	weigh_words(r);
	r->total = r->n_candidates;
	bool all = max == 0 || max > PICKS_MAX;
	for (size_t c = 0; c < r->n_candidates; c++) {
		uint32_t no = r->candidates[c];
		struct pick p = { .note = no, .score = score_of(r, no), .match = (enum match)r->match[no], .technique = r->found_by[no] };
		if (p.score < min_score)
			continue;
		if (!all)
			keep_best(r, &p, max);
		else if (r->n_picks < PICKS_MAX)
			r->picks[r->n_picks++] = p;
	}
	if (all)
		qsort(r->picks, r->n_picks, sizeof *r->picks, by_order);
	if (r->book->n > 1)
		drop_repeats(r);
	for (size_t i = 0; i < r->n_picks; i++)
		explain_pick(r, &r->picks[i]);
}

struct lof_str
rank_word(const struct ranker *r, uint32_t word)
{
	size_t i = book_of(r->book->word_base, r->book->n, word);
	return index_word_info(r->book->ix[i], word - r->book->word_base[i]).text;
}
