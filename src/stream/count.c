#include "stream/count.h"

#include <stdio.h>

const char *
outcome_name(enum outcome o)
{
	static const char *const names[] = { "enriched", "no_notes", "no_key", "not_object", "bad", "cut", "too_long" };
	return names[o];
}

static void
member(struct lof_buf *out, const char *name, uint64_t v)
{
	if (out->p[out->n - 1] != '{')
		buf_char(out, ',');
	buf_char(out, '"');
	buf_str(out, lof_cstr(name));
	buf_lit(out, "\":");
	buf_uint(out, v);
}

void
count_json(const struct counters *c, double seconds, struct lof_buf *out)
{
	char s[64];
	member(out, "events", c->events);
	for (int o = 0; o < OUT_COUNT; o++)
		member(out, outcome_name((enum outcome)o), c->of[o]);
	member(out, "lines", c->lines);
	member(out, "blank", c->blank);
	member(out, "bytes_in", c->bytes_in);
	member(out, "bytes_out", c->bytes_out);
	member(out, "notes", c->notes);
	member(out, "placeholders", c->placeholders);
	member(out, "expired", c->expired);
	member(out, "retired", c->retired);
	member(out, "unknown", c->unknown);
	member(out, "replaced", c->replaced);
	member(out, "regex_limits", c->regex_limits);
	member(out, "conditions_disabled", c->disabled);
	member(out, "cache_hits", c->cache_hits);
	member(out, "cache_misses", c->cache_misses);
	member(out, "reloads", c->reloads);
	member(out, "reloads_failed", c->reloads_failed);
	member(out, "metrics_failed", c->metrics_failed);
	if (c->connections) {
		member(out, "connections", c->connections);
		member(out, "connections_lost", c->lost);
	}
	buf_put(out, s, (size_t)snprintf(s, sizeof s, ",\"seconds\":%.3f", seconds));
}

void
count_line(const struct counters *c, double seconds, struct lof_buf *out)
{
	buf_uint(out, c->events);
	buf_lit(out, " events");
	bool first = true;
	for (int o = 0; o < OUT_COUNT; o++) {
		static const char *const words[] = { " enriched", " without a note", " without a key", " no object", " bad", " cut",
			" too long" };
		if (!c->of[o])
			continue;
		buf_str(out, first ? LOF_LIT(": ") : LOF_LIT(", "));
		first = false;
		buf_uint(out, c->of[o]);
		buf_str(out, lof_cstr(words[o]));
	}
	if (c->connections) {
		buf_lit(out, "; ");
		buf_uint(out, c->connections);
		buf_lit(out, " connections");
	}
	if (c->lost) {
		buf_lit(out, ", ");
		buf_uint(out, c->lost);
		buf_lit(out, " lost");
	}
	char s[96];
	double mb = (double)c->bytes_in / 1e6;
	buf_put(out, s, (size_t)snprintf(s, sizeof s, "; %.1f MB in %.2f s, %.0f MB/s", mb, seconds, seconds > 0 ? mb / seconds : 0));
}
