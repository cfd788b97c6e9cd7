#include "notes/rank.h"

#include "base/hash.h"
#include "base/ln.h"
#include "notes/twin.h"

#include <stdlib.h>

// A score lies between the belief of its match before any word is looked at, and what that can rise to: evidence fills
// what is between. A site's own note goes before that of the very rule by its id, that before one by its name, and that
// before all others; of those a note of the very technique goes before one of its family with equal words, and words can
// turn that round.
static const struct {
	float from, to;
} belief[MATCH_COUNT] = {
	[MATCH_SITE] = { 0.95F, 1.0F }, [MATCH_RULE] = { 0.90F, 0.95F }, [MATCH_NAMED] = { 0.85F, 0.90F },
	[MATCH_SUB] = { 0.35F, 0.85F }, [MATCH_TECHNIQUE] = { 0.35F, 0.85F }, [MATCH_CHILD] = { 0.28F, 0.85F },
	[MATCH_PARENT] = { 0.25F, 0.85F }, [MATCH_TAG] = { 0.15F, 0.85F },
};
static const float evidence_half = 6.0F; // evidence (a sum of word weights) that fills half of what is left
static const float detail = 0.03F;       // a note that says more goes before one that says less, all else equal
static const float wrong_platform = 0.15F; // factor for notes about other platforms than the event's: behind all that fit

const char *
match_name(enum match m)
{
	static const char *const names[] = { "site", "rule", "rule", "sub-technique", "technique", "sub-technique", "parent", "tag" };
	return names[m];
}

// How much a word tells by where it stands (WORD_*): in a note, and in what is kept of a rule.
static const float in_note[8] = { [WORD_TEXT] = 0.8F, [WORD_TERM] = 1.05F, [WORD_TEXT | WORD_TERM] = 1.2F };
static const float in_rule[8] = {
	[WORD_DESCRIBES] = 0.5F, [WORD_NAME] = 0.9F, [WORD_NAME | WORD_DESCRIBES] = 1.0F,
	[WORD_SOUGHT] = 1.0F, [WORD_SOUGHT | WORD_DESCRIBES] = 1.2F, [WORD_SOUGHT | WORD_NAME] = 1.4F,
	[WORD_SOUGHT | WORD_NAME | WORD_DESCRIBES] = 1.5F,
};

enum { WORD_LIST = 1024, TWINS = 5 };

// The numbers of an index in words' lists, notes and then rules, are counted on from here.
static inline uint32_t
post_base(const struct book *b, size_t i)
{
	return b->note_base[i] + b->rule_base[i];
}

static inline size_t
fits_words(const struct book *b)
{
	return post_base(b, b->n) / 64 + (size_t)1;
}

bool
rank_init(struct ranker *r, const struct book *b)
{
	size_t notes = b->note_base[b->n] + (size_t)1, rules = b->rule_base[b->n] + (size_t)1;
	*r = (struct ranker){ .book = b };
	r->picks = malloc(sizeof *r->picks * notes);
	r->note_mark = calloc(notes, sizeof *r->note_mark);
	r->word_mark = calloc(b->word_base[b->n] + (size_t)1, sizeof *r->word_mark);
	r->evidence = calloc(notes, sizeof *r->evidence);
	r->touched = calloc(notes, sizeof *r->touched);
	r->rule_mark = calloc(rules, sizeof *r->rule_mark);
	r->rule_evidence = calloc(rules, sizeof *r->rule_evidence);
	r->rules_touched = calloc(rules, sizeof *r->rules_touched);
	r->memo = rank_memo_new();
	for (uint32_t m = 0; m < LN_KEPT; m++)
		r->ln[m] = lof_ln(2 * (uint64_t)m + 1);
	r->site = calloc(b->site.n + 1, sizeof *r->site);
	r->site_picks = calloc(b->site.n + 1, sizeof *r->site_picks);
	uint8_t *match = calloc(SETS, notes);
	uint64_t *fits = calloc(SETS * fits_words(b), sizeof *fits);
	for (size_t i = 0; i < SETS; i++) {
		r->sets[i].match = match ? match + i * notes : NULL;
		r->sets[i].fits = fits ? fits + i * fits_words(b) : NULL;
	}
	return r->picks && r->note_mark && r->word_mark && r->evidence && r->touched && r->rule_mark && r->rule_evidence &&
	    r->rules_touched && r->memo && r->site && r->site_picks && match && fits;
}

void
rank_free(struct ranker *r)
{
	free(r->picks);
	free(r->note_mark);
	free(r->word_mark);
	free(r->evidence);
	free(r->touched);
	free(r->rule_mark);
	free(r->rule_evidence);
	free(r->rules_touched);
	free(r->memo);
	free(r->site);
	free(r->site_picks);
	free(r->sets[0].match);
	free(r->sets[0].fits);
}

// --- the answer -----------------------------------------------------------------------------------------------------

static void
add_note(struct ranker *r, struct note_set *set, uint32_t no, enum match m)
{
	uint8_t *have = &set->match[no = r->book->facts[no].same];
	if (*have == 0)
		r->touched[r->n_touched++] = no;
	if (*have == 0 || *have > m + 1)
		*have = (uint8_t)(m + 1);
}

static inline bool
fits(const struct note_set *set, uint32_t post)
{
	return set->fits[post / 64] >> post % 64 & 1;
}

// Rule `no` of index i.
static inline bool
rule_fits(const struct ranker *r, const struct note_set *set, size_t i, uint32_t no)
{
	return fits(set, r->book->note_base[i + 1] + r->book->rule_base[i] + no);
}

static void
add_rule(const struct ranker *r, struct note_set *set, size_t i, uint32_t no)
{
	uint32_t post = r->book->note_base[i + 1] + r->book->rule_base[i] + no;
	set->rules += !fits(set, post);
	set->fits[post / 64] |= (uint64_t)1 << post % 64;
}

static void
add_technique(struct ranker *r, struct note_set *set, size_t i, attack_id id, enum match m)
{
	struct posting notes, rules;
	if (!index_find_technique(r->book->ix[i], id, &notes, &rules))
		return;
	for (size_t k = 0; k < notes.n; k++)
		add_note(r, set, r->book->note_base[i] + notes.v[k], m);
	for (size_t k = 0; k < rules.n; k++)
		add_rule(r, set, i, rules.v[k]);
}

// The technique itself; for a sub-technique its parent too; for a technique all its sub-techniques.
static void
add_family(struct ranker *r, struct note_set *set, attack_id id)
{
	const struct book *b = r->book;
	enum match self = attack_is_sub(id) ? MATCH_SUB : MATCH_TECHNIQUE;
	for (size_t i = 0; i < b->n; i++) {
		add_technique(r, set, i, id, self);
		if (attack_is_sub(id))
			add_technique(r, set, i, attack_parent(id), MATCH_PARENT);
		else
			for (attack_id sub = id; attack_parent(sub = index_next_technique(b->ix[i], sub)) == id;)
				add_technique(r, set, i, sub, MATCH_CHILD);
	}
	for (size_t i = 0; i < b->n_stale; i++) {
		const struct stale *s = &b->stale[i];
		if (s->now == id)
			add_technique(r, set, s->index, s->was, self);
		else if (s->now == attack_parent(id))
			add_technique(r, set, s->index, s->was, MATCH_PARENT);
		else if (attack_parent(s->now) == id)
			add_technique(r, set, s->index, s->was, MATCH_CHILD);
	}
}

// The notes of the event's own rule, or of its tag.
static void
add_key_notes(struct ranker *r, struct note_set *set, size_t k)
{
	const struct book *b = r->book;
	size_t i = r->keys[k].index;
	struct posting of = r->keys[k].of;
	for (size_t j = 0; j < of.n; j++) {
		if (r->keys[k].kind == KEY_TAG) {
			add_note(r, set, b->note_base[i] + of.v[j], MATCH_TAG);
			continue;
		}
		struct posting notes = index_rule_notes(b->ix[i], of.v[j]);
		add_rule(r, set, i, of.v[j]);
		for (size_t n = 0; n < notes.n; n++)
			add_note(r, set, b->note_base[i] + notes.v[n], r->keys[k].kind == KEY_RULE_ID ? MATCH_RULE : MATCH_NAMED);
	}
}

static inline float
evidence_of(const struct ranker *r, uint32_t no)
{
	return r->note_mark[no] == r->epoch ? r->evidence[no].own * r->book->facts[no].scale + r->evidence[no].rules : 0;
}

// Is a note about other platforms than the event's, or about another cloud?
static inline bool
is_elsewhere(uint32_t event, uint32_t note)
{
	const uint32_t clouds = PLATFORM_CLOUDS, online = PLATFORM_IAAS | PLATFORM_IDENTITY | PLATFORM_OFFICE | PLATFORM_SAAS;
	const uint32_t shared = event & note;
	if (!event || !note || shared & clouds)
		return false;
	if (!(shared & ~clouds))
		return true;
	// Whoever shares an operating system with the note is at home in it, whatever cloud it is in.
	return !(shared & ~(clouds | online)) && event & clouds && note & clouds;
}

static inline float
score_of(const struct ranker *r, const struct note_set *set, uint32_t no)
{
	const struct note_facts *n = &r->book->facts[no];
	enum match m = (enum match)(set->match[no] - 1);
	float e = evidence_of(r, no), room = belief[m].to - belief[m].from;
	float s = belief[m].from + room * ((1 - detail) * (e / (e + evidence_half)) + detail * n->said);
	if (m > MATCH_NAMED && is_elsewhere(r->platforms, n->platforms))
		s *= wrong_platform;
	return s;
}

// Better score first, then better match, then the order of the index: the same every time.
static bool
before(const struct pick *a, const struct pick *b)
{
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score;
	return a->match != b->match ? a->match < b->match : a->note < b->note;
}

static int
by_order(const void *a, const void *b)
{
	return before(a, b) ? -1 : before(b, a) ? 1 : 0;
}

static inline void
keep_best(struct ranker *r, const struct note_set *set, uint32_t no, size_t max, float min_score)
{
	float score = score_of(r, set, no);
	size_t i = r->n_picks;
	if (score < min_score || (i == max && score < r->picks[i - 1].score))
		return;
	struct pick p = { .note = no, .rule = NO_RULE, .score = score, .match = (enum match)(set->match[no] - 1) };
	if (i == max && !before(&p, &r->picks[i - 1]))
		return;
	if (i == max)
		i--;
	else
		r->n_picks++;
	for (; i > 0 && before(&p, &r->picks[i - 1]); i--)
		r->picks[i] = r->picks[i - 1];
	r->picks[i] = p;
}

static void
fill_set(struct ranker *r, struct note_set *set)
{
	memset(set->match, 0, r->book->note_base[r->book->n]);
	memset(set->fits, 0, fits_words(r->book) * sizeof *set->fits);
	set->total = set->placeholders = set->rules = 0;
	r->n_touched = 0; // so far the notes of the set
	for (size_t k = 0; k < r->n_keys; k++)
		add_key_notes(r, set, k);
	for (size_t t = 0; t < r->n_techniques; t++)
		add_family(r, set, r->techniques[t]);
	r->n_picks = 0; // no word speaks yet: what is best now is best among the silent
	for (size_t i = 0; i < r->n_touched; i++) {
		uint32_t no = r->touched[i];
		if (r->book->facts[no].flags & NOTE_PLACEHOLDER) { // counted once, however often it is listed; never shown
			set->match[no] = 0;
			set->placeholders++;
			continue;
		}
		uint32_t post = no + r->book->rule_base[book_of(r->book->note_base, r->book->n, no)];
		set->fits[post / 64] |= (uint64_t)1 << post % 64;
		if (r->book->facts[no].flags & NOTE_SITE) // only the event can tell whether its conditions hold
			continue;
		set->total++;
		keep_best(r, set, no, SET_BEST, 0);
	}
	set->ln_notes = lof_ln(2 * ((uint64_t)set->total + set->placeholders) + 2);
	set->ln_rules = lof_ln(2 * (uint64_t)set->rules + 2);
	for (set->n_best = 0; set->n_best < r->n_picks; set->n_best++)
		set->best[set->n_best] = r->picks[set->n_best].note;
}

static struct note_set *
find_set(struct ranker *r)
{
	struct lof_str head = LOF_STR((const char *)r->query, r->n_head * sizeof *r->query);
	struct note_set *all = &r->sets[lof_hash(0, head) % (SETS / SET_WAYS) * SET_WAYS], *set = all;
	for (size_t i = 0; i < SET_WAYS; i++) {
		if (all[i].n_key == r->n_head && memcmp(all[i].key, r->query, head.n) == 0) {
			all[i].used = r->epoch;
			return &all[i];
		}
		set = all[i].used < set->used ? &all[i] : set;
	}
	fill_set(r, set);
	set->used = r->epoch;
	set->n_key = r->n_head <= SET_KEY && !r->too_long ? (uint32_t)r->n_head : 0;
	memcpy(set->key, r->query, set->n_key * sizeof *set->key);
	return set;
}

void
rank_site(struct ranker *r, struct when *w, uint32_t now)
{
	const struct site *s = &r->book->site;
	r->n_site = r->expired = 0;
	if (s->n == 0)
		return;
	const struct note_set *set = find_set(r);
	for (uint32_t i = 0; i < s->n; i++) {
		bool fits = set->match[s->notes[i].note] || s->notes[i].anywhere;
		if (!fits || (w && !when_holds(w, i)))
			continue;
		if (s->notes[i].expires && s->notes[i].expires <= now) {
			r->expired++;
			continue;
		}
		r->site[r->n_site++] = i;
		rank_query_put(r, i);
	}
	rank_query_put(r, (uint32_t)r->expired);
}

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

// How much of a word's weight is left when m of the n that fit have it: all for one, half for all. What most notes of a
// technique say tells none of them from the others. `all` is ln of 2 n + 2.
static inline float
telling(const struct ranker *r, uint32_t m, uint32_t all)
{
	uint32_t some = m < LN_KEPT ? r->ln[m] : lof_ln(2 * (uint64_t)m + 1);
	return 0.5F + 0.5F * (float)(all - some) / (float)(all - r->ln[1]);
}

// A word of the event tells for the notes and the rules that have it. Few in its list fit, and which ones follows no
// pattern: no branch asks. (What an earlier index says too has its words there: it fits under its number there alone.)
static void
weigh_word(struct ranker *r, const struct note_set *set, size_t w)
{
	const struct book *b = r->book;
	size_t i = book_of(b->word_base, b->n, r->words[w]);
	const struct index_word_info info = r->info[w];
	const uint32_t base = post_base(b, i), rules = b->note_base[i + 1] - b->note_base[i];
	uint32_t post[WORD_LIST], n = 0, notes = 0;
	for (size_t k = 0; k < info.in.n && n < WORD_LIST; k++) {
		post[n] = info.in.v[k];
		n += fits(set, base + (post[n] >> WORD_FIELD_BITS));
	}
	while (notes < n && post[notes] >> WORD_FIELD_BITS < rules)
		notes++;
	float by_note = notes ? info.idf * telling(r, notes, set->ln_notes) : 0;
	float by_rule = n > notes ? info.idf * telling(r, n - notes, set->ln_rules) : 0;
	for (uint32_t k = 0; k < notes; k++) {
		struct evidence *e = touch(r, b->note_base[i] + (post[k] >> WORD_FIELD_BITS));
		e->words |= (uint64_t)1 << w;
		e->own += by_note * in_note[post[k] & WORD_FIELDS];
	}
	for (uint32_t k = notes; k < n; k++)
		weigh_rule(r, b->rule_base[i] + (post[k] >> WORD_FIELD_BITS) - rules, (uint64_t)1 << w,
		    by_rule * in_rule[post[k] & WORD_FIELDS]);
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

// --- what is told of those that were picked --------------------------------------------------------------------------

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
static void
explain_pick(struct ranker *r, struct pick *p)
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

// Which of the note's rules is shown: the event's own, else the one whose words told most, else the first that has a
// technique of the event's.
static uint32_t
rule_of(const struct ranker *r, const struct note_set *set, const struct pick *p)
{
	const struct book *b = r->book;
	size_t i = book_of(b->note_base, b->n, p->note);
	struct posting rules = index_note(b->ix[i], p->note - b->note_base[i]).rules;
	uint32_t best = r->note_mark[p->note] == r->epoch ? r->evidence[p->note].rule : NO_RULE;
	for (size_t k = 0; p->match <= MATCH_NAMED && k < r->n_keys; k++)
		for (size_t j = 0; r->keys[k].kind != KEY_TAG && j < r->keys[k].of.n; j++) {
			size_t at = r->keys[k].index;
			struct posting notes = index_rule_notes(b->ix[at], r->keys[k].of.v[j]);
			for (size_t n = 0; n < notes.n; n++)
				if (b->facts[b->note_base[at] + notes.v[n]].same == p->note)
					return b->rule_base[at] + r->keys[k].of.v[j];
		}
	for (size_t k = 0; best == NO_RULE && k < rules.n; k++)
		if (rule_fits(r, set, i, rules.v[k]))
			best = b->rule_base[i] + rules.v[k];
	return best != NO_RULE || rules.n == 0 ? best : b->rule_base[i] + rules.v[0];
}

// By which technique the note was found.
static attack_id
found_by(const struct ranker *r, const struct pick *p)
{
	const struct index_note n = book_note(r->book, p->note);
	for (size_t t = 0; p->match > MATCH_NAMED && p->match < MATCH_TAG && t < r->n_techniques; t++)
		for (size_t k = 0; k < n.n_techniques; k++) {
			attack_id want = r->techniques[t], have = attack_canonical(n.techniques[k]);
			if (p->match == MATCH_PARENT ? attack_is_sub(want) && have == attack_parent(want) :
				p->match == MATCH_CHILD ? attack_parent(have) == want && have != want : have == want)
				return have;
		}
	return 0;
}

// Notes about other platforms are shown only when there is nothing else, or when all are asked for.
static void
drop_elsewhere(struct ranker *r, size_t max)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->n_picks; i++)
		if (r->picks[i].match <= MATCH_NAMED || !is_elsewhere(r->platforms, r->book->facts[r->picks[i].note].platforms))
			r->picks[kept++] = r->picks[i];
	if (kept && max)
		r->n_picks = kept;
}

// What says nearly the same as a better one is left out.
static void
drop_twins(struct ranker *r)
{
	struct index_note note[SET_BEST];
	size_t kept = 0;
	for (size_t i = 0; i < r->n_picks && kept < SET_BEST; i++) {
		size_t k = 0;
		note[kept] = book_note(r->book, r->picks[i].note);
		while (k < kept && !(twin_may(note[k].stems, note[kept].stems) && twin_texts(note[k].text, note[kept].text)))
			k++;
		if (k == kept)
			r->picks[kept++] = r->picks[i];
	}
	r->n_picks = kept;
}

// One with more conditions goes before one with less, and then the one that more of the event's words speak for.
static float
site_score(const struct ranker *r, const struct site_note *n)
{
	float e = evidence_of(r, n->note), more = 1 / (float)(1 + n->n), room = belief[MATCH_SITE].to - belief[MATCH_SITE].from;
	return belief[MATCH_SITE].from + room * (1 - more + 0.5F * more * (e / (e + evidence_half)));
}

// The site's own go before all others.
static void
put_site(struct ranker *r, const struct note_set *set, size_t max, float min_score)
{
	const struct site *s = &r->book->site;
	size_t n = 0;
	if (r->n_site == 0)
		return;
	struct pick *own = r->site_picks;
	for (size_t i = 0; i < r->n_site; i++) {
		const struct site_note *x = &s->notes[r->site[i]];
		uint8_t found = set->match[x->note];
		struct pick p = { .note = x->note, .rule = NO_RULE, .match = found ? (enum match)(found - 1) : MATCH_TAG, .site = r->site[i],
			.score = site_score(r, x) };
		if (p.score < min_score)
			continue;
		p.technique = found_by(r, &p);
		p.rule = rule_of(r, set, &p);
		explain_pick(r, &p);
		p.match = MATCH_SITE;
		size_t at = n++;
		for (; at > 0 && before(&p, &own[at - 1]); at--)
			own[at] = own[at - 1];
		own[at] = p;
	}
	if (max && n > max)
		n = max;
	size_t others = max && r->n_picks > max - n ? max - n : r->n_picks;
	memmove(r->picks + n, r->picks, others * sizeof *r->picks);
	memcpy(r->picks, own, n * sizeof *own);
	r->n_picks = n + others;
}

void
rank_answer(struct ranker *r, size_t max, float min_score)
{
	const struct note_set *set = find_set(r);
	size_t notes = r->book->note_base[r->book->n], few = max + TWINS < SET_BEST ? max + TWINS : SET_BEST;
	r->total = set->total + r->n_site;
	r->placeholders = set->placeholders;
	weigh_words(r, set);
	weigh_rules(r, set);
	r->n_picks = 0;
	if (max == 0 || max > SET_BEST) { // many are wanted: all are scored and sorted
		for (uint32_t no = 0; no < notes; no++)
			if (set->match[no] && !(r->book->facts[no].flags & NOTE_SITE)) {
				struct pick p = { .note = no, .rule = NO_RULE, .score = score_of(r, set, no),
					.match = (enum match)(set->match[no] - 1) };
				if (p.score >= min_score)
					r->picks[r->n_picks++] = p;
			}
		qsort(r->picks, r->n_picks, sizeof *r->picks, by_order);
	} else {
		for (size_t i = 0; i < r->n_touched; i++)
			if (!(r->book->facts[r->touched[i]].flags & NOTE_SITE))
				keep_best(r, set, r->touched[i], few, min_score);
		for (size_t i = 0; i < set->n_best; i++)
			if (r->note_mark[set->best[i]] != r->epoch)
				keep_best(r, set, set->best[i], few, min_score);
		drop_twins(r);
	}
	drop_elsewhere(r, max);
	if (max && r->n_picks > max)
		r->n_picks = max;
	for (size_t i = 0; i < r->n_picks; i++) {
		r->picks[i].technique = found_by(r, &r->picks[i]);
		r->picks[i].rule = rule_of(r, set, &r->picks[i]);
		explain_pick(r, &r->picks[i]);
	}
	put_site(r, set, max, min_score);
}

struct lof_str
rank_word(const struct ranker *r, uint32_t word)
{
	size_t i = book_of(r->book->word_base, r->book->n, word);
	return index_word_info(r->book->ix[i], word - r->book->word_base[i]).text;
}
