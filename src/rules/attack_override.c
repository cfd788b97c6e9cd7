// attack_override: lines put over the table that is in use.
#include "base/buf.h"
#include "rules/attack.h"

static void
put_line(struct lof_buf *out, const struct attack_entry *t)
{
	static const char *const state[] = { [ATTACK_ACTIVE] = "active", [ATTACK_DEPRECATED] = "deprecated", [ATTACK_REVOKED] = "revoked" };
	char id[ATTACK_TEXT_MAX];

	buf_put(out, id, attack_text(t->id, id));
	buf_char(out, '\t');
	buf_char(out, t->domain);
	buf_char(out, '\t');
	if (t->became) {
		buf_char(out, '>');
		buf_put(out, id, attack_text(t->became, id));
	} else {
		buf_str(out, lof_cstr(state[t->state]));
	}
	for (int i = 0; i < 3; i++) {
		buf_char(out, '\t');
		buf_str(out, i == 0 ? t->name : i == 1 ? t->tactics : t->platforms);
	}
	buf_char(out, '\n');
}

static attack_id
id_of(struct lof_str line)
{
	struct lof_str id;

	lof_str_cut(&line, '\t', &id);
	return attack_parse(id);
}

enum lof_rc
attack_override(struct lof_str lines, struct lof_err *e)
{
	struct lof_buf merged = { .n = 0 }, now = { .n = 0 };
	struct lof_str line;
	size_t count, at = 0;
	const struct attack_entry *have = attack_all(&count);
	enum lof_rc rc;

	while (lof_str_cut(&lines, '\n', &line)) {
		attack_id id = id_of(line);

		for (; at < count && have[at].id < id; at++)
			put_line(&merged, &have[at]);
		at += at < count && have[at].id == id;
		buf_str(&merged, line); // a bad or unordered one is found when the whole is read
		buf_char(&merged, '\n');
	}
	for (; at < count; at++)
		put_line(&merged, &have[at]);
	for (at = 0; at < count; at++)
		put_line(&now, &have[at]);
	// Nothing new, as when an index is opened again: tables are kept for ever, so none is made in vain.
	rc = lof_str_eq(buf_view(&now), buf_view(&merged)) ? LOF_OK : attack_use(buf_view(&merged), e);
	buf_free(&now);
	buf_free(&merged);
	return rc;
}
