#include "rules/keys.h"

#include "base/err.h"
#include "base/buf.h"
#include "base/hash.h"
#include "json/jstr.h"
#include "rules/tag.h"

#include <stdlib.h>

bool
keys_init(struct keys *k)
{
	*k = (struct keys){ 0 };
	k->scratch = malloc(KEYS_SCRATCH);
	k->cap_scratch = KEYS_SCRATCH;
	k->plans = calloc(PLANS, sizeof *k->plans);
	return matcher_init(&k->matcher) && k->scratch && k->plans;
}

void
keys_free(struct keys *k)
{
	free(k->scratch);
	free(k->plans);
	for (size_t i = 0; i < PATTERNS_MAX; i++)
		pcre2_code_free(k->patterns[i]);
	matcher_free(&k->matcher);
}

// The value as the producer meant it. False when it is too long for the scratch or no text (lone surrogates).
static bool
decoded(struct keys *k, const struct scan_hit *h, struct lof_str *out)
{
	*out = LOF_STR(h->p, h->n);
	if (!h->escaped)
		return true;
	size_t n;
	if (!jstr_decode(*out, k->scratch + k->n_scratch, k->cap_scratch - k->n_scratch, &n))
		return false;
	*out = LOF_STR(k->scratch + k->n_scratch, n);
	k->n_scratch += n;
	return true;
}

// --- which formats --------------------------------------------------------------------------------------------------

static bool
cond_met(const struct cond *c, struct lof_str v)
{
	for (size_t i = 0; i < c->n_values; i++) {
		struct lof_str want = c->values[i];
		if (want.n && (v.n == 0 || lof_lower((unsigned char)*v.p) != lof_lower((unsigned char)*want.p)))
			continue;
		if (c->prefix ? v.n >= want.n && lof_str_ieq(LOF_STR(v.p, want.n), want) : lof_str_ieq(v, want))
			return true;
	}
	return c->n_values == 0;
}

static void
add_format(struct keys *k, const struct alt *a)
{
	size_t i = 0;
	while (i < k->n_formats && k->formats[i] != a->format)
		i++;
	if (i == FORMATS_PER_EVENT || (i < k->n_formats && k->specificity[i] >= a->n_conds))
		return;
	if (i == k->n_formats)
		k->n_formats++;
	for (; i > 0 && k->specificity[i - 1] < a->n_conds; i--) {
		k->formats[i] = k->formats[i - 1];
		k->specificity[i] = k->specificity[i - 1];
	}
	k->formats[i] = a->format;
	k->specificity[i] = (uint8_t)a->n_conds;
}

static void
recognise(struct keys *k, const struct rules *r, const struct scan *s)
{
	uint64_t have[CONDS_MAX / 64] = { 0 };
	uint16_t met[CONDS_MAX];
	size_t n_met = 0;

	const uint8_t *flags = paths_table(r->typed)->flags;
	for (size_t i = 0; i < s->n_hits; i++) {
		const struct scan_hit *h = &s->hits[i];
		if (!(flags[h->node] & PATH_TESTED))
			continue;
		struct slice at = r->conds_of[h->node];
		for (uint32_t c = at.first; c < at.first + at.n; c++) {
			const struct cond *cond = &r->conds[c];
			if (have[cond->bit / 64] >> (cond->bit % 64) & 1)
				continue;
			struct lof_str v = { 0 };
			if (cond->n_values && (h->kind == SCAN_CONTAINER || !decoded(k, h, &v)))
				continue;
			k->n_scratch = 0; // nothing is kept yet
			if (cond_met(cond, v)) {
				have[cond->bit / 64] |= (uint64_t)1 << (cond->bit % 64);
				met[n_met++] = cond->bit;
			}
		}
	}
	for (size_t i = 0; i < r->n_always; i++)
		add_format(k, &(struct alt){ r->always[i], 0, NULL });
	for (size_t i = 0; i < n_met; i++)
		for (uint32_t a = r->alts_of[met[i]].first, end = a + r->alts_of[met[i]].n; a < end; a++) {
			const struct alt *alt = &r->alts[a];
			size_t c = 0;
			while (c < alt->n_conds && have[alt->conds[c] / 64] >> (alt->conds[c] % 64) & 1)
				c++;
			if (c == alt->n_conds)
				add_format(k, alt);
		}
}

static path_node
find_carrier(const struct keys *k, const struct rules *r, const struct scan *s)
{
	for (size_t i = 0; s->n_opens && i < k->n_formats; i++) {
		const struct format *f = &r->formats[k->formats[i]];
		for (size_t e = 0; e < f->n_envelopes; e++)
			for (size_t o = 0; o < s->n_opens; o++)
				if (s->opens[o].node == f->envelopes[e])
					return f->envelopes[e];
	}
	return PATH_DEAD;
}

// --- values ---------------------------------------------------------------------------------------------------------

// What the ATT&CK table says of an id; asked once for those that come again and again.
static const struct technique *
find_id(struct keys *k, attack_id raw)
{
	struct technique *t = &k->ids[raw % (sizeof k->ids / sizeof *k->ids)];
	if (t->raw != raw) {
		const struct attack_entry *a = attack_find(raw);
		*t = (struct technique){ .raw = raw, .id = a && a->became ? a->became : raw, .known = a != NULL };
	}
	return t;
}

static void
add_technique(struct keys *k, attack_id raw, path_node node)
{
	for (size_t i = 0; i < k->n_techniques; i++)
		if (k->techniques[i].raw == raw)
			return;
	if (k->n_techniques == TECHNIQUES_MAX)
		return;
	struct technique *t = &k->techniques[k->n_techniques++];
	*t = *find_id(k, raw);
	t->node = node;
}

static void
add_ids(struct keys *k, struct lof_str v, path_node node, bool strict)
{
	attack_id ids[TECHNIQUES_MAX];
	size_t n = strict ? tag_ids_strict(v, ids, TECHNIQUES_MAX) : tag_ids(v, ids, TECHNIQUES_MAX);
	for (size_t i = 0; i < n; i++)
		add_technique(k, ids[i], node);
}

// Keeps a list of rule keys in the order of belief.
static void
add_ranked(struct lof_str *list, uint8_t *ranks, path_node *nodes, size_t *n, struct lof_str v, uint8_t rank, path_node node)
{
	v = lof_str_trim(v);
	if (v.n == 0 || *n == RULES_MAX)
		return;
	for (size_t i = 0; i < *n; i++)
		if (lof_str_eq(list[i], v))
			return;
	size_t i = (*n)++;
	for (; i > 0 && ranks[i - 1] > rank; i--) {
		list[i] = list[i - 1];
		ranks[i] = ranks[i - 1];
		nodes[i] = nodes[i - 1];
	}
	list[i] = v;
	ranks[i] = rank;
	nodes[i] = node;
}

static void
take(struct keys *k, enum role role, uint8_t rank, path_node node, struct lof_str v)
{
	switch (role) {
	case ROLE_TECHNIQUE:
		add_ids(k, v, node, k->generic);
		break;
	case ROLE_RULE_ID:
		add_ranked(k->rule_ids, k->rule_id_rank, k->rule_id_node, &k->n_rule_ids, v, rank, node);
		break;
	case ROLE_RULE_NAME:
		add_ranked(k->rule_names, k->rule_name_rank, k->rule_name_node, &k->n_rule_names, v, rank, node);
		break;
	case ROLE_TAG:
		if (k->n_tags < TAGS_MAX)
			k->tags[k->n_tags++] = v;
		break;
	case ROLE_CONTEXT: // what a pattern picked out of it: decoded
		if (k->n_context < CONTEXT_MAX) {
			k->context[k->n_context] = v;
			k->context_escaped[k->n_context] = false;
			k->context_node[k->n_context++] = node;
		}
		break;
	case ROLE_PLATFORM:
		if (k->n_platforms < 8)
			k->platforms[k->n_platforms++] = v;
		break;
	default:
		break;
	}
}

static const pcre2_code *
compiled(struct keys *k, const struct rules *r, int number)
{
	if (!k->patterns[number] && !(k->patterns[number] = pattern_compile(r->patterns[number])))
		lof_no_memory(); // it compiled when the rules were loaded
	return k->patterns[number];
}

static inline void
take_context(struct keys *k, const struct scan_hit *h)
{
	if (k->n_context == CONTEXT_MAX)
		return;
	k->context[k->n_context] = LOF_STR(h->p, h->n);
	k->context_escaped[k->n_context] = h->escaped;
	k->context_node[k->n_context++] = h->node;
}

void
keys_context(struct keys *k)
{
	for (size_t i = 0; i < k->n_context; i++) {
		struct scan_hit h = { .p = k->context[i].p, .n = (uint32_t)k->context[i].n, .escaped = true };
		if (k->context_escaped[i] && !decoded(k, &h, &k->context[i]))
			k->context[i].n = 0;
		k->context_escaped[i] = false;
	}
}

// Hands every match of the rule's own pattern on.
static void
take_matches(struct keys *k, const struct rules *r, const struct use *u, path_node node, struct lof_str v)
{
	const pcre2_code *pattern = compiled(k, r, u->pattern);
	size_t at = 0, span[4];
	while (at <= v.n) {
		int found = matcher_find(&k->matcher, pattern, v, at, span);
		k->regex_limits += found < 0;
		if (found <= 0)
			return;
		if (span[2] != PCRE2_UNSET)
			take(k, u->role, u->rank, node, LOF_STR(v.p + span[2], span[3] - span[2]));
		at = span[1] > at ? span[1] : at + 1;
		while (at < v.n && (v.p[at] & 0xc0) == 0x80) // never in the middle of a character
			at++;
	}
}

static bool
used(const struct keys *k, const struct use *u)
{
	for (size_t i = 0; i < k->n_formats; i++)
		if (u->formats[k->formats[i] / 64] >> (k->formats[i] % 64) & 1)
			return true;
	return false;
}

static void
collect_one(struct keys *k, const struct rules *r, struct scan *s, const struct scan_hit *h)
{
	struct slice at = r->uses_of[h->node];
	struct lof_str v = { 0 };
	for (uint32_t u = at.first; u < at.first + at.n; u++) {
		const struct use *use = &r->uses[u];
		if (use->role == ROLE_TECHNIQUE_NAME || use->role == ROLE_TACTIC || !used(k, use))
			continue;
		if (use->role == ROLE_CONTEXT && use->pattern < 0) {
			take_context(k, h);
			continue;
		}
		if (!v.p && !decoded(k, h, &v))
			break;
		if (use->pattern >= 0)
			take_matches(k, r, use, h->node, v);
		else
			take(k, use->role, use->rank, h->node, v);
	}
	path_node inner = paths_inner_of(r->typed, h->node);
	if (inner && h->kind == SCAN_STRING && (v.p || decoded(k, h, &v)))
		scan_inner(s, r->typed, inner, v.p, v.n);
}

static void
collect(struct keys *k, const struct rules *r, struct scan *s)
{
	for (size_t i = 0; i < s->n_hits; i++) { // grows while inner texts are scanned
		const struct scan_hit h = s->hits[i];
		if (h.kind != SCAN_CONTAINER)
			collect_one(k, r, s, &h);
	}
}

// --- plans ----------------------------------------------------------------------------------------------------------

// A hash with the answers that a value gives to the rules: values differ in every event, the answers do not.
static uint64_t
compared(const struct rules *r, const struct scan_hit *h, uint64_t hash)
{
	struct slice at = r->conds_of[h->node];
	struct lof_str v = LOF_STR(h->p, h->n);
	if (h->escaped) // rare, and not worth decoding
		return lof_hash(hash, v);
	for (uint32_t c = at.first; c < at.first + at.n; c++)
		if (r->conds[c].n_values && cond_met(&r->conds[c], v))
			hash = lof_mix(hash ^ r->conds[c].bit, 0x9E3779B97F4A7C15u);
	return hash;
}

// Where the plan for these hits is, or belongs; *shape is their shape and *values the hash of what is compared. NULL
// when they are too many, or hold JSON in strings.
static struct plan *
find_plan(struct keys *k, const struct rules *r, const struct scan *s, uint16_t shape[PLAN_HITS], uint64_t *values)
{
	const uint8_t *flags = paths_table(r->typed)->flags;
	*values = 0;
	if (s->n_hits == 0 || s->n_hits > PLAN_HITS)
		return NULL;
	for (size_t i = 0; i < s->n_hits; i++) {
		const struct scan_hit *h = &s->hits[i];
		uint8_t f = flags[h->node];
		if (f & PATH_DECODED)
			return NULL;
		if (f & PATH_COMPARED && h->kind != SCAN_CONTAINER)
			*values = compared(r, h, *values);
		shape[i] = (uint16_t)(h->node << 1 | (h->kind == SCAN_CONTAINER));
	}
	return &k->plans[lof_hash(*values, LOF_STR((const char *)shape, s->n_hits * sizeof *shape)) % PLANS];
}

// What collect would do, without asking the rules again.
static void
make_plan(const struct keys *k, const struct rules *r, const struct scan *s, struct plan *p)
{
	p->n_steps = 0;
	p->n_hits = 0;
	for (size_t i = 0; i < s->n_hits; i++) {
		struct slice at = r->uses_of[s->hits[i].node];
		for (uint32_t u = at.first; s->hits[i].kind != SCAN_CONTAINER && u < at.first + at.n; u++) {
			const struct use *use = &r->uses[u];
			if (use->role == ROLE_TECHNIQUE_NAME || use->role == ROLE_TACTIC || !used(k, use))
				continue;
			if (p->n_steps == PLAN_STEPS)
				return;
			p->steps[p->n_steps++] = (struct plan_step){ (uint8_t)i, use->role, use->rank, use->pattern };
		}
	}
	p->n_formats = (uint8_t)k->n_formats;
	memcpy(p->formats, k->formats, sizeof p->formats);
	memcpy(p->specificity, k->specificity, sizeof p->specificity);
	p->n_hits = (uint16_t)s->n_hits;
}

static void
follow_plan(struct keys *k, const struct rules *r, const struct scan *s, const struct plan *p)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct plan_step *step = &p->steps[i];
		const struct scan_hit *h = &s->hits[step->hit];
		struct lof_str v;
		if (step->role == ROLE_CONTEXT && step->pattern < 0)
			take_context(k, h);
		else if (!decoded(k, h, &v))
			continue;
		else if (step->pattern >= 0)
			take_matches(k, r, &(struct use){ .role = step->role, .rank = step->rank, .pattern = step->pattern }, h->node, v);
		else
			take(k, step->role, step->rank, h->node, v);
	}
}

// --- names ----------------------------------------------------------------------------------------------------------

// Is there a value of `format` at one of its tactic paths, and is one of them an ATT&CK tactic?
static bool
tactic_allows(struct keys *k, const struct rules *r, const struct scan *s, uint16_t format)
{
	bool seen = false;
	for (size_t i = 0; r->formats[format].has_tactic && i < s->n_hits; i++) {
		struct slice at = r->uses_of[s->hits[i].node];
		for (uint32_t u = at.first; u < at.first + at.n; u++) {
			const struct use *use = &r->uses[u];
			struct lof_str v;
			if (use->role != ROLE_TACTIC || !(use->formats[format / 64] >> (format % 64) & 1) || s->hits[i].n == 0)
				continue;
			seen = true;
			if (decoded(k, &s->hits[i], &v) && attack_is_tactic(v))
				return true;
		}
	}
	return !seen;
}

// One name, or several joined by commas.
static void
add_names(struct keys *k, struct lof_str v, path_node node)
{
	attack_id id = attack_by_name(lof_str_trim(v));
	if (id) {
		add_technique(k, id, node);
		return;
	}
	struct lof_str one;
	while (memchr(v.p, ',', v.n) && lof_str_cut(&v, ',', &one))
		if ((id = attack_by_name(lof_str_trim(one))))
			add_technique(k, id, node);
	if (v.n && (id = attack_by_name(lof_str_trim(v))))
		add_technique(k, id, node);
}

static void
collect_names(struct keys *k, const struct rules *r, const struct scan *s)
{
	for (size_t f = 0; f < k->n_formats; f++) {
		uint16_t format = k->formats[f];
		int allowed = -1; // not asked yet
		for (size_t i = 0; i < s->n_hits; i++) {
			struct slice at = r->uses_of[s->hits[i].node];
			for (uint32_t u = at.first; u < at.first + at.n; u++) {
				const struct use *use = &r->uses[u];
				struct lof_str v;
				if (use->role != ROLE_TECHNIQUE_NAME || !(use->formats[format / 64] >> (format % 64) & 1))
					continue;
				if (allowed < 0)
					allowed = tactic_allows(k, r, s, format);
				if (allowed && decoded(k, &s->hits[i], &v) && v.n)
					add_names(k, v, s->hits[i].node);
			}
		}
	}
}

// --- producers nobody described -------------------------------------------------------------------------------------

static bool
generic_allowed(const struct keys *k, const struct rules *r)
{
	for (size_t i = 0; i < k->n_formats; i++)
		if (!r->formats[k->formats[i]].generic)
			return false;
	return true;
}

// Could it find anything? Where a typed rule matched, only techniques are taken from the generic one; else rule and
// tags too.
static bool
generic_helps(const struct keys *k, const struct rules *r, const char *text, size_t n)
{
	return tag_possible(text, n) || (k->want_rules && k->n_formats == r->n_always);
}

static void
collect_loose(struct keys *k, const struct rules *r, struct scan *s)
{
	bool typed = k->n_formats > r->n_always;
	k->generic = true;
	for (size_t i = 0; i < s->n_hits; i++) {
		struct scan_hit *h = &s->hits[i];
		enum role role = r->loose_role[h->node];
		struct lof_str v;
		// A typed rule knows better where rule and context are, even if it found no technique.
		if (h->kind == SCAN_CONTAINER || (typed && role != ROLE_TECHNIQUE))
			continue;
		if (role == ROLE_CONTEXT)
			take_context(k, h);
		else if (decoded(k, h, &v))
			take(k, role, 128, h->node, v);
	}
	if (k->n_techniques == 0)
		k->generic = false;
}

// Is there a technique outside of what the carrier carries? Then it is no carrier: it is an alert, one of whose members
// looks like an envelope.
static bool
is_alert_itself(struct keys *k, const struct rules *r, struct scan *s)
{
	size_t n_hits = s->n_hits, i = 0, f = 0;
	while (f < k->n_formats && r->formats[k->formats[f]].n_envelopes)
		f++;
	if (f == k->n_formats)
		return false;
	collect(k, r, s);
	while (i < k->n_techniques && paths_is_below(r->typed, k->techniques[i].node, k->carrier))
		i++;
	bool own = i < k->n_techniques;
	s->n_hits = n_hits; // without those of inner texts
	k->n_techniques = k->n_rule_ids = k->n_rule_names = k->n_tags = k->n_platforms = 0;
	k->n_context = k->n_scratch = 0;
	return own;
}

// For a text of n bytes.
static void
begin(struct keys *k, size_t n)
{
	k->n_techniques = k->n_rule_ids = k->n_rule_names = k->n_tags = k->n_platforms = 0;
	k->n_context = k->n_formats = k->n_scratch = 0;
	k->generic = false;
	if (n > k->cap_scratch / 2) { // before any span points into it
		struct lof_buf b = { .p = k->scratch, .cap = k->cap_scratch };
		k->scratch = (buf_room(&b, 2 * n), b.p);
		k->cap_scratch = b.cap;
	}
}

path_node
keys_carrier(struct keys *k, const struct rules *r, struct scan *s, size_t n)
{
	begin(k, n);
	recognise(k, r, s);
	k->carrier = find_carrier(k, r, s);
	return k->carrier && !is_alert_itself(k, r, s) ? k->carrier : PATH_DEAD;
}

void
keys_find(struct keys *k, const struct rules *r, struct scan *s, const char *text, size_t n, struct lof_str own)
{
	uint16_t shape[PLAN_HITS];
	uint64_t values;
	begin(k, n);
	struct plan *plan = find_plan(k, r, s, shape, &values);
	bool known = plan && plan->n_hits == s->n_hits && plan->values == values &&
	    memcmp(plan->shape, shape, s->n_hits * sizeof *shape) == 0;
	if (known) {
		k->n_formats = plan->n_formats;
		memcpy(k->formats, plan->formats, sizeof k->formats);
		memcpy(k->specificity, plan->specificity, sizeof k->specificity);
	} else {
		recognise(k, r, s);
	}
	k->carrier = find_carrier(k, r, s);
	if (k->carrier && !is_alert_itself(k, r, s))
		return;
	k->carrier = PATH_DEAD;
	if (plan && !known) {
		make_plan(k, r, s, plan);
		plan->values = values;
		memcpy(plan->shape, shape, s->n_hits * sizeof *shape);
	}
	if (plan && plan->n_hits)
		follow_plan(k, r, s, plan);
	else
		collect(k, r, s);
	if (k->n_techniques == 0)
		collect_names(k, r, s);
	if (k->n_techniques == 0 && generic_allowed(k, r) && generic_helps(k, r, text, n)) {
		scan_event(s, r->loose, text, n, own);
		collect_loose(k, r, s);
	}
}
