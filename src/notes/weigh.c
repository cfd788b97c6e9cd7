// What the event's words say: for a note by the words in it, and by those that the best single rule of it looks for.
#include "notes/rank_parts.h"

#include "base/ln.h"

enum { WORD_LIST = 1024 }; // of a longer list of notes the first count

static struct evidence *
touch(struct ranker *r, uint32_t no)
{
	if (r->note_mark[no] != r->epoch) {
		r->note_mark[no] = r->epoch;
		r->evidence[no] = (struct evidence){ .rule = NO_RULE };
		r->touched[r->n_touched++] = no;
	}
	return &r->evidence[no];
}

static void
weigh_rule(struct ranker *r, uint32_t rule, uint64_t word, float weight)
{
	if (r->rule_mark[rule] != r->epoch) {
		r->rule_mark[rule] = r->epoch;
		r->rule_evidence[rule] = (struct rule_evidence){ 0 };
		r->rules_touched[r->n_rules_touched++] = rule;
	}
	r->rule_evidence[rule].words |= word;
	r->rule_evidence[rule].weight += weight;
}

// How much of a word's weight is left when m of the n that fit have it; `all` is ln of 2 n + 2.
static inline float
telling(const struct ranker *r, uint32_t m, uint32_t all)
{
	uint32_t some = m < LN_KEPT ? r->ln[m] : lof_ln(2 * (uint64_t)m + 1);
	return telling_least + (1 - telling_least) * (float)(all - some) / (float)(all - r->ln[1]);
}

// A word of the event tells for the notes and the rules that have it. Few in its list fit, and which ones follows no
// pattern: no branch asks. (What an earlier index says too has its words there: it fits under its number there alone.)
struct telling_word {
	uint32_t post[WORD_LIST], n, notes; // what fits of its list: so many notes, then rules
	uint32_t rules;                     // number of the index's first rule, as counted in the list
	float by_note, by_rule;             // what it tells for one of them, before it is looked where it stands
};

static void
tell(const struct ranker *r, const struct note_set *set, size_t w, size_t i, struct telling_word *t)
{
	const struct book *b = r->book;
	const struct index_word_info info = r->info[w];
	const uint32_t base = post_base(b, i);
	uint32_t n = 0; // for the loop not to wait for it to be stored
	for (size_t k = 0; k < info.in.n && n < WORD_LIST; k++) {
		uint32_t post = t->post[n] = info.in.v[k];
		n += fits(set, base + (post >> WORD_FIELD_BITS));
	}
	t->rules = b->note_base[i + 1] - b->note_base[i];
	t->n = n;
	t->notes = 0;
	while (t->notes < t->n && t->post[t->notes] >> WORD_FIELD_BITS < t->rules)
		t->notes++;
	t->by_note = t->notes ? info.idf * telling(r, t->notes, set->ln_notes) : 0;
	t->by_rule = t->n > t->notes ? info.idf * telling(r, t->n - t->notes, set->ln_rules) : 0;
}

static void
weigh_word(struct ranker *r, const struct note_set *set, size_t w)
{
	const struct book *b = r->book;
	size_t i = book_of(b->word_base, b->n, r->words[w]);
	struct telling_word t;
	tell(r, set, w, i, &t);
	for (uint32_t k = 0; k < t.notes; k++) {
		struct evidence *e = touch(r, b->note_base[i] + (t.post[k] >> WORD_FIELD_BITS));
		e->words |= (uint64_t)1 << w;
		e->own += t.by_note * in_note[t.post[k] & WORD_FIELDS];
		e->named += t.by_note * (float)((t.post[k] & WORD_TERM) != 0);
	}
	for (uint32_t k = t.notes; k < t.n; k++)
		weigh_rule(r, b->rule_base[i] + (t.post[k] >> WORD_FIELD_BITS) - t.rules, (uint64_t)1 << w,
		    t.by_rule * in_rule[t.post[k] & WORD_FIELDS]);
}

static void
weigh_words(struct ranker *r, const struct note_set *set)
{
	const struct book *b = r->book;
	r->n_touched = r->n_rules_touched = 0;
	for (size_t w = 0; w < r->n_words; w++) { // their lists lie far apart: all are sent for before one is read
		size_t i = book_of(b->word_base, b->n, r->words[w]);
		r->info[w] = index_word_info(b->ix[i], r->words[w] - b->word_base[i]);
		for (size_t k = 0; k < r->info[w].in.n && k < 64; k += 16)
			__builtin_prefetch(r->info[w].in.v + k);
	}
	for (size_t w = 0; w < r->n_words; w++)
		weigh_word(r, set, w);
}

// A note is as good as the best single rule that says it.
static void
weigh_rules(struct ranker *r, const struct note_set *set)
{
	const struct book *b = r->book;
	for (size_t k = 0; k < r->n_rules_touched; k++) {
		uint32_t rule = r->rules_touched[k];
		size_t i = book_of(b->rule_base, b->n, rule);
		struct posting notes = index_rule_notes(b->ix[i], rule - b->rule_base[i]);
		float e = r->rule_evidence[rule].weight * b->rule_scale[rule];
		for (size_t n = 0; n < notes.n; n++) {
			uint32_t no = b->facts[b->note_base[i] + notes.v[n]].same;
			if (!set->match[no])
				continue;
			struct evidence *have = touch(r, no);
			if (e > have->rules || (e >= have->rules && rule < have->rule)) {
				have->rules = e;
				have->rule = rule;
			}
		}
	}
}

void
weigh_all(struct ranker *r, const struct note_set *set)
{
	weigh_words(r, set);
	weigh_rules(r, set);
}

// --- why ------------------------------------------------------------------------------------------------------------

// How much a word tells for note or rule `no`, counted as in the word's list; 0: it is not there.
static float
told(const struct index_word_info *word, uint32_t no, const float *weight)
{
	const uint32_t first = no << WORD_FIELD_BITS, past = (no + 1) << WORD_FIELD_BITS;
	size_t low = 0, high = word->in.n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (word->in.v[mid] < first)
			low = mid + 1;
		else
			high = mid;
	}
	return low < word->in.n && word->in.v[low] < past ? word->idf * weight[word->in.v[low] - first] : 0;
}

static void
put_why(struct pick *p, float weight[WHY_MAX], uint32_t word, float told_it)
{
	size_t at = p->n_why;
	if (at == WHY_MAX && weight[--at] >= told_it)
		return;
	p->n_why = (uint32_t)at + 1;
	for (; at > 0 && weight[at - 1] < told_it; at--) {
		weight[at] = weight[at - 1];
		p->why[at] = p->why[at - 1];
	}
	weight[at] = told_it;
	p->why[at] = word;
}

// The words of the event that are in the note, or in the rule for which it was picked.
void
weigh_explain(struct ranker *r, struct pick *p)
{
	const struct book *b = r->book;
	float weight[WHY_MAX];
	const bool by_rule = p->rule != NO_RULE && r->rule_mark[p->rule] == r->epoch;
	const uint64_t in_it = r->note_mark[p->note] == r->epoch ? r->evidence[p->note].words : 0;
	const uint64_t in_its_rule = by_rule ? r->rule_evidence[p->rule].words : 0;
	p->n_why = 0;
	for (uint64_t left = in_it | in_its_rule; left; left &= left - 1) {
		size_t w = (size_t)__builtin_ctzll(left), i = book_of(b->word_base, b->n, r->words[w]);
		uint32_t notes = b->note_base[i + 1] - b->note_base[i];
		float tells = in_it >> w & 1 ? told(&r->info[w], p->note - b->note_base[i], in_note) : 0;
		if (in_its_rule >> w & 1)
			tells += told(&r->info[w], notes + p->rule - b->rule_base[i], in_rule);
		put_why(p, weight, r->words[w], tells);
	}
}

void
rank_reckon(struct ranker *r, const struct pick *p, struct reckoning *out)
{
	const struct book *b = r->book;
	const struct note_set *set = set_find(r);
	const bool by_rule = p->rule != NO_RULE && r->rule_mark[p->rule] == r->epoch;
	*out = (struct reckoning){ .from = belief[p->match].from, .to = belief[p->match].to, .said = b->facts[p->note].said,
		.elsewhere = p->match > MATCH_NAMED && is_elsewhere(r->platforms, b->facts[p->note].platforms) };
	for (size_t w = 0; w < r->n_words; w++) {
		size_t i = book_of(b->word_base, b->n, r->words[w]);
		struct telling_word t;
		struct reckoned *x = &out->words[out->n_words];
		tell(r, set, w, i, &t);
		*x = (struct reckoned){ .word = r->words[w] };
		for (uint32_t k = 0; k < t.n; k++) {
			uint32_t no = t.post[k] >> WORD_FIELD_BITS, fields = t.post[k] & WORD_FIELDS;
			if (k < t.notes && b->note_base[i] + no == p->note)
				x->in_note = t.by_note * in_note[fields] * b->facts[p->note].scale;
			if (k >= t.notes && by_rule && b->rule_base[i] + no - t.rules == p->rule)
				x->in_rule = t.by_rule * in_rule[fields] * b->rule_scale[p->rule];
		}
		out->evidence += x->in_note + x->in_rule;
		out->n_words += x->in_note > 0 || x->in_rule > 0;
	}
}
