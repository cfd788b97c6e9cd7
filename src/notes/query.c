// rank_query: an event's values to what decides its answer.
#include "notes/weights.h"

#include "base/hash.h"
#include "json/jstr.h"
#include "notes/words.h"

#include <stdlib.h>
#include <sys/random.h>

// What was made of values seen before: programs, paths and users come again and again, and to cut them into words and
// look each up costs ten times what it costs to see that they are the same. Of a value its words are kept; of all values
// of an event, by their lists of words, the words chosen, with the platforms they tell before them. Lists stand in a
// ring, the newest over the oldest.
enum { MEMO_SLOTS = 8192, MEMO_WAYS = 4, MEMO_RING = 1 << 16 }; // twice the ring where there are more indexes
struct memo_slot {
	uint64_t sum;  // of the value, or of the lists
	uint64_t at;   // where the list stands, counted through
	uint64_t list; // hash of it
	size_t n;      // numbers in it
};
struct memo {
	uint64_t secret;
	struct memo_slot slot[MEMO_SLOTS];
	uint64_t end; // where the next list goes
	size_t size; // of the ring
	uint32_t ring[];
};

struct memo *
rank_memo_new(const struct book *b)
{
	size_t size = b->n > 1 ? 2 * MEMO_RING : MEMO_RING;
	struct memo *m = calloc(1, sizeof *m + size * sizeof *m->ring);
	if (m) {
		m->size = size;
		m->end = 2 * size; // an empty slot's list is long gone
		if (getrandom(&m->secret, sizeof m->secret, GRND_NONBLOCK) != sizeof m->secret)
			m->secret = UINT64_C(0x9E3779B97F4A7C15); // then it is merely not secret
	}
	return m;
}

// The slot of that sum, or the one to put it into: the oldest.
static struct memo_slot *
memo_slot(struct memo *m, uint64_t sum)
{
	struct memo_slot *s = &m->slot[sum % (MEMO_SLOTS / MEMO_WAYS) * MEMO_WAYS], *oldest = s;
	for (int i = 0; i < MEMO_WAYS; i++) {
		if (s[i].sum == sum)
			return &s[i];
		oldest = s[i].at < oldest->at ? &s[i] : oldest;
	}
	return oldest;
}

// NULL: nothing is known of it.
static const uint32_t *
memo_find(const struct memo *m, const struct memo_slot *s, uint64_t sum)
{
	return s->sum == sum && s->at + m->size >= m->end ? &m->ring[s->at % m->size] : NULL;
}

static const uint32_t *
memo_keep(struct memo *m, struct memo_slot *s, uint64_t sum, const uint32_t *list, size_t n)
{
	if (m->size - m->end % m->size < n) // no list lies across the seam
		m->end += m->size - m->end % m->size;
	uint32_t *at = &m->ring[m->end % m->size];
	*s = (struct memo_slot){ sum, m->end, lof_hash(m->secret, LOF_STR((const char *)list, n * sizeof *list)), n };
	memcpy(at, list, n * sizeof *list);
	m->end += n;
	return at;
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
			if (!(r->book->kinds[i] >> kind & 1) || (kind == KEY_RULE_ID && !book_may_know(r->book, book_id(r->book, keys[k]))))
				continue;
			if (!index_find(r->book->ix[i], kind, keys[k], &p, &slot))
				continue;
			rank_query_put(r, 0x40000000u | (uint32_t)kind << 24 | (uint32_t)i);
			rank_query_put(r, slot);
			r->keys[r->n_keys].kind = kind;
			r->keys[r->n_keys].index = (uint32_t)i;
			r->keys[r->n_keys++].of = p;
		}
}

// No branch asks whether a word is new: it would be guessed wrong as often as not.
static void
mark_words(struct ranker *r, const uint32_t *no, size_t n)
{
	for (size_t i = 0; i < n && r->n_words < WORDS_MAX; i++) {
		uint64_t *marks = &r->word_marks[no[i] / 64], bit = (uint64_t)1 << no[i] % 64;
		r->words[r->n_words] = no[i];
		r->n_words += !(*marks & bit);
		*marks |= bit;
		__builtin_prefetch(&r->book->word_uses[no[i]]); // choose_words asks soon
	}
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

static void
find_words(struct found_words *f, const struct ranker *r, const struct query_in *in, size_t i)
{
	char decoded[CONTEXT_BYTES];
	struct lof_str value = in->context[i];
	f->book = r->book;
	f->n = 0;
	value.n = value.n < CONTEXT_BYTES ? value.n : CONTEXT_BYTES;
	if (in->context_escaped && in->context_escaped[i]) {
		// Cut in the middle of an escape, the last one goes.
		for (size_t k = 0; k < 12 && value.n && !jstr_decode(value, decoded, sizeof decoded, &f->n); k++)
			value.n--;
		value = LOF_STR(decoded, f->n);
		f->n = 0;
	}
	words_each(value, r->book->wanted, find_word, f);
}

// The words of value i: its slot, and in *list where they stand until the next are kept.
static const struct memo_slot *
recall_value(struct ranker *r, const struct query_in *in, size_t i, const uint32_t **list)
{
	struct memo_slot *s = memo_slot(r->memo, in->context_sums[i]);
	struct found_words f;
	*list = memo_find(r->memo, s, in->context_sums[i]);
	if (!*list) {
		find_words(&f, r, in, i);
		*list = memo_keep(r->memo, s, in->context_sums[i], f.v, f.n);
	}
	return s;
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

// The telling words of the event, by how many have them: a list for each number, ascending.
struct by_uses {
	uint64_t any[TELLING_USES / 64 + 1];
	uint8_t first[TELLING_USES + 1], next[WORDS_MAX];
};
enum { LIST_END = UINT8_MAX };
_Static_assert((int)WORDS_MAX <= (int)LIST_END, "places in r->words are bytes");

static void
by_uses_put(struct by_uses *l, const uint32_t *words, size_t w, uint32_t uses)
{
	uint8_t *at = &l->first[uses];
	if (!(l->any[uses / 64] >> uses % 64 & 1))
		*at = LIST_END;
	l->any[uses / 64] |= (uint64_t)1 << uses % 64;
	while (*at != LIST_END && words[*at] < words[w])
		at = &l->next[*at];
	l->next[w] = *at;
	*at = (uint8_t)w;
}

// The first `max` of them, as uses << 32 | word; returns how many there are.
static size_t
by_uses_take(const struct by_uses *l, const uint32_t *words, uint64_t *best, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < sizeof l->any / sizeof *l->any; i++)
		for (uint64_t any = l->any[i]; any; any &= any - 1) {
			uint64_t uses = 64 * i + (uint64_t)__builtin_ctzll(any);
			for (uint8_t w = l->first[uses]; w != LIST_END; w = l->next[w]) {
				if (n == max)
					return n;
				best[n++] = uses << 32 | words[w];
			}
		}
	return n;
}

// How many of the first of `best`, uses << 32 | word, are in few enough lists together.
static size_t
few_enough(const uint64_t *best, size_t n, uint64_t most)
{
	uint64_t uses = 0;
	size_t w = 0;
	while (w < n && (w < 3 || uses + (best[w] >> 32) <= most))
		uses += best[w++] >> 32;
	return w;
}

// Words that few notes and rules have say most, and those that name a product, account or path. What is in many is left
// out when there is enough of the others: it would change little in the order of the notes, and make two queries of what is
// one. At last in the order of their numbers, for the order of words in an event decides nothing.
static void
choose_words(struct ranker *r)
{
	uint64_t best[CHOSEN_MAX], named[TELLING_TERMS] = { 0 }, chosen[CHOSEN_MAX];
	struct by_uses telling;
	const struct word_uses *uses_of = r->book->word_uses;
	const size_t vocabularies = r->book->n < 2 ? r->book->n : 2, most = TELLING_WORDS * vocabularies;
	size_t n, n_named = 0, kept = 0;
	memset(telling.any, 0, sizeof telling.any);
	for (size_t w = 0; w < r->n_words; w++)
		if (uses_of[r->words[w]].all <= TELLING_USES)
			by_uses_put(&telling, r->words, w, uses_of[r->words[w]].all);
	n = by_uses_take(&telling, r->words, best, most);
	if (n < 3) // common ones only for want of others
		for (size_t w = 0; w < r->n_words; w++)
			if (uses_of[r->words[w]].all > TELLING_USES)
				n = keep_smallest(best, n, most, (uint64_t)uses_of[r->words[w]].all << 32 | r->words[w]);
	n = few_enough(best, n, TELLING_USES * vocabularies);
	for (size_t w = 0; n && w < r->n_words; w++) { // terms behind them
		uint64_t x = (uint64_t)uses_of[r->words[w]].all << 32 | r->words[w];
		if (uses_of[r->words[w]].is_term && x >> 32 <= TELLING_USES && x > best[n - 1])
			n_named = keep_smallest(named, n_named, TELLING_TERMS, x);
	}
	n_named = few_enough(named, n_named, TERM_USES);
	for (size_t w = 0; w < n; w++)
		kept = keep_smallest(chosen, kept, CHOSEN_MAX, best[w] & UINT32_MAX);
	for (size_t w = 0; w < n_named; w++)
		kept = keep_smallest(chosen, kept, CHOSEN_MAX, named[w] & UINT32_MAX);
	for (size_t w = 0; w < kept; w++)
		r->words[w] = (uint32_t)chosen[w];
	r->n_words = kept;
}

// Fills r->words and returns the platforms that the words of the context tell.
static uint32_t
read_words(struct ranker *r, const struct query_in *in)
{
	const struct book *b = r->book;
	const uint32_t *list;
	struct found_words f;
	uint32_t told = 0;
	r->n_words = 0;
	for (size_t i = 0; i < in->n_context; i++) {
		if (in->context_sums) {
			const struct memo_slot *s = recall_value(r, in, i, &list);
			mark_words(r, list, s->n);
		} else {
			find_words(&f, r, in, i);
			mark_words(r, f.v, f.n);
		}
	}
	for (size_t i = 0; i < b->n_marks; i++)
		if (r->word_marks[b->marks[i].word / 64] >> b->marks[i].word % 64 & 1)
			told |= b->marks[i].bits;
	for (size_t w = 0; w < r->n_words; w++)
		r->word_marks[r->words[w] / 64] = 0;
	choose_words(r);
	return told;
}

// The same, if there were such values before from memory.
static uint32_t
recall_words(struct ranker *r, const struct query_in *in)
{
	struct memo *m = r->memo;
	uint64_t sum = m->secret;
	const uint32_t *list;
	uint32_t fresh[1 + CHOSEN_MAX];
	for (size_t i = 0; i < in->n_context; i++)
		__builtin_prefetch(&m->slot[in->context_sums[i] % (MEMO_SLOTS / MEMO_WAYS) * MEMO_WAYS]);
	for (size_t i = 0; i < in->n_context; i++) {
		const struct memo_slot *s = recall_value(r, in, i, &list);
		sum = s->n ? lof_mix(sum ^ s->list, m->secret) : sum;
	}
	struct memo_slot *s = memo_slot(m, sum);
	list = memo_find(m, s, sum);
	if (list) {
		r->n_words = s->n - 1;
		memcpy(r->words, list + 1, r->n_words * sizeof *list);
		return list[0];
	}
	fresh[0] = read_words(r, in);
	memcpy(fresh + 1, r->words, r->n_words * sizeof *fresh);
	memo_keep(m, memo_slot(m, sum), sum, fresh, 1 + r->n_words);
	return fresh[0];
}

// What the event's fields say; else what its producer is for; else what its paths, host names and words tell. Whose cloud
// it is words always may tell.
static void
add_platforms(struct ranker *r, const struct query_in *in, uint32_t told)
{
	r->platforms = 0;
	for (size_t i = 0; i < in->n_platforms; i++)
		r->platforms |= platform_of(in->platforms[i]);
	for (size_t i = 0; !r->platforms && i < in->n_producers; i++)
		r->platforms = platform_of(in->producers[i]);
	for (size_t i = 0; !r->platforms && i < in->n_context; i++) {
		struct lof_str v = in->context[i];
		r->platforms = platform_seen(LOF_STR(v.p, v.n < CONTEXT_BYTES ? v.n : CONTEXT_BYTES));
	}
	const uint32_t hosted = r->platforms & (PLATFORM_IAAS | PLATFORM_LINUX) ? PLATFORM_CONTAINERS : 0; // that may run there
	r->platforms |= r->platforms ? told & (PLATFORM_CLOUDS | hosted) : told;
	r->platforms |= r->platforms & PLATFORM_CONTAINERS ? PLATFORM_LINUX : 0; // in them is nothing else
}

bool
rank_query(struct ranker *r, const struct query_in *in)
{
	next_epoch(r);
	r->n_query = r->n_words = r->n_keys = r->n_techniques = r->n_site = r->expired = 0;
	r->too_long = false;
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
	add_platforms(r, in, in->context_sums ? recall_words(r, in) : read_words(r, in));
	rank_query_put(r, 0x7fffffffu);
	rank_query_put(r, r->platforms);
	r->n_head = r->n_query;
	for (size_t i = 0; i < r->n_words; i++)
		rank_query_put(r, r->words[i]);
	return true;
}
