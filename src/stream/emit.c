#include "stream/emit.h"

static void
put_id(struct lof_buf *b, attack_id id)
{
	char text[ATTACK_TEXT_MAX];
	buf_char(b, '"');
	buf_put(b, text, attack_text(id, text));
	buf_char(b, '"');
}

// Canonical ids, each once, in order.
static size_t
sorted_ids(const struct keys *k, attack_id out[TECHNIQUES_MAX])
{
	size_t n = 0;
	for (size_t t = 0; t < k->n_techniques; t++) {
		attack_id id = k->techniques[t].id;
		size_t i = 0;
		while (i < n && out[i] < id)
			i++;
		if (i < n && out[i] == id)
			continue;
		memmove(out + i + 1, out + i, (n - i) * sizeof *out);
		out[i] = id;
		n++;
	}
	return n;
}

static void
put_head(struct lof_buf *b, const struct keys *k, size_t total)
{
	attack_id ids[TECHNIQUES_MAX];
	size_t n = sorted_ids(k, ids);
	for (size_t i = 0; i < n; i++) {
		buf_str(b, i ? LOF_LIT(",") : LOF_LIT("\"techniques\":["));
		put_id(b, ids[i]);
	}
	if (n)
		buf_lit(b, "],");
	bool via = false;
	for (size_t i = 0; i < k->n_techniques; i++) {
		if (k->techniques[i].raw == k->techniques[i].id)
			continue;
		buf_str(b, via ? LOF_LIT(",") : LOF_LIT("\"via\":{"));
		put_id(b, k->techniques[i].raw);
		buf_char(b, ':');
		put_id(b, k->techniques[i].id);
		via = true;
	}
	if (via)
		buf_lit(b, "},");
	buf_lit(b, "\"total\":");
	buf_uint(b, total);
}

// Before the words, what speaks for a site's note: where its conditions hold.
static void
put_why(struct lof_buf *b, const struct ranker *r, const struct pick *p)
{
	const struct site *s = &r->book->site;
	size_t n = 0, end = p->match == MATCH_SITE ? s->notes[p->site].n : 0;
	for (size_t i = 0; i < end; i++) {
		const struct site_condition *c = &s->conditions[s->notes[p->site].first + i];
		if (i && c->node == c[-1].node)
			continue;
		buf_str(b, n++ ? LOF_LIT(",\"") : LOF_LIT(",\"why\":[\""));
		buf_str(b, c->path);
		buf_char(b, '"');
	}
	for (uint32_t i = 0; i < p->n_why; i++) {
		buf_str(b, n++ ? LOF_LIT(",\"") : LOF_LIT(",\"why\":[\""));
		buf_str(b, rank_word(r, p->why[i]));
		buf_char(b, '"');
	}
	if (n)
		buf_char(b, ']');
}

static void
put_note(struct lof_buf *b, enum style style, const struct ranker *r, const struct pick *p)
{
	struct index_note n = book_note(r->book, p->note);
	if (style != STYLE_FULL) {
		buf_char(b, '"');
		buf_str(b, style == STYLE_TEXT ? n.text : n.id);
		buf_char(b, '"');
		return;
	}
	buf_str(b, n.head);
	buf_lit(b, ",\"match\":\"");
	buf_str(b, lof_cstr(match_name(p->match)));
	buf_char(b, '"');
	if (p->technique) {
		buf_lit(b, ",\"technique\":");
		put_id(b, p->technique);
	}
	unsigned hundredths = (unsigned)(p->score * 100 + 0.5F);
	buf_lit(b, ",\"score\":");
	buf_char(b, hundredths >= 100 ? '1' : '0');
	if (hundredths % 100) {
		buf_char(b, '.');
		buf_char(b, (char)('0' + hundredths / 10 % 10));
		if (hundredths % 10)
			buf_char(b, (char)('0' + hundredths % 10));
	}
	put_why(b, r, p);
	buf_str(b, n.check);
	buf_str(b, n.owner);
	if (p->rule == NO_RULE) {
		buf_str(b, n.tail);
		return;
	}
	struct index_rule rule = book_rule(r->book, p->rule);
	for (int i = 0; i < RULE_PARTS; i++)
		buf_str(b, rule.part[i]);
}

void
emit_member(const struct engine *en, struct lof_str quoted_key, const struct keys *k, const struct ranker *r, size_t room,
    struct lof_buf *out, uint32_t *notes)
{
	struct lof_str version = lof_cstr(en->book->version);
	size_t end = LOF_LIT("],\"index\":\"\"}").n + version.n;
	out->n = 0;
	*notes = 0;
	buf_str(out, quoted_key);
	buf_char(out, '{');
	put_head(out, k, r->total);
	buf_lit(out, ",\"notes\":[");
	if (room && out->n + end > room) {
		out->n = 0;
		return;
	}
	for (size_t i = 0; i < r->n_picks; i++) {
		size_t before = out->n;
		if (*notes)
			buf_char(out, ',');
		put_note(out, en->style, r, &r->picks[i]);
		if (room && out->n + end > room)
			out->n = before;
		else
			++*notes;
	}
	buf_lit(out, "],\"index\":\"");
	buf_str(out, version);
	buf_lit(out, "\"}");
}
