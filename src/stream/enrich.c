#include "stream/enrich.h"

#include "json/jstr.h"
#include "stream/cache.h"
#include "stream/emit.h"

#include <time.h>

bool
enrich_key_fits(struct lof_str key)
{
	struct lof_buf quoted = { 0 };
	struct lof_arena arena = { 0 };
	struct scan s = { 0 };
	if (key.n == 0 || key.n > 255)
		return false;
	struct paths *nothing = paths_new(&arena, false);
	paths_freeze(nothing);
	buf_char(&quoted, '"');
	jstr_escape(&quoted, key);
	buf_char(&quoted, '"');
	bool fits = scan_event(&s, nothing, quoted.p, quoted.n, LOF_LIT("")) == SCAN_OTHER; // the scanner is who knows UTF-8
	scan_free(&s);
	arena_free(&arena);
	buf_free(&quoted);
	return fits;
}

// Bytes of answers that are kept: with the built-in notes alone all of it stays below 16 MiB; whoever adds an index has
// three times the answers.
enum { RING_BUILTIN = 7 << 19, RING_MORE = 24 << 20 };

bool
enrich_init(struct enricher *e, const struct engine *engine)
{
	*e = (struct enricher){ .engine = engine };
	buf_char(&e->key, '"');
	jstr_escape(&e->key, engine->key);
	buf_lit(&e->key, "\":");
	e->cache = cache_new(engine->book->n > 1 ? RING_MORE : RING_BUILTIN);
	bool ready = keys_init(&e->keys);
	ready = when_init(&e->when, &engine->book->site) && ready; // both, to be freed
	e->expiry = site_next_expiry(&engine->book->site, (uint32_t)time(NULL));
	e->keys.want_rules = engine->book->has_rules || engine->book->has_tags;
	return ready && rank_init(&e->ranker, engine->book) && e->cache;
}

void
enrich_free(struct enricher *e)
{
	for (size_t i = 0; i < CARRIERS_MAX; i++)
		scan_free(&e->scan[i]);
	keys_free(&e->keys);
	when_free(&e->when);
	rank_free(&e->ranker);
	cache_free(e->cache);
	buf_free(&e->member);
	buf_free(&e->key);
}

bool
enrich_again(struct enricher *e)
{
	struct enricher fresh;
	bool ready = enrich_init(&fresh, e->engine);
	if (ready) {
		struct enricher old = *e;
		fresh.count = old.count;
		if ((fresh.tally = old.tally))
			tally_rules(fresh.tally, e->engine->rules);
		*e = fresh;
		fresh = old;
	}
	enrich_free(&fresh);
	return ready;
}

// --- the member -----------------------------------------------------------------------------------------------------

static void
count_ids(struct enricher *e)
{
	bool retired = false, unknown = false;
	for (size_t i = 0; i < e->keys.n_techniques; i++) {
		const struct technique *t = &e->keys.techniques[i];
		retired |= t->raw != t->id;
		unknown |= !t->known;
	}
	e->count.retired += retired;
	e->count.unknown += unknown;
}

void
enrich_query(struct event_query *q, const struct rules *rules, const struct keys *k)
{
	for (size_t i = 0; i < k->n_formats; i++)
		q->producers[i] = lof_cstr(rules->formats[k->formats[i]].name);
	for (size_t i = 0; i < k->n_techniques; i++)
		q->ids[i] = k->techniques[i].id;
	q->in = (struct query_in){
		.techniques = q->ids, .n_techniques = k->n_techniques,
		.rule_ids = k->rule_ids, .n_rule_ids = k->n_rule_ids,
		.rule_names = k->rule_names, .n_rule_names = k->n_rule_names,
		.tags = k->tags, .n_tags = k->n_tags,
		.platforms = k->platforms, .n_platforms = k->n_platforms,
		.context = k->context, .context_escaped = k->context_escaped, .n_context = k->n_context,
		.producers = q->producers, .n_producers = k->n_formats,
	};
}

// What decides the answer, and how it is written: the ids as tagged stand in "via".
static bool
ask(struct enricher *e)
{
	const struct keys *k = &e->keys;
	struct event_query q;
	enrich_query(&q, e->engine->rules, k);
	q.in.context_sums = e->sums;
	if (!rank_query(&e->ranker, &q.in))
		return false;
	rank_site(&e->ranker, &e->when, (uint32_t)time(NULL));
	rank_query_put(&e->ranker, UINT32_MAX);
	for (size_t i = 0; i < k->n_techniques; i++)
		if (k->techniques[i].raw != k->techniques[i].id)
			rank_query_put(&e->ranker, k->techniques[i].raw);
	return true;
}

static void
digest_list(struct digest *d, const struct lof_str *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest_add(d, v[i], 0);
	digest_number(d, n); // where the list ends
}

// May the event in hand meet a condition of the site's notes?
static bool
may_meet(const struct enricher *e)
{
	const struct site *s = &e->engine->book->site;
	bool may = s->every_event;
	for (size_t i = 0; s->n_conditions && !may && i < e->keys.n_techniques; i++)
		may = site_has_family(s, e->keys.techniques[i].id);
	return s->n_conditions && may;
}

// Every value that decides, as it stands in the event. Those of the context one by one: the ranker remembers their words.
static struct digest
digest_of(struct enricher *e)
{
	const struct keys *k = &e->keys;
	const struct book *b = e->engine->book;
	struct digest d = cache_digest(e->cache);
	uint64_t ids[RULES_MAX];
	for (size_t i = 0; b->has_rules && i < k->n_rule_ids; i++)
		ids[i] = book_id(b, k->rule_ids[i]);
	for (size_t i = 0; i < k->n_techniques; i++)
		digest_number(&d, k->techniques[i].raw);
	for (size_t i = 0; i < k->n_context; i++) {
		struct lof_str v = LOF_STR(k->context[i].p, k->context[i].n < CONTEXT_BYTES ? k->context[i].n : CONTEXT_BYTES);
		struct digest one = cache_digest(e->cache);
		digest_add(&one, v, b->digit_run);
		e->sums[i] = one.hash ^ k->context_escaped[i]; // with escapes it says something else than one that reads the same
		digest_number(&d, e->sums[i]);
	}
	digest_number(&d, k->n_techniques << 16 | k->n_context);
	digest_list(&d, k->platforms, k->n_platforms);
	for (size_t i = 0; i < k->n_formats; i++)
		digest_number(&d, k->formats[i]);
	if (b->has_rules) {
		for (size_t i = 0; i < k->n_rule_ids; i++)
			if (book_may_know(b, ids[i])) // one that nobody knows decides nothing
				digest_add(&d, k->rule_ids[i], 0);
		digest_list(&d, k->rule_names, k->n_rule_names);
	}
	if (b->has_tags)
		digest_list(&d, k->tags, k->n_tags);
	for (size_t i = 0; i < e->when.scan.n_hits; i++) {
		const struct scan_hit *h = &e->when.scan.hits[i];
		digest_number(&d, (uint64_t)h->node << 2 | h->escaped << 1 | (h->kind == SCAN_CONTAINER));
		digest_add(&d, LOF_STR(h->p, h->n), 0);
	}
	return d;
}

// What --max-bytes leaves for the member: what stands around it is added too. At least 1, for 0 is no limit.
static size_t
member_room(const struct engine *en)
{
	static const size_t around[] = { [EMIT_EVENT] = 1, [EMIT_PATCH] = 2, [EMIT_RSYSLOG] = 9 };
	size_t used = around[en->emit];
	return en->max_bytes == 0 ? 0 : en->max_bytes > used ? en->max_bytes - used : 1;
}

static void
answer(struct enricher *e, struct digest d, struct cached *c)
{
	struct ranker *r = &e->ranker;
	const struct engine *en = e->engine;
	*c = (struct cached){ 0 };
	if (!ask(e)) {
		cache_keep(e->cache, d, NULL, 0, c);
		return;
	}
	if (!r->too_long && cache_find_query(e->cache, d, r->query, r->n_query, c)) {
		e->count.cache_hits++;
		return;
	}
	e->count.cache_misses++;
	rank_answer(r, &en->want);
	emit_member(en, buf_view(&e->key), &e->keys, r, member_room(en), &e->member, &c->notes);
	c->placeholders = (uint32_t)r->placeholders;
	c->expired = (uint32_t)r->expired;
	c->member = buf_view(&e->member);
	c->found = true;
	cache_keep(e->cache, d, r->query, r->too_long ? 0 : r->n_query, c);
}

static bool
may_have_keys(const struct enricher *e)
{
	const struct book *b = e->engine->book;
	return (b->has_rules && e->keys.n_rule_ids + e->keys.n_rule_names) || (b->has_tags && e->keys.n_tags);
}

// A note of the site's own whose time is over stands in no answer from then on.
static void
forget_expired(struct enricher *e)
{
	uint32_t now = (uint32_t)time(NULL);
	if (now < e->expiry)
		return;
	cache_clear(e->cache);
	e->expiry = site_next_expiry(&e->engine->book->site, now);
}

// The finished member for the event text[0, n) whose keys are in hand, with the outcome.
static struct lof_str
make_member(struct enricher *e, const char *text, size_t n, enum outcome *o)
{
	struct cached c;
	*o = OUT_NO_KEY;
	if (e->keys.n_techniques == 0 && !may_have_keys(e))
		return LOF_LIT("");
	if (e->expiry != UINT32_MAX)
		forget_expired(e);
	if (may_meet(e))
		when_look(&e->when, text, n);
	else
		e->when.scan.n_hits = 0;
	struct digest d = digest_of(e);
	if (cache_find(e->cache, d, &c))
		e->count.cache_hits += c.found;
	else
		answer(e, d, &c);
	e->count.notes += c.notes;
	e->count.placeholders += c.placeholders;
	e->count.expired += c.expired;
	if (c.found)
		*o = c.notes ? OUT_ENRICHED : OUT_NO_NOTES;
	return c.member;
}

// --- splicing -------------------------------------------------------------------------------------------------------

// The object text[0, n) without the members of our own name, with `member` behind the last that stays.
static void
splice(const struct scan *s, const char *text, size_t n, struct lof_str member, struct sink *out)
{
	size_t at = 0, cut = 0;
	for (; cut < s->n_cuts && s->cuts[cut].from < s->insert_at; cut++) {
		sink_put(out, text + at, s->cuts[cut].from - at);
		at = s->cuts[cut].to;
	}
	sink_put(out, text + at, s->insert_at - at);
	at = s->insert_at;
	if (member.n) {
		if (!s->is_empty)
			sink_put(out, ",", 1);
		sink_put(out, member.p, member.n);
	}
	for (; cut < s->n_cuts; cut++) {
		sink_put(out, text + at, s->cuts[cut].from - at);
		at = s->cuts[cut].to;
	}
	sink_put(out, text + at, n - at);
}

static void
patch(struct enricher *e, struct lof_str member, struct sink *out)
{
	bool rsyslog = e->engine->emit == EMIT_RSYSLOG;
	if (e->patched || !member.n)
		return;
	e->patched = true;
	sink_put(out, rsyslog ? "{\"$!\":{" : "{", rsyslog ? 7 : 1);
	sink_put(out, member.p, member.n);
	sink_put(out, "}}", rsyslog ? 2 : 1);
}

// --- events ---------------------------------------------------------------------------------------------------------

static enum outcome object(struct enricher *e, size_t depth, const char *text, size_t n, struct sink *out);

static void
pass(struct enricher *e, const char *text, size_t n, struct sink *out)
{
	if (e->engine->emit == EMIT_EVENT)
		sink_put(out, text, n);
}

// Text of a carrier between its events, without what stands there under our name; *cut is the next to go.
static void
pass_between(struct enricher *e, const struct scan *s, size_t *cut, const char *text, size_t from, size_t to, struct sink *out)
{
	for (; *cut < s->n_cuts && s->cuts[*cut].from < to; ++*cut) {
		if (s->cuts[*cut].from < from)
			continue;
		pass(e, text + from, s->cuts[*cut].from - from, out);
		from = s->cuts[*cut].to;
	}
	if (from < to)
		pass(e, text + from, to - from, out);
}

// The objects that stand in for the text: each enriched in its place, what is between them as it is. No recursion on
// input: carriers within carriers are opened CARRIERS_MAX deep and no deeper.
static enum outcome
carrier(struct enricher *e, size_t depth, path_node node, const char *text, size_t n, struct sink *out)
{
	const struct scan *s = &e->scan[depth];
	enum outcome best = OUT_NOT_OBJECT;
	size_t at = 0, cut = 0;
	for (size_t i = 0; i < s->n_opens; i++) {
		const struct scan_open *o = &s->opens[i];
		if (o->node != node || o->from < at)
			continue;
		pass_between(e, s, &cut, text, at, o->from, out);
		enum outcome one = object(e, depth + 1, text + o->from, o->to - o->from, out);
		best = one < best ? one : best;
		at = o->to;
	}
	pass_between(e, s, &cut, text, at, n, out);
	return best;
}

static enum outcome
event(struct enricher *e, const struct scan *s, const char *text, size_t n, struct sink *out)
{
	enum outcome o;
	struct lof_str member = make_member(e, text, n, &o);
	if (e->keys.n_techniques)
		count_ids(e);
	if (e->tally)
		tally_event(e->tally, &e->keys, o);
	e->count.regex_limits += e->keys.regex_limits + e->when.limits;
	e->count.disabled += e->when.limits; // each is given up but once
	e->count.replaced += s->n_cuts > 0;
	e->keys.regex_limits = e->when.limits = 0;
	if (e->engine->emit != EMIT_EVENT)
		patch(e, member, out);
	else if (member.n || s->n_cuts)
		splice(s, text, n, member, out);
	else
		sink_put(out, text, n);
	return o;
}

// An object that has been scanned into e->scan[depth].
static enum outcome
scanned(struct enricher *e, size_t depth, const char *text, size_t n, struct sink *out)
{
	struct scan *s = &e->scan[depth];
	keys_find(&e->keys, e->engine->rules, s, text, n, e->engine->key);
	if (e->keys.carrier && depth + 1 < CARRIERS_MAX)
		return carrier(e, depth, e->keys.carrier, text, n, out);
	enum outcome o = event(e, s, text, n, out);
	e->count.events++;
	e->count.of[o]++;
	return o;
}

static enum outcome
object(struct enricher *e, size_t depth, const char *text, size_t n, struct sink *out)
{
	scan_event(&e->scan[depth], e->engine->rules->typed, text, n, e->engine->key);
	return scanned(e, depth, text, n, out);
}

enum outcome
enrich_text(struct enricher *e, const char *text, size_t n, struct sink *out)
{
	struct scan *s = &e->scan[e->around];
	enum outcome o = OUT_NOT_OBJECT;
	e->patched = false;
	const struct paths *typed = e->engine->rules->typed;
	enum scan_verdict kind = e->lines_end ? scan_line(s, typed, text, n, e->lines_end, e->engine->key)
	                                      : scan_event(s, typed, text, n, e->engine->key);
	if (kind != SCAN_CUT && kind != SCAN_BAD)
		pass(e, e->lead.p, e->lead.n, out);
	switch (kind) {
	case SCAN_OBJECT:
		return scanned(e, e->around, text, n, out);
	case SCAN_ARRAY:
		if (s->n_opens)
			return carrier(e, e->around, PATH_ROOT, text, n, out);
		break;
	case SCAN_CUT:
	case SCAN_BAD:
		o = s->bad_at >= n ? OUT_CUT : OUT_BAD;
		e->bad_at = s->bad_at;
		e->why = s->why;
		e->count.events++;
		e->count.of[o]++;
		return o; // what becomes of it is the caller's to say
	case SCAN_EMPTY:
	case SCAN_OTHER:
		break;
	}
	pass(e, text, n, out);
	e->count.events++;
	e->count.of[o]++;
	return o;
}

void
enrich_moved(struct enricher *e)
{
	scan_moved(&e->scan[0]);
}

bool
enrich_opens(void *arg, struct lof_str begin, char path[OPEN_PATH], size_t *n)
{
	struct enricher *e = arg;
	struct scan *s = &e->scan[0];
	path_node node = PATH_ROOT;
	*n = 0;
	if (scan_event(s, e->engine->rules->typed, begin.p, begin.n, e->engine->key) != SCAN_CUT || !s->n_opens)
		return false;
	if (s->opens[0].node != PATH_ROOT)
		node = keys_carrier(&e->keys, e->engine->rules, s, begin.n);
	e->keys.regex_limits = 0; // the events count them
	*n = paths_text(e->engine->rules->typed, node, path, OPEN_PATH);
	return node && *n < OPEN_PATH;
}
