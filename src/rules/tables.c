// From the drafts of all rule files to tables by node and by condition.
#include "rules/draft.h"

#include <stdlib.h>

static int
by_node_and_role(const void *pa, const void *pb)
{
	const struct use_draft *a = pa, *b = pb;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	if (a->use.role != b->use.role)
		return a->use.role < b->use.role ? -1 : 1;
	return (a->use.pattern > b->use.pattern) - (a->use.pattern < b->use.pattern);
}

// Uses that differ only in their format become one.
static void
table_uses(struct rules *r, struct drafts *from)
{
	struct use_draft *d = DRAFTS(from->uses, use_draft);
	size_t n = COUNT(from->uses, use_draft), k = 0;
	if (n)
		qsort(d, n, sizeof *d, by_node_and_role);
	r->uses = arena_array(&r->arena, n + 1, sizeof *r->uses);
	r->uses_of = arena_array(&r->arena, paths_count(r->typed), sizeof *r->uses_of);
	for (size_t i = 0; i < n; i++) {
		struct slice *s = &r->uses_of[d[i].node];
		if (i > 0 && by_node_and_role(&d[i - 1], &d[i]) == 0) {
			struct use *u = &r->uses[k - 1];
			for (size_t w = 0; w < FORMATS_MAX / 64; w++)
				u->formats[w] |= d[i].use.formats[w];
			u->rank = d[i].use.rank < u->rank ? d[i].use.rank : u->rank;
			continue;
		}
		if (s->n++ == 0)
			s->first = (uint32_t)k;
		r->uses[k++] = d[i].use;
	}
}

static int
by_node(const void *pa, const void *pb)
{
	const struct cond_draft *a = pa, *b = pb;
	return a->node != b->node ? (a->node < b->node ? -1 : 1) : (a->cond.bit > b->cond.bit) - (a->cond.bit < b->cond.bit);
}

static void
table_conds(struct rules *r, struct drafts *from)
{
	struct cond_draft *d = DRAFTS(from->conds, cond_draft);
	r->n_conds = COUNT(from->conds, cond_draft);
	r->conds = arena_array(&r->arena, r->n_conds + 1, sizeof *r->conds);
	r->conds_of = arena_array(&r->arena, paths_count(r->typed), sizeof *r->conds_of);
	if (r->n_conds)
		qsort(d, r->n_conds, sizeof *d, by_node);
	for (size_t i = 0; i < r->n_conds; i++) {
		struct slice *s = &r->conds_of[d[i].node];
		if (s->n++ == 0)
			s->first = (uint32_t)i;
		r->conds[i] = d[i].cond;
	}
}

static int
by_condition(const void *pa, const void *pb)
{
	const struct alt_draft *a = pa, *b = pb;
	return a->under != b->under ? (a->under < b->under ? -1 : 1) : (a->alt.format > b->alt.format) - (a->alt.format < b->alt.format);
}

// Each alternative is listed under the one of its conditions that the fewest alternatives share, so that few are looked
// at for an event.
static void
table_alts(struct rules *r, struct drafts *from)
{
	struct alt_draft *d = DRAFTS(from->alts, alt_draft);
	size_t n = COUNT(from->alts, alt_draft);
	uint32_t shared[CONDS_MAX] = { 0 };
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d[i].alt.n_conds; c++)
			shared[d[i].alt.conds[c]]++;
	for (size_t i = 0; i < n; i++) {
		d[i].under = d[i].alt.conds[0];
		for (size_t c = 1; c < d[i].alt.n_conds; c++)
			if (shared[d[i].alt.conds[c]] < shared[d[i].under])
				d[i].under = d[i].alt.conds[c];
	}
	if (n)
		qsort(d, n, sizeof *d, by_condition);
	r->alts = arena_array(&r->arena, n + 1, sizeof *r->alts);
	r->alts_of = arena_array(&r->arena, r->n_conds + 1, sizeof *r->alts_of);
	for (size_t i = 0; i < n; i++) {
		struct slice *s = &r->alts_of[d[i].under];
		if (s->n++ == 0)
			s->first = (uint32_t)i;
		r->alts[i] = d[i].alt;
	}
}

void
tables_make(struct rules *r, struct drafts *d)
{
	table_uses(r, d);
	table_conds(r, d);
	table_alts(r, d);
	buf_free(&d->uses);
	buf_free(&d->conds);
	buf_free(&d->alts);
}
