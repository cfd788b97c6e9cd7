#include "stream/metrics.h"

#include <stdlib.h>

// A piece of text being made, and what each of its series bears.
struct text {
	struct lof_buf *out;
	struct lof_str stream;
	const char *name; // of the metric in hand
};

static void
head(struct text *t, const char *name, const char *type, const char *help)
{
	const char *const pieces[] = { "# HELP lofpipe_", name, " ", help, "\n# TYPE lofpipe_", name, " ", type, "\n" };
	t->name = name;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		buf_str(t->out, lof_cstr(pieces[i]));
}

static void
label(struct text *t, const char *name, struct lof_str v)
{
	buf_str(t->out, lof_cstr(name));
	buf_lit(t->out, "=\"");
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			buf_char(t->out, '\\');
		buf_char(t->out, v.p[i] == '\n' ? ' ' : v.p[i]);
	}
	buf_lit(t->out, "\",");
}

// A series of the metric in hand: begun, labelled, given its value.
static void
begin(struct text *t)
{
	buf_lit(t->out, "lofpipe_");
	buf_str(t->out, lof_cstr(t->name));
	buf_char(t->out, '{');
	label(t, "stream", t->stream);
}

static void
end(struct text *t, uint64_t v)
{
	t->out->n--; // the last label's comma
	buf_lit(t->out, "} ");
	buf_uint(t->out, v);
	buf_char(t->out, '\n');
}

static void
by(struct text *t, const char *name, struct lof_str value, uint64_t v)
{
	begin(t);
	label(t, name, value);
	end(t, v);
}

static void
plain(struct text *t, const char *name, const char *help, uint64_t v)
{
	head(t, name, "counter", help);
	begin(t);
	end(t, v);
}

static void
put_counters(struct text *t, const struct counters *c)
{
	head(t, "events_total", "counter", "Events by what became of them.");
	for (int o = 0; o < OUT_COUNT; o++)
		by(t, "outcome", lof_cstr(outcome_name((enum outcome)o)), c->of[o]);
	plain(t, "read_bytes_total", "Bytes read.", c->bytes_in);
	plain(t, "written_bytes_total", "Bytes written.", c->bytes_out);
	plain(t, "notes_total", "Notes put into events.", c->notes);
	plain(t, "placeholder_notes_total", "Notes kept back because they say nothing.", c->placeholders);
	plain(t, "expired_notes_total", "Notes of the site kept back because their time is over.", c->expired);
	plain(t, "retired_id_events_total", "Events with an id that ATT&CK has retired.", c->retired);
	plain(t, "unknown_id_events_total", "Events with a well-formed id that no table knows.", c->unknown);
	plain(t, "replaced_members_total", "Events that brought a member of our name.", c->replaced);
	plain(t, "pattern_limits_total", "Values on which a pattern was given up.", c->regex_limits);
	plain(t, "disabled_conditions_total", "Conditions of the site's notes that are no longer asked.", c->disabled);
	head(t, "answers_total", "counter", "Answers that were there already (cached) or had to be made (made).");
	by(t, "how", LOF_LIT("cached"), c->cache_hits);
	by(t, "how", LOF_LIT("made"), c->cache_misses);
	head(t, "reloads_total", "counter", "Rules and notes loaded anew (taken), or refused for what is wrong with them (refused).");
	by(t, "result", LOF_LIT("taken"), c->reloads);
	by(t, "result", LOF_LIT("refused"), c->reloads_failed);
	if (c->connections) {
		plain(t, "connections_total", "Connections served.", c->connections);
		plain(t, "lost_connections_total", "Connections that broke with something unsaid.", c->lost);
	}
	plain(t, "metrics_failures_total", "Times that this file could not be written.", c->metrics_failed);
}

static void
put_formats(struct text *t, const struct tally *y)
{
	size_t n;
	const struct tally_format **formats = tally_formats(y, &n);
	if (n) // no head without a series
		head(t, "format_events_total", "counter", "Events by format rule and by what became of them.");
	for (size_t i = 0; i < n; i++)
		for (int o = 0; o < TALLY_OUTCOMES; o++) {
			begin(t);
			label(t, "format", lof_cstr(formats[i]->name));
			label(t, "outcome", lof_cstr(outcome_name((enum outcome)o)));
			end(t, formats[i]->of[o]);
		}
	free(formats);
}

static void
put_techniques(struct text *t, const struct tally *y)
{
	size_t n, retired = 0;
	char id[ATTACK_TEXT_MAX], today[ATTACK_TEXT_MAX];
	const struct tally_id **ids = tally_ids(y, &n);
	head(t, "technique_events_without_notes_total", "counter", "Events that got no notes, by technique.");
	for (size_t i = 0; i < n; i++)
		if (ids[i]->without)
			by(t, "technique", LOF_STR(id, attack_text(ids[i]->id, id)), ids[i]->without);
	by(t, "technique", LOF_LIT("unknown"), y->unknown.without);
	for (size_t i = 0; i < n; i++)
		if (ids[i]->retired) {
			if (!retired++)
				head(t, "retired_ids_total", "counter", "Events that bore an id that ATT&CK has retired, by id.");
			begin(t);
			label(t, "id", LOF_STR(id, attack_text(ids[i]->id, id)));
			label(t, "today", LOF_STR(today, attack_text(ids[i]->became, today)));
			end(t, ids[i]->retired);
		}
	free(ids);
}

// The file's own name without its ending, in ASCII.
static void
put_stream(const char *path, struct lof_buf *out)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name);
	if (n > 5 && strcmp(name + n - 5, ".prom") == 0)
		n -= 5;
	for (size_t i = 0; i < n; i++)
		buf_char(out, name[i] < ' ' || name[i] > '~' ? '_' : name[i]);
}

void
metrics_text(const struct enricher *e, const char *path, uint64_t started, struct lof_buf *out)
{
	struct lof_buf stream = { 0 };
	put_stream(path, &stream);
	struct text t = { .out = out, .stream = buf_view(&stream) };
	put_counters(&t, &e->count);
	put_formats(&t, e->tally);
	put_techniques(&t, e->tally);
	head(&t, "start_time_seconds", "gauge", "When it was started, in seconds since 1970.");
	begin(&t);
	end(&t, started);
	head(&t, "info", "gauge", "Version of the program and of the notes in use.");
	begin(&t);
	label(&t, "version", LOF_LIT(LOF_VERSION));
	label(&t, "notes", lof_cstr(e->engine->book->version));
	end(&t, 1);
	buf_free(&stream);
}
