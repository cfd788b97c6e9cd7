// lofpipe explain [FILE]: for each event, what was found where, and why these notes. For people; the events themselves
// are not printed.
#include "cli/cli.h"

#include "base/io.h"
#include "json/jstr.h"

#include <time.h>

enum { SHOWN = 160 }; // bytes of a value

struct explain {
	const struct options *o;
	struct session s;
	struct scan scan[CARRIERS_MAX];
	struct keys keys;
	struct ranker ranker;
	struct when when;
	struct lof_buf out;
	uint64_t event;
};

static void
put_path(struct explain *x, const struct paths *ps, path_node node)
{
	char text[1024];
	buf_put(&x->out, text, paths_text(ps, node, text, sizeof text));
}

static void
put_value(struct explain *x, struct lof_str v)
{
	bool cut = v.n > SHOWN;
	if (cut)
		v.n = SHOWN;
	while (cut && v.n && ((unsigned char)v.p[v.n] & 0xc0) == 0x80)
		v.n--;
	buf_char(&x->out, '"');
	size_t from = x->out.n;
	jstr_escape(&x->out, v);
	for (size_t i = from; i + 1 < x->out.n; i++) // C1 controls steer terminals too
		if ((unsigned char)x->out.p[i] == 0xc2 && (unsigned char)x->out.p[i + 1] < 0xa0)
			x->out.p[i] = x->out.p[i + 1] = '?';
	buf_str(&x->out, cut ? LOF_LIT("...\"") : LOF_LIT("\""));
}

static void
put_id(struct explain *x, attack_id id)
{
	char text[ATTACK_TEXT_MAX];
	buf_put(&x->out, text, attack_text(id, text));
}

// "  label      value  (path)\n"
static void
put_row(struct explain *x, const char *label, struct lof_str value, path_node node)
{
	char head[32];
	buf_put(&x->out, head, (size_t)snprintf(head, sizeof head, "  %-10s ", label));
	put_value(x, value);
	if (node) {
		buf_lit(&x->out, "  at ");
		put_path(x, x->keys.generic ? x->s.rules->loose : x->s.rules->typed, node);
	}
	buf_char(&x->out, '\n');
}

static void
put_techniques(struct explain *x)
{
	const struct keys *k = &x->keys;
	for (size_t i = 0; i < k->n_techniques; i++) {
		const struct technique *t = &k->techniques[i];
		const struct attack_entry *a = attack_find(t->id);
		buf_lit(&x->out, "  technique  ");
		put_id(x, t->raw);
		if (t->raw != t->id) {
			buf_lit(&x->out, ", today ");
			put_id(x, t->id);
		}
		buf_char(&x->out, ' ');
		buf_str(&x->out, a ? a->name : LOF_LIT("(not in the ATT&CK table)"));
		buf_lit(&x->out, "  at ");
		put_path(x, k->generic ? x->s.rules->loose : x->s.rules->typed, t->node);
		buf_char(&x->out, '\n');
	}
}

static void
put_keys(struct explain *x)
{
	const struct keys *k = &x->keys;
	const struct rules *r = x->s.rules;
	buf_lit(&x->out, "  format     ");
	for (size_t i = 0; i < k->n_formats; i++) {
		buf_str(&x->out, i ? LOF_LIT(", ") : LOF_LIT(""));
		buf_str(&x->out, lof_cstr(r->formats[k->formats[i]].name));
	}
	if (k->n_formats == 0 || k->generic)
		buf_str(&x->out, k->n_formats ? LOF_LIT(", then generic") : k->generic ? LOF_LIT("generic") : LOF_LIT("none known"));
	buf_char(&x->out, '\n');
	put_techniques(x);
	for (size_t i = 0; i < k->n_rule_ids; i++)
		put_row(x, "rule id", k->rule_ids[i], k->rule_id_node[i]);
	for (size_t i = 0; i < k->n_rule_names; i++)
		put_row(x, "rule name", k->rule_names[i], k->rule_name_node[i]);
	for (size_t i = 0; i < k->n_platforms; i++)
		put_row(x, "platform", k->platforms[i], PATH_DEAD);
	for (size_t i = 0; i < k->n_context; i++)
		put_row(x, "context", k->context[i], k->context_node[i]);
}

// ", in the note curl 3.1, wget 2.0", the most telling first.
static void
put_words(struct explain *x, struct reckoning *k, const char *where, bool in_rule)
{
	char text[32];
	for (size_t told = 0; told < k->n_words; told++) {
		struct reckoned *best = NULL;
		for (size_t i = 0; i < k->n_words; i++) {
			struct reckoned *w = &k->words[i];
			float tells = in_rule ? w->in_rule : w->in_note;
			if (tells > 0 && (!best || tells > (in_rule ? best->in_rule : best->in_note)))
				best = w;
		}
		if (!best)
			return;
		buf_str(&x->out, told ? LOF_LIT(", ") : lof_cstr(where));
		buf_str(&x->out, rank_word(&x->ranker, best->word));
		float *tells = in_rule ? &best->in_rule : &best->in_note;
		buf_put(&x->out, text, (size_t)snprintf(text, sizeof text, " %.1f", (double)*tells));
		*tells = 0;
	}
}

// How the score came about.
static void
put_reckoning(struct explain *x, const struct pick *p)
{
	struct reckoning k;
	char text[128];
	rank_reckon(&x->ranker, p, &k);
	buf_put(&x->out, text, (size_t)snprintf(text, sizeof text, "         %.2f to %.2f by its match; words %.1f", (double)k.from,
	    (double)k.to, (double)k.evidence));
	put_words(x, &k, "; in it ", false);
	put_words(x, &k, "; in its rule ", true);
	buf_put(&x->out, text, (size_t)snprintf(text, sizeof text, "; says %.2f%s\n", (double)k.said,
	    k.elsewhere ? "; about another platform" : ""));
}

static void
put_note(struct explain *x, const struct pick *p)
{
	struct index_note n = book_note(x->ranker.book, p->note);
	char head[64];
	buf_put(&x->out, head, (size_t)snprintf(head, sizeof head, "    %.2f %s ", (double)p->score, match_name(p->match)));
	if (p->technique)
		put_id(x, p->technique);
	buf_lit(&x->out, ": ");
	buf_str(&x->out, n.text);
	if (p->rule != NO_RULE) {
		struct index_rule rule = book_rule(x->ranker.book, p->rule);
		buf_lit(&x->out, "  by rule ");
		buf_str(&x->out, rule.name.n ? rule.name : rule.id);
	}
	buf_char(&x->out, '\n');
	put_reckoning(x, p);
}

// The site's own notes that would fit, and are not shown.
static void
put_unmet(struct explain *x)
{
	const struct ranker *r = &x->ranker;
	const struct site *s = &r->book->site;
	for (uint32_t i = 0; i < s->n; i++) {
		bool shown = false;
		size_t n = 0;
		for (size_t k = 0; k < r->n_site; k++)
			shown |= r->site[k] == i;
		if (shown || !rank_site_fits(&x->ranker, i))
			continue;
		struct index_note note = book_note(r->book, s->notes[i].note);
		buf_lit(&x->out, "    not ");
		buf_str(&x->out, note.id);
		for (size_t c = s->notes[i].first; c < s->notes[i].first + s->notes[i].n; c++) {
			if ((c > s->notes[i].first && s->conditions[c].node == s->conditions[c - 1].node) || when_path_holds(&x->when, i, c))
				continue;
			buf_str(&x->out, n++ ? LOF_LIT(", ") : LOF_LIT(": there is something else at "));
			buf_str(&x->out, s->conditions[c].path);
		}
		buf_str(&x->out, n ? LOF_LIT("\n") : LOF_LIT(": its time is over\n"));
	}
}

static void
put_notes(struct explain *x)
{
	struct ranker *r = &x->ranker;
	rank_site(r, &x->when, (uint32_t)time(NULL));
	rank_answer(r, &x->o->want);
	if (r->n_words)
		buf_lit(&x->out, "  words      ");
	for (size_t i = 0; i < r->n_words; i++) {
		buf_str(&x->out, i ? LOF_LIT(" ") : LOF_LIT(""));
		buf_str(&x->out, rank_word(r, r->words[i]));
	}
	buf_str(&x->out, r->n_words ? LOF_LIT("\n  notes      ") : LOF_LIT("  notes      "));
	buf_uint(&x->out, r->total);
	buf_lit(&x->out, " fit, ");
	buf_uint(&x->out, r->placeholders);
	buf_lit(&x->out, " that fit say nothing");
	buf_str(&x->out, r->left_weak ? LOF_LIT("; little speaks for others (--max-weak)\n") : LOF_LIT("\n"));
	for (size_t i = 0; i < r->n_picks; i++)
		put_note(x, &r->picks[i]);
	put_unmet(x);
}

static void
explain_object(struct explain *x, size_t depth, const char *text, size_t n, uint64_t line)
{
	struct scan *s = &x->scan[depth];
	char head[64];
	scan_event(s, x->s.rules->typed, text, n, lof_cstr(x->o->key));
	keys_find(&x->keys, x->s.rules, s, text, n, lof_cstr(x->o->key));
	if (x->keys.carrier && depth + 1 < CARRIERS_MAX) {
		path_node carrier = x->keys.carrier;
		buf_lit(&x->out, "carrier: the events stand at ");
		put_path(x, x->s.rules->typed, carrier);
		buf_char(&x->out, '\n');
		for (size_t i = 0; i < s->n_opens; i++)
			if (s->opens[i].node == carrier)
				explain_object(x, depth + 1, text + s->opens[i].from, s->opens[i].to - s->opens[i].from, line);
		return;
	}
	buf_put(&x->out, head, (size_t)snprintf(head, sizeof head, "event %llu, line %llu\n", (unsigned long long)++x->event,
	    (unsigned long long)line));
	keys_context(&x->keys);
	put_keys(x);
	struct event_query q;
	enrich_query(&q, x->s.rules, &x->keys);
	when_look(&x->when, text, n);
	if (rank_query(&x->ranker, &q.in))
		put_notes(x);
	else
		buf_lit(&x->out, "  nothing to look notes up by\n");
}

static void
explain_piece(struct explain *x, struct piece p, uint64_t line)
{
	struct scan *s = &x->scan[0];
	char head[160];
	if (p.kind != FRAME_EVENT) {
		if (p.kind == FRAME_WRECK || p.kind == FRAME_LONG)
			buf_put(&x->out, head, (size_t)snprintf(head, sizeof head, "line %llu: %s\n", (unsigned long long)line,
			    p.kind == FRAME_LONG ? "over --max-event" : "not a whole value"));
		return;
	}
	switch (scan_event(s, x->s.rules->typed, p.bytes.p, p.bytes.n, LOF_LIT(""))) {
	case SCAN_OBJECT:
		explain_object(x, 0, p.bytes.p, p.bytes.n, line);
		break;
	case SCAN_ARRAY:
		for (size_t i = 0; i < s->n_opens; i++)
			explain_object(x, 1, p.bytes.p + s->opens[i].from, s->opens[i].to - s->opens[i].from, line);
		break;
	case SCAN_BAD:
	case SCAN_CUT:
		buf_put(&x->out, head, (size_t)snprintf(head, sizeof head, "line %llu, column %zu: bad: %s\n", (unsigned long long)line,
		    s->bad_at + 1, s->why));
		break;
	default:
		buf_put(&x->out, head, (size_t)snprintf(head, sizeof head, "line %llu: no object\n", (unsigned long long)line));
	}
}

static int
explain_all(struct explain *x, struct lof_str text)
{
	struct frame f;
	char why[128];
	size_t used = 0;
	int status = STATUS_OK;
	frame_init(&f, x->o->input, x->o->max_event);
	for (;;) {
		uint64_t line = f.line;
		struct piece p = frame_next(&f, text.p + used, text.n - used, true);
		if (p.kind == FRAME_MORE || p.kind == FRAME_BROKEN || status)
			break;
		used += p.bytes.n;
		explain_piece(x, p, line);
		if (x->out.n > 1 << 16) {
			status = print_all(&x->out);
			x->out = (struct lof_buf){ 0 };
		}
	}
	if (f.broken)
		buf_put(&x->out, why, (size_t)snprintf(why, sizeof why, "offset %llu: %s\n", (unsigned long long)f.offset, f.broken));
	frame_free(&f);
	int printed = print_all(&x->out);
	return status ? status : printed;
}

int
cmd_explain(const struct options *o)
{
	struct explain x = { .o = o };
	struct lof_err e = { 0 };
	struct lof_buf text = { 0 };
	if (o->n_operands > 1) {
		lof_err_set(&e, LOF_E_USAGE, "expected one FILE, not also", lof_cstr(o->operands[1]));
		return fail(&e);
	}
	int status = session_open(&x.s, o, NEED_RULES | NEED_NOTES);
	if (status)
		return status;
	if (!keys_init(&x.keys) || !rank_init(&x.ranker, &x.s.book) || !when_init(&x.when, &x.s.book.site))
		lof_no_memory();
	x.keys.want_rules = true;
	if (io_slurp(o->n_operands ? o->operands[0] : "-", &text, &e))
		status = fail(&e);
	else
		status = explain_all(&x, text.n ? buf_view(&text) : LOF_LIT(""));
	for (size_t i = 0; i < CARRIERS_MAX; i++)
		scan_free(&x.scan[i]);
	keys_free(&x.keys);
	rank_free(&x.ranker);
	when_free(&x.when);
	buf_free(&text);
	session_close(&x.s);
	return status;
}
