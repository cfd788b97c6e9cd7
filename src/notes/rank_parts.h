// What set.c, weigh.c and rank.c share, and nobody else: from the notes that fit (set.c) by what the event's words say for
// each (weigh.c) to the best (rank.c).
#ifndef LOF_NOTES_RANK_PARTS_H
#define LOF_NOTES_RANK_PARTS_H

#include "notes/weights.h"

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

// The set of the query in hand; valid until the next is asked for.
struct note_set *set_find(struct ranker *r);

// What the words of the query say for the notes and rules of the set: r->evidence and r->rule_evidence, where marked.
void weigh_all(struct ranker *r, const struct note_set *set);
// The words that speak for a note and for the rule for which it was picked, most telling first: p->why.
void weigh_explain(struct ranker *r, struct pick *p);

static inline float
evidence_of(const struct ranker *r, uint32_t no)
{
	const struct evidence *e = &r->evidence[no];
	const struct note_facts *n = &r->book->facts[no];
	if (r->note_mark[no] != r->epoch)
		return 0;
	float all = e->own * n->scale + e->rules;
	if (n->flags & NOTE_TERMS)
		return !note_usual(n->flags) && e->named < named_enough ? all * e->named / named_enough : all;
	return !(e->words & (e->words - 1)) && e->rules <= 0 ? all * by_chance : all;
}

// Is a note about other platforms than the event's, or about another cloud?
static inline bool
is_elsewhere(uint32_t event, uint32_t note)
{
	const uint32_t clouds = PLATFORM_CLOUDS, online = PLATFORM_IAAS | PLATFORM_IDENTITY | PLATFORM_OFFICE | PLATFORM_SAAS;
	const uint32_t shared = event & note;
	if (!event || !note || shared & clouds)
		return false;
	if (!(event & ~clouds))
		return note & clouds;
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
	float s = belief[m].from + room * ((1 - detail) * (e / (e + evidence_half)) + detail * n->said) + usual_lead[note_usual(n->flags)];
	if (s > belief[m].to)
		s = belief[m].to;
	if (m > MATCH_NAMED && is_elsewhere(r->platforms, n->platforms))
		s *= wrong_platform;
	return s;
}

// Better score first, then better match, then the order of the index: the same every time.
static inline bool
before(const struct pick *a, const struct pick *b)
{
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score;
	return a->match != b->match ? a->match < b->match : a->note < b->note;
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

#endif
