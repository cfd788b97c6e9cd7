// lofpipe lookup KEY...: the notes for a technique, tag, rule id or rule name, for people. With --for they are ranked for
// an event, and without a KEY they are those that the event itself is about.
#include "cli/cli.h"

#include "base/io.h"
#include "json/jstr.h"

#include <time.h>

struct lookup {
	const struct options *o;
	struct session s;
	struct ranker ranker;
	struct lof_buf out;
	// with --for
	struct lof_buf text;
	struct scan scan[CARRIERS_MAX];
	struct keys keys;
	struct when when;
	struct event_query event;
};

// JSON-escaped text to plain text on *out.
static void
plain(struct lof_buf *out, struct lof_str escaped)
{
	size_t n;
	char *room = buf_room(out, escaped.n);
	if (jstr_decode(escaped, room, escaped.n, &n))
		out->n += n;
	else
		buf_str(out, escaped);
}

static void
put_id(struct lof_buf *out, attack_id id)
{
	char text[ATTACK_TEXT_MAX];
	buf_put(out, text, attack_text(id, text));
	const struct attack_entry *a = attack_find(id);
	if (a) {
		buf_char(out, ' ');
		buf_str(out, a->name);
	}
}

static void
put_total(struct lof_buf *out, const struct ranker *r)
{
	buf_lit(out, ": ");
	buf_uint(out, r->total);
	buf_str(out, r->total == 1 ? LOF_LIT(" note") : LOF_LIT(" notes"));
	if (r->placeholders) {
		buf_lit(out, ", and ");
		buf_uint(out, r->placeholders);
		buf_lit(out, " that say nothing");
	}
	buf_char(out, '\n');
}

// "T1059.001 PowerShell (T1086 became T1059.001): 12 notes"
static void
put_heading(struct lof_buf *out, struct lof_str key, attack_id raw, const struct ranker *r)
{
	attack_id id = attack_canonical(raw);
	if (!raw)
		buf_str(out, key);
	else
		put_id(out, id);
	if (raw != id) {
		char text[ATTACK_TEXT_MAX];
		buf_lit(out, " (was ");
		buf_put(out, text, attack_text(raw, text));
		buf_char(out, ')');
	}
	put_total(out, r);
}

// ", rule: NAME and 3 more": who says it.
static void
put_rule(struct lof_buf *out, const struct ranker *r, const struct pick *p, size_t rules)
{
	if (p->rule == NO_RULE)
		return;
	struct index_rule rule = book_rule(r->book, p->rule);
	buf_lit(out, ", rule: ");
	plain(out, rule.name.n ? rule.name : rule.id);
	if (rules < 2)
		return;
	buf_lit(out, " and ");
	buf_uint(out, rules - 1);
	buf_lit(out, " more");
}

// ", the site's own, when host.name, user.name"
static void
put_conditions(struct lof_buf *out, const struct ranker *r, const struct pick *p)
{
	const struct site *s = &r->book->site;
	buf_lit(out, ", the site's own");
	for (size_t i = 0; i < s->notes[p->site].n; i++) {
		const struct site_condition *c = &s->conditions[s->notes[p->site].first + i];
		if (i && c->node == c[-1].node)
			continue;
		buf_str(out, i ? LOF_LIT(", ") : LOF_LIT(", when "));
		plain(out, c->path);
	}
}

// How well it fits the event, and what in it says so.
static void
put_fit(struct lof_buf *out, const struct ranker *r, const struct pick *p)
{
	char head[64];
	buf_put(out, head, (size_t)snprintf(head, sizeof head, "    %.2f %s", (double)p->score, match_name(p->match)));
	for (uint32_t w = 0; w < p->n_why; w++) {
		buf_str(out, w ? LOF_LIT(", ") : LOF_LIT(" because of "));
		buf_str(out, rank_word(r, p->why[w]));
	}
	buf_char(out, '\n');
}

static void
put_notes(struct lof_buf *out, const struct ranker *r, bool with_fit)
{
	for (size_t i = 0; i < r->n_picks; i++) {
		struct index_note n = book_note(r->book, r->picks[i].note);
		char id[ATTACK_TEXT_MAX];
		buf_lit(out, "- ");
		plain(out, n.text);
		buf_lit(out, "  [");
		buf_str(out, n.id);
		if (r->picks[i].technique) {
			buf_char(out, ' ');
			buf_put(out, id, attack_text(r->picks[i].technique, id));
		}
		put_rule(out, r, &r->picks[i], n.rules.n);
		if (r->picks[i].match == MATCH_SITE)
			put_conditions(out, r, &r->picks[i]);
		buf_lit(out, "]\n");
		if (with_fit)
			put_fit(out, r, &r->picks[i]);
	}
}

static struct wanted
wanted(const struct lookup *l)
{
	struct wanted w = l->o->want;
	if (!l->o->max_notes_given && !l->o->event)
		w.max = 0;
	return w;
}

// A key is a technique if it looks like one, and may be a tag, a rule id and a rule name as well. 1 if it is known.
static int
look_up(struct lookup *l, struct lof_str key)
{
	const struct wanted want = wanted(l);
	struct ranker *r = &l->ranker;
	attack_id raw = attack_parse(key), id = attack_canonical(raw);
	if (!raw)
		raw = id = attack_by_name(key);
	struct query_in in = l->event.in; // what it says beside the key; all empty without --for
	in.techniques = &id;
	in.n_techniques = raw != 0;
	in.rule_ids = in.rule_names = in.tags = &key;
	in.n_rule_ids = in.n_rule_names = in.n_tags = 1;
	bool found = rank_query(r, &in) && (r->n_keys || attack_find(id));
	rank_site(r, l->o->event ? &l->when : NULL, (uint32_t)time(NULL));
	rank_answer(r, &want);
	if (!found && r->total == 0)
		return 0;
	put_heading(&l->out, key, raw, r);
	put_notes(&l->out, r, l->o->event);
	return 1;
}

// The same with all that the event itself is known by.
static int
look_up_event(struct lookup *l)
{
	const struct wanted want = wanted(l);
	struct ranker *r = &l->ranker;
	if (!rank_query(r, &l->event.in))
		return 0;
	rank_site(r, &l->when, (uint32_t)time(NULL));
	rank_answer(r, &want);
	for (size_t i = 0; i < l->keys.n_techniques; i++) {
		put_id(&l->out, l->keys.techniques[i].id);
		buf_str(&l->out, i + 1 < l->keys.n_techniques ? LOF_LIT(", ") : LOF_LIT(""));
	}
	if (l->keys.n_techniques == 0)
		buf_lit(&l->out, "its rule");
	put_total(&l->out, r);
	put_notes(&l->out, r, l->o->event);
	return 1;
}

// The first event of the file: in a carrier, the first that it carries.
static const char *
read_event(struct lookup *l, struct lof_str text)
{
	const struct rules *rules = l->s.rules;
	struct lof_str own = lof_cstr(l->o->key);
	for (size_t depth = 0; depth < CARRIERS_MAX; depth++) {
		struct scan *s = &l->scan[depth];
		enum scan_verdict v = scan_event(s, rules->typed, text.p, text.n, own);
		path_node carrier = PATH_ROOT;
		size_t i = 0;
		if (v != SCAN_OBJECT && v != SCAN_ARRAY)
			return "expected a JSON event";
		if (v == SCAN_OBJECT) {
			keys_find(&l->keys, rules, s, text.p, text.n, own);
			carrier = l->keys.carrier;
		}
		if (carrier == PATH_DEAD || depth + 1 == CARRIERS_MAX) {
			keys_context(&l->keys);
			when_look(&l->when, text.p, text.n);
			enrich_query(&l->event, rules, &l->keys);
			return NULL;
		}
		while (i < s->n_opens && s->opens[i].node != carrier)
			i++;
		if (i == s->n_opens)
			return "expected an event in the array";
		text = LOF_STR(text.p + s->opens[i].from, s->opens[i].to - s->opens[i].from);
	}
	return NULL;
}

static int
open_event(struct lookup *l)
{
	struct lof_err e = { 0 };
	struct frame f;
	struct piece p;
	size_t used = 0;
	const char *wrong = "expected a JSON event";
	if (io_slurp(l->o->event, &l->text, &e) != LOF_OK) {
		lof_err_print(stderr, &e);
		return STATUS_IO;
	}
	if (!keys_init(&l->keys) || !when_init(&l->when, &l->s.book.site))
		lof_no_memory();
	l->keys.want_rules = true;
	frame_init(&f, SHAPE_AUTO, l->o->max_event);
	do {
		p = frame_next(&f, l->text.p + used, l->text.n - used, true);
		used += p.bytes.n;
	} while (p.kind == FRAME_BLANK || p.kind == FRAME_BETWEEN);
	if (p.kind == FRAME_EVENT)
		wrong = read_event(l, p.bytes);
	frame_free(&f);
	if (!wrong)
		return STATUS_OK;
	lof_err_at(&e, LOF_E_USAGE, l->o->event, (uint32_t)f.line, 1, wrong, LOF_LIT(""));
	lof_err_print(stderr, &e);
	return STATUS_BAD;
}

static int
look_up_all(struct lookup *l)
{
	int status = l->o->event ? open_event(l) : STATUS_OK;
	if (status)
		return status;
	if (l->o->n_operands == 0 && !look_up_event(l)) {
		fprintf(stderr, "lofpipe: nothing to look notes up by in \"%s\"\n", l->o->event);
		status = STATUS_BAD;
	}
	for (size_t i = 0; i < l->o->n_operands; i++)
		if (!look_up(l, lof_cstr(l->o->operands[i]))) {
			fprintf(stderr, "lofpipe: nothing is known of \"%s\"\n", l->o->operands[i]);
			status = STATUS_BAD;
		}
	return status;
}

int
cmd_lookup(const struct options *o)
{
	struct lookup l = { .o = o };
	struct lof_err e = { 0 };
	if (o->n_operands == 0 && !o->event) {
		lof_err_set(&e, LOF_E_USAGE, "expected a technique, tag, rule id or rule name", LOF_LIT(""));
		return fail(&e);
	}
	int status = session_open(&l.s, o, o->event ? NEED_RULES | NEED_NOTES : NEED_NOTES);
	if (status)
		return status;
	if (!rank_init(&l.ranker, &l.s.book))
		lof_no_memory();
	status = look_up_all(&l);
	for (size_t i = 0; i < CARRIERS_MAX; i++)
		scan_free(&l.scan[i]);
	if (o->event) {
		keys_free(&l.keys);
		when_free(&l.when);
	}
	rank_free(&l.ranker);
	buf_free(&l.text);
	session_close(&l.s);
	int printed = print_all(&l.out);
	return printed ? printed : status;
}
