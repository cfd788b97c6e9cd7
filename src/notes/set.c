// The notes that fit what an event is known by, before any word is looked at.
#include "notes/rank_parts.h"

#include "base/hash.h"
#include "base/ln.h"

static void
add_note(struct ranker *r, struct note_set *set, uint32_t no, enum match m)
{
	uint8_t *have = &set->match[no = r->book->facts[no].same];
	if (*have == 0)
		r->touched[r->n_touched++] = no;
	if (*have == 0 || *have > m + 1)
		*have = (uint8_t)(m + 1);
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

struct note_set *
set_find(struct ranker *r)
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
