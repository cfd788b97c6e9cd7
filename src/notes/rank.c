#include "notes/rank_parts.h"

#include "base/ln.h"
#include "notes/twin.h"

#include <stdlib.h>

const char *
match_name(enum match m)
{
	static const char *const names[] = { "site", "rule", "rule", "sub-technique", "technique", "sub-technique", "parent", "tag" };
	return names[m];
}

enum { TWINS = 5 }; // so many more are picked, to be left out again

bool
rank_init(struct ranker *r, const struct book *b)
{
	size_t notes = b->note_base[b->n] + (size_t)1, rules = b->rule_base[b->n] + (size_t)1;
	*r = (struct ranker){ .book = b };
	r->picks = malloc(sizeof *r->picks * notes);
	r->note_mark = calloc(notes, sizeof *r->note_mark);
	r->word_marks = calloc(b->word_base[b->n] / 64 + (size_t)1, sizeof *r->word_marks);
	r->evidence = calloc(notes, sizeof *r->evidence);
	r->touched = calloc(notes, sizeof *r->touched);
	r->rule_mark = calloc(rules, sizeof *r->rule_mark);
	r->rule_evidence = calloc(rules, sizeof *r->rule_evidence);
	r->rules_touched = calloc(rules, sizeof *r->rules_touched);
	r->memo = rank_memo_new(b);
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
	return r->picks && r->note_mark && r->word_marks && r->evidence && r->touched && r->rule_mark && r->rule_evidence &&
	    r->rules_touched && r->memo && r->site && r->site_picks && match && fits;
}

void
rank_free(struct ranker *r)
{
	free(r->picks);
	free(r->note_mark);
	free(r->word_marks);
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

bool
rank_site_fits(struct ranker *r, uint32_t no)
{
	const struct site_note *n = &r->book->site.notes[no];
	return set_find(r)->match[n->note] || n->anywhere;
}

void
rank_site(struct ranker *r, struct when *w, uint32_t now)
{
	const struct site *s = &r->book->site;
	r->n_site = r->expired = 0;
	if (s->n == 0)
		return;
	for (uint32_t i = 0; i < s->n; i++) {
		if (!rank_site_fits(r, i) || (w && !when_holds(w, i)))
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

static bool
are_twins(struct ranker *r, uint32_t a, uint32_t b)
{
	struct twin_pair *p = &r->pairs[(a * 0x9E3779B1u ^ b * 0x85EBCA6Bu) >> 16 & (TWIN_PAIRS - 1)];
	if (p->a != a || p->b != b)
		*p = (struct twin_pair){ a, b, twin_texts(book_note(r->book, a).text, book_note(r->book, b).text) };
	return p->twins;
}

// What says nearly the same as a better one is left out.
static void
drop_twins(struct ranker *r)
{
	uint64_t stems[SET_BEST];
	size_t kept = 0;
	for (size_t i = 0; i < r->n_picks && kept < SET_BEST; i++) {
		size_t k = 0;
		stems[kept] = book_facts(r->book, r->picks[i].note).stems;
		while (k < kept && !(twin_may(stems[k], stems[kept]) && are_twins(r, r->picks[k].note, r->picks[i].note)))
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
		weigh_explain(r, &p);
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

// Does the event speak for it? Beside a better one a note must be met by its terms: there are other causes then.
static bool
is_good(const struct ranker *r, const struct pick *p, bool first)
{
	return p->score >= sure && (first || !(r->book->facts[p->note].flags & NOTE_TERMS) || p->match <= MATCH_NAMED ||
	    (r->note_mark[p->note] == r->epoch && r->evidence[p->note].named > 0));
}

// What fits the technique and hardly the event is shown where nothing better is, and few of that.
static void
drop_weak(struct ranker *r, const struct wanted *w)
{
	size_t good = 0, all = r->n_picks, most = all < w->weak ? all : w->weak;
	r->left_weak = false;
	if (w->weak >= w->max || r->n_words == 0)
		return;
	for (size_t i = 0; i < r->n_picks; i++)
		if (is_good(r, &r->picks[i], i == 0))
			r->picks[good++] = r->picks[i];
	r->n_picks = good ? good : most;
	r->left_weak = r->n_picks < all;
}

static int
by_order(const void *a, const void *b)
{
	return before(a, b) ? -1 : before(b, a) ? 1 : 0;
}

void
rank_answer(struct ranker *r, const struct wanted *w)
{
	const struct note_set *set = set_find(r);
	const size_t max = w->max;
	size_t notes = r->book->note_base[r->book->n], few = max + TWINS < SET_BEST ? max + TWINS : SET_BEST;
	r->total = set->total + r->n_site;
	r->placeholders = set->placeholders;
	weigh_all(r, set);
	r->n_picks = 0;
	if (max == 0 || max > SET_BEST) { // many are wanted: all are scored and sorted
		for (uint32_t no = 0; no < notes; no++)
			if (set->match[no] && !(r->book->facts[no].flags & NOTE_SITE)) {
				struct pick p = { .note = no, .rule = NO_RULE, .score = score_of(r, set, no),
					.match = (enum match)(set->match[no] - 1) };
				if (p.score >= w->score)
					r->picks[r->n_picks++] = p;
			}
		qsort(r->picks, r->n_picks, sizeof *r->picks, by_order);
	} else {
		for (size_t i = 0; i < r->n_touched; i++)
			if (!(r->book->facts[r->touched[i]].flags & NOTE_SITE))
				keep_best(r, set, r->touched[i], few, w->score);
		for (size_t i = 0; i < set->n_best; i++)
			if (r->note_mark[set->best[i]] != r->epoch)
				keep_best(r, set, set->best[i], few, w->score);
		drop_twins(r);
	}
	drop_elsewhere(r, max);
	drop_weak(r, w);
	if (max && r->n_picks > max)
		r->n_picks = max;
	for (size_t i = 0; i < r->n_picks; i++) {
		r->picks[i].technique = found_by(r, &r->picks[i]);
		r->picks[i].rule = rule_of(r, set, &r->picks[i]);
		weigh_explain(r, &r->picks[i]);
	}
	put_site(r, set, max, w->score);
}

struct lof_str
rank_word(const struct ranker *r, uint32_t word)
{
	size_t i = book_of(r->book->word_base, r->book->n, word);
	return index_word_info(r->book->ix[i], word - r->book->word_base[i]).text;
}
