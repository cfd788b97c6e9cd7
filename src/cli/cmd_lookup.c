// lofpipe lookup KEY...: the notes for a technique, tag, rule id or rule name, for people.
#include "cli/cli.h"

#include "json/jstr.h"

#include <time.h>

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

static void
put_notes(struct lof_buf *out, const struct ranker *r)
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
		buf_lit(out, "]\n");
	}
}

// A key is a technique if it looks like one, and may be a tag, a rule id and a rule name as well. 1 if it is known.
static int
look_up(struct ranker *r, const struct options *o, struct lof_str key, struct lof_buf *out)
{
	attack_id raw = attack_parse(key), id = attack_canonical(raw);
	if (!raw)
		raw = id = attack_by_name(key);
	struct query_in in = { .techniques = &id, .n_techniques = raw != 0, .rule_ids = &key, .n_rule_ids = 1, .rule_names = &key,
		.n_rule_names = 1, .tags = &key, .n_tags = 1 };
	bool found = rank_query(r, &in) && (r->n_keys || attack_find(id));
	rank_site(r, NULL, (uint32_t)time(NULL));
	rank_answer(r, o->max_notes_given ? o->max_notes : 0, 0);
	if (!found && r->total == 0)
		return 0;
	put_heading(out, key, raw, r);
	put_notes(out, r);
	return 1;
}

int
cmd_lookup(const struct options *o)
{
	struct session s;
	struct ranker r;
	struct lof_buf out = { 0 };
	struct lof_err e = { 0 };
	if (o->n_operands == 0) {
		lof_err_set(&e, LOF_E_USAGE, "expected a technique, tag, rule id or rule name", LOF_LIT(""));
		return fail(&e);
	}
	int status = session_open(&s, o, NEED_NOTES);
	if (status)
		return status;
	if (!rank_init(&r, &s.book))
		lof_no_memory();
	for (size_t i = 0; i < o->n_operands; i++)
		if (!look_up(&r, o, lof_cstr(o->operands[i]), &out)) {
			fprintf(stderr, "lofpipe: nothing is known of \"%s\"\n", o->operands[i]);
			status = STATUS_BAD;
		}
	rank_free(&r);
	session_close(&s);
	int printed = print_all(&out);
	return printed ? printed : status;
}
