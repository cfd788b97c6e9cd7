// rank_query: an event's values to what decides its answer.
#include "notes/rank.h"

#include "base/hash.h"
#include "json/jstr.h"
#include "notes/words.h"

#include <stdlib.h>

// So many words of an event count, for each index: a word that two indexes have is two words.
enum { TELLING_WORDS = 12, TELLING_USES = 600 };

// The words of values seen before: programs, paths and users come again and again, and to cut them into words and look
// each up costs ten times what it costs to see that they are the same. Lists of words stand in a ring, the newest over
// the oldest.
enum { MEMO_SLOTS = 8192, MEMO_WAYS = 4, MEMO_RING = 1 << 16 };
struct memo_slot {
	uint64_t sum; // of the value
	uint64_t at;  // where its words stand, counted through
	uint32_t epoch; // of the last event that had it: once is enough
	uint16_t n_words;
	bool filled;
};
struct span_memo {
	struct memo_slot slot[MEMO_SLOTS];
	uint64_t end; // where the next words go
	uint32_t words[MEMO_RING];
};

struct span_memo *
rank_memo_new(void)
{
	return calloc(1, sizeof(struct span_memo));
}

// The value's own slot, or the one to put it into: an empty one, else the oldest.
static struct memo_slot *
memo_find(struct span_memo *m, uint64_t sum)
{
	struct memo_slot *s = &m->slot[sum % (MEMO_SLOTS / MEMO_WAYS) * MEMO_WAYS], *oldest = s;
	for (int i = 0; i < MEMO_WAYS; i++) {
		if (!s[i].filled || s[i].sum == sum)
			return &s[i];
		oldest = s[i].at < oldest->at ? &s[i] : oldest;
	}
	return oldest;
}

static bool
memo_has(const struct span_memo *m, const struct memo_slot *s, uint64_t sum)
{
	return s->filled && s->sum == sum && m->end - s->at <= MEMO_RING;
}

static void
memo_keep(struct span_memo *m, struct memo_slot *s, uint64_t sum, const uint32_t *words, size_t n)
{
	if (MEMO_RING - m->end % MEMO_RING < n) // no list lies across the seam
		m->end += MEMO_RING - m->end % MEMO_RING;
	*s = (struct memo_slot){ .sum = sum, .at = m->end, .n_words = (uint16_t)n, .filled = true };
	memcpy(&m->words[m->end % MEMO_RING], words, n * sizeof *words);
	m->end += n;
}

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
	memset(r->note_mark, 0, (r->book->note_base[r->book->n] + (size_t)1) * sizeof *r->note_mark);
	memset(r->word_mark, 0, (r->book->word_base[r->book->n] + (size_t)1) * sizeof *r->word_mark);
	memset(r->memo, 0, sizeof *r->memo);
	memset(r->rule_mark, 0, (r->book->rule_base[r->book->n] + (size_t)1) * sizeof *r->rule_mark);
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
			r->keys[r->n_keys++].of = p;
		}
}

static void
mark_word(struct ranker *r, uint32_t no)
{
	if (r->word_mark[no] == r->epoch || r->n_words == WORDS_MAX)
		return;
	r->word_mark[no] = r->epoch;
	r->words[r->n_words++] = no;
}

// The words of one value that some note has.
struct found_words {
	const struct book *book;
	uint32_t v[WORDS_MAX];
	size_t n;
};

static void
find_word(void *arg, struct lof_str word, uint64_t hash)
{
	struct found_words *f = arg;
	for (size_t i = 0; i < f->book->n && f->n < WORDS_MAX; i++) {
		uint32_t no = index_word(f->book->ix[i], hash, word);
		if (no != UINT32_MAX)
			f->v[f->n++] = f->book->word_base[i] + no;
	}
}

// The words of a value seen for the first time.
static void
find_words(struct found_words *f, const struct ranker *r, struct lof_str value, bool escaped)
{
	char decoded[CONTEXT_BYTES];
	f->book = r->book;
	f->n = 0;
	value.n = value.n < CONTEXT_BYTES ? value.n : CONTEXT_BYTES;
	if (escaped) {
		// Cut in the middle of an escape, the last one goes.
		for (size_t i = 0; i < 12 && value.n && !jstr_decode(value, decoded, sizeof decoded, &f->n); i++)
			value.n--;
		value = LOF_STR(decoded, f->n);
		f->n = 0;
	}
	words_each(value, r->book->wanted, find_word, f);
}

// `sum`: what tells the value apart, or NULL.
static void
add_words(struct ranker *r, struct lof_str value, bool escaped, const uint64_t *sum)
{
	struct found_words f;
	struct memo_slot *s = sum ? memo_find(r->memo, *sum) : NULL;
	if (!s || !memo_has(r->memo, s, *sum)) {
		find_words(&f, r, value, escaped);
		for (size_t i = 0; i < f.n; i++)
			mark_word(r, f.v[i]);
		if (!s)
			return;
		memo_keep(r->memo, s, *sum, f.v, f.n);
	} else if (s->epoch != r->epoch) {
		const uint32_t *words = &r->memo->words[s->at % MEMO_RING];
		for (size_t i = 0; i < s->n_words; i++)
			mark_word(r, words[i]);
	}
	s->epoch = r->epoch;
}

// Puts a number in its place among n ascending ones, of which there is room for `max`; returns how many there are then.
static size_t
keep_smallest(uint64_t *v, size_t n, size_t max, uint64_t x)
{
	if (n == max && x >= v[n - 1])
		return n;
	n += n < max;
	size_t i = n - 1;
	for (; i > 0 && v[i - 1] > x; i--)
		v[i] = v[i - 1];
	v[i] = x;
	return n;
}

// Words that few notes and rules have say most. What is in many is left out when there is enough of the others: it would
// change little in the order of the notes, and make two queries of what is one. At last in the order of their numbers,
// for the order of words in an event decides nothing.
static void
choose_words(struct ranker *r)
{
	uint64_t best[CHOSEN_MAX], chosen[CHOSEN_MAX];
	const size_t most = TELLING_WORDS * r->book->n < CHOSEN_MAX ? TELLING_WORDS * r->book->n : CHOSEN_MAX;
	size_t n = 0, kept = 0, uses = 0;
	for (int common = 0; common < 2 && n < 3; common++) // common ones only for want of others
		for (size_t w = 0; w < r->n_words; w++) {
			uint64_t u = r->book->word_uses[r->words[w]];
			if ((u > TELLING_USES) == common)
				n = keep_smallest(best, n, most, u << 32 | r->words[w]);
		}
	for (size_t w = 0; w < n && (w < 3 || uses + (best[w] >> 32) <= TELLING_USES * r->book->n); w++) {
		uses += best[w] >> 32;
		kept = keep_smallest(chosen, kept, most, best[w] & UINT32_MAX);
	}
	for (size_t w = 0; w < kept; w++)
		r->words[w] = (uint32_t)chosen[w];
	r->n_words = kept;
}

// What the event's fields say; else what its producer is for; else what its paths, host names and words tell. Whose cloud it is words always may tell.
static void
add_platforms(struct ranker *r, const struct query_in *in)
{
	const struct book *b = r->book;
	uint32_t told = 0;
	for (size_t i = 0; i < in->n_platforms; i++)
		r->platforms |= platform_of(in->platforms[i]);
	for (size_t i = 0; !r->platforms && i < in->n_producers; i++)
		r->platforms = platform_of(in->producers[i]);
	for (size_t i = 0; !r->platforms && i < in->n_context; i++) {
		struct lof_str v = in->context[i];
		r->platforms = platform_seen(LOF_STR(v.p, v.n < CONTEXT_BYTES ? v.n : CONTEXT_BYTES));
	}
	for (size_t i = 0; i < b->n_marks; i++)
		if (r->word_mark[b->marks[i].word] == r->epoch)
			told |= b->marks[i].bits;
	r->platforms |= r->platforms ? told & PLATFORM_CLOUDS : told;
}

bool
rank_query(struct ranker *r, const struct query_in *in)
{
	next_epoch(r);
	r->n_query = r->n_words = r->n_keys = r->n_techniques = r->n_site = r->expired = 0;
	r->too_long = false;
	r->platforms = 0;
	for (size_t i = 0; i < in->n_techniques && i < 64; i++)
		rank_query_put(r, r->techniques[r->n_techniques++] = in->techniques[i]);
	if (r->book->has_rules) {
		add_keys(r, KEY_RULE_ID, in->rule_ids, in->n_rule_ids);
		add_keys(r, KEY_RULE_NAME, in->rule_names, in->n_rule_names);
	}
	if (r->book->has_tags && r->n_query == 0) // tags are wide: only where there is nothing better
		add_keys(r, KEY_TAG, in->tags, in->n_tags);
	if (r->n_query == 0)
		return false;
	for (size_t i = 0; i < in->n_context; i++)
		add_words(r, in->context[i], in->context_escaped && in->context_escaped[i],
		    in->context_sums ? &in->context_sums[i] : NULL);
	add_platforms(r, in);
	rank_query_put(r, 0x7fffffffu);
	rank_query_put(r, r->platforms);
	r->n_head = r->n_query;
	choose_words(r);
	for (size_t i = 0; i < r->n_words; i++)
		rank_query_put(r, r->words[i]);
	return true;
}
