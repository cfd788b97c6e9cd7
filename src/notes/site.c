#include "notes/site.h"

#include "json/jstr.h"
#include "notes/note.h"

#include <stdlib.h>

// --- made with the book ---------------------------------------------------------------------------------------------

static struct lof_str
decoded(struct lof_arena *a, struct lof_str escaped)
{
	char *p = arena_alloc(a, escaped.n + 1);
	size_t n = 0;
	jstr_decode(escaped, p, escaped.n, &n); // the index was verified: it decodes
	return LOF_STR(p, n);
}

static enum lof_rc
add_condition(struct site *s, const struct index_condition *x, struct lof_err *e)
{
	struct site_condition *c = &s->conditions[s->n_conditions];
	const char *why;
	*c = (struct site_condition){ .kind = x->kind, .path = x->path, .pattern = decoded(&s->arena, x->pattern) };
	c->node = paths_add(s->paths, PATH_ROOT, decoded(&s->arena, x->path), PATH_VALUE, &why);
	if (c->node == PATH_DEAD)
		return lof_err_set(e, LOF_E_INDEX, "damaged index: a condition's path", x->path);
	s->n_conditions++;
	if (c->kind == CONDITION_REGEX && !(c->code = pattern_compile(c->pattern)))
		return lof_err_set(e, LOF_E_INDEX, "a condition's pattern does not compile with this PCRE2", c->pattern);
	return LOF_OK;
}

// By what is the note found?
static void
add_families(struct site *s, struct site_note *to, const struct index *ix, const struct index_note *n)
{
	bool tagged = n->tags.n > 0;
	for (size_t i = 0; i < n->n_techniques; i++) {
		uint32_t family = (attack_canonical(n->techniques[i]) & ~ATTACK_ATLAS) / 1000;
		s->families[family / 64] |= (uint64_t)1 << family % 64;
	}
	for (size_t i = 0; i < n->rules.n && !tagged; i++) {
		struct index_rule r = index_rule(ix, n->rules.v[i]);
		tagged = r.id.n || r.name.n;
	}
	to->anywhere = !tagged && n->n_techniques == 0 && to->n;
	s->every_event |= tagged || to->anywhere;
}

static enum lof_rc
add_notes(struct site *s, const struct index *ix, uint32_t base, struct lof_err *e)
{
	size_t at = 0, end = index_condition_count(ix);
	enum lof_rc rc = LOF_OK;
	for (uint32_t no = 0; !rc && no < index_count(ix); no++) {
		if (!(index_facts(ix, no).flags & NOTE_SITE))
			continue;
		struct index_note n = index_note(ix, no);
		struct site_note *to = &s->notes[s->n++];
		*to = (struct site_note){ .note = base + no, .first = (uint32_t)s->n_conditions, .expires = n.expires };
		for (; !rc && at < end && index_condition(ix, (uint32_t)at).note == no; at++) {
			struct index_condition c = index_condition(ix, (uint32_t)at);
			rc = add_condition(s, &c, e);
		}
		to->n = (uint32_t)s->n_conditions - to->first;
		add_families(s, to, ix, &n);
	}
	return rc;
}

enum lof_rc
site_make(struct site *s, struct index *const *ix, const uint32_t *base, size_t n, struct lof_err *e)
{
	size_t notes = 0, conditions = 0;
	enum lof_rc rc = LOF_OK;
	site_free(s);
	for (size_t i = 0; i < n; i++) {
		conditions += index_condition_count(ix[i]);
		for (uint32_t no = 0; no < index_count(ix[i]); no++)
			notes += (index_facts(ix[i], no).flags & NOTE_SITE) != 0;
	}
	if (notes == 0)
		return LOF_OK;
	s->notes = arena_array(&s->arena, notes, sizeof *s->notes);
	s->conditions = arena_array(&s->arena, conditions + 1, sizeof *s->conditions);
	s->paths = conditions ? paths_new(&s->arena, false) : NULL;
	for (size_t i = 0; !rc && i < n; i++)
		rc = add_notes(s, ix[i], base[i], e);
	if (s->paths)
		paths_freeze(s->paths);
	return rc;
}

void
site_free(struct site *s)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		pcre2_code_free(s->conditions[i].code);
	arena_free(&s->arena);
	*s = (struct site){ 0 };
}

uint32_t
site_next_expiry(const struct site *s, uint32_t now)
{
	uint32_t next = UINT32_MAX;
	for (size_t i = 0; i < s->n; i++)
		if (s->notes[i].expires > now && s->notes[i].expires < next)
			next = s->notes[i].expires;
	return next;
}

// --- an event -------------------------------------------------------------------------------------------------------

bool
when_init(struct when *w, const struct site *s)
{
	*w = (struct when){ .site = s };
	w->given_up = calloc(s->n_conditions + 1, sizeof *w->given_up);
	w->troubles = calloc(s->n_conditions + 1, sizeof *w->troubles);
	return matcher_init(&w->matcher) && w->given_up && w->troubles;
}

void
when_free(struct when *w)
{
	matcher_free(&w->matcher);
	scan_free(&w->scan);
	buf_free(&w->scratch);
	free(w->given_up);
	free(w->troubles);
}

void
when_look(struct when *w, const char *text, size_t n)
{
	w->scan.n_hits = 0;
	if (w->site->paths)
		scan_event(&w->scan, w->site->paths, text, n, LOF_LIT(""));
}

// The whole of v against a pattern with * and ?, ASCII case ignored. What the last * took is given back byte by byte, so
// that the time is at most the product of both lengths.
static bool
wild(struct lof_str pattern, struct lof_str v)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;
	while (i < v.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern.n && (pattern.p[p] == '?' ||
		               lof_lower((unsigned char)pattern.p[p]) == lof_lower((unsigned char)v.p[i]))) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool
matches(struct when *w, size_t no, struct lof_str v)
{
	const struct site_condition *c = &w->site->conditions[no];
	size_t span[4];
	if (c->kind == CONDITION_LITERAL)
		return lof_str_ieq(c->pattern, v);
	if (c->kind == CONDITION_WILD)
		return wild(c->pattern, v);
	int found = w->given_up[no] ? 0 : matcher_find(&w->matcher, c->code, v, 0, span);
	if (found < 0) {
		w->given_up[no] = true;
		w->troubles[w->n_troubles++] = (uint32_t)no;
		w->limits++;
	}
	return found > 0;
}

// The alternatives of a note at one path: from `first` to where this is.
static size_t
end_of_path(const struct site *s, const struct site_note *n, size_t first)
{
	size_t end = first + 1;
	while (end < n->first + n->n && s->conditions[end].node == s->conditions[first].node)
		end++;
	return end;
}

bool
when_path_holds(struct when *w, size_t no, size_t first)
{
	const size_t end = end_of_path(w->site, &w->site->notes[no], first);
	path_node node = w->site->conditions[first].node;
	for (size_t h = 0; h < w->scan.n_hits; h++) {
		const struct scan_hit *hit = &w->scan.hits[h];
		struct lof_str v = LOF_STR(hit->p, hit->n);
		if (hit->node != node || hit->kind == SCAN_CONTAINER)
			continue;
		if (hit->escaped) {
			w->scratch.n = 0;
			char *room = buf_room(&w->scratch, v.n);
			if (!jstr_decode(v, room, v.n, &v.n))
				continue; // no text: a lone surrogate
			v.p = room;
		}
		for (size_t i = first; i < end; i++)
			if (matches(w, i, v))
				return true;
	}
	return false;
}

bool
when_holds(struct when *w, size_t no)
{
	const struct site_note *n = &w->site->notes[no];
	for (size_t i = n->first; i < n->first + n->n; i = end_of_path(w->site, n, i))
		if (!when_path_holds(w, no, i))
			return false;
	return true;
}
