// The loaded rules as C text. The build runs this once (lofpipe --print-rules) and compiles the result into the
// program, so that starting it parses nothing.
#include "rules/rules.h"

#include "json/path_tables.h"

static void
put_text(FILE *f, struct lof_str s)
{
	fputc('"', f);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '?')
			fprintf(f, "\\%03o", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void
put_str(FILE *f, struct lof_str s)
{
	fputs("{ ", f);
	put_text(f, s);
	fprintf(f, ", %zu }", s.n);
}

static void
put_numbers(FILE *f, const char *type, const char *name, const uint16_t *v, size_t n)
{
	fprintf(f, "static %s %s[] = {", type, name);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%u,", i % 16 ? " " : "\n\t", v[i]);
	fprintf(f, " 0 };\n");
}

static void
put_slices(FILE *f, const char *name, const struct slice *v, size_t n)
{
	fprintf(f, "static struct slice %s[] = {", name);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s{ %u, %u },", i % 8 ? " " : "\n\t", v[i].first, v[i].n);
	fprintf(f, " { 0, 0 } };\n");
}

// --- paths ----------------------------------------------------------------------------------------------------------

static void
put_globs(FILE *f, const struct paths *ps, const char *name)
{
	for (int b = 0; b < 27; b++) {
		fprintf(f, "static struct path_glob %s_globs%d[] = {\n", name, b);
		for (size_t i = 0; i < ps->n_globs[b]; i++) {
			const struct path_glob *g = &ps->globs[b][i];
			fputs("\t{ ", f);
			put_str(f, g->text);
			fprintf(f, ", %d, %d, %u },\n", g->open_left, g->open_right, g->node);
		}
		fprintf(f, "\t{ { 0, 0 }, 0, 0, 0 } };\n");
	}
}

static void
put_paths(FILE *f, const struct paths *ps, const char *name)
{
	const struct paths_table *t = &ps->table;
	size_t keys = 0;
	fprintf(f, "static struct path_key %s_nodes[] = {\n", name);
	for (size_t i = 0; i < ps->n; i++) {
		const struct path_key *k = &ps->nodes[i];
		fprintf(f, "\t{ %u, %u, ", k->parent, k->inner);
		put_str(f, k->segment);
		fprintf(f, ", %u },\n", k->flags);
	}
	fprintf(f, "};\nstatic uint8_t %s_flags[] = {", name);
	for (size_t i = 0; i < ps->n; i++)
		fprintf(f, "%s%u,", i % 32 ? " " : "\n\t", ps->flags[i]);
	fprintf(f, "\n};\nstatic const struct path_slot %s_slots[] = {\n", name);
	for (size_t i = 0; i <= t->mask; i++) {
		const struct path_slot *s = &t->slots[i];
		if (s->hash) // the others are zero
			fprintf(f, "\t[%zu] = { 0x%llxu, %u, %u, %u },\n", i, (unsigned long long)s->hash, s->key, s->to, s->len);
		if (s->hash && s->key + (size_t)s->len > keys)
			keys = s->key + (size_t)s->len;
	}
	if (!t->slots[t->mask].hash) // says how long the table is
		fprintf(f, "\t[%zu] = { 0, 0, 0, 0 },\n", (size_t)t->mask);
	fprintf(f, "};\nstatic const char %s_keys[] =\n", name);
	for (size_t i = 0; i < keys; i += 100) {
		fputc('\t', f);
		put_text(f, LOF_STR(t->keys + i, keys - i < 100 ? keys - i : 100));
		fputc('\n', f);
	}
	fprintf(f, "\t\"\";\n");
	put_globs(f, ps, name);
	fprintf(f, "static struct paths %s = {\n\t.nodes = %s_nodes, .n = %zu, .flags = %s_flags, .loose = %d,\n", name, name, ps->n, name, ps->loose);
	fprintf(f, "\t.table = { %s_flags, %s_slots, %s_keys, %llu, %d, %d },\n\t.globs = {", name, name, name, (unsigned long long)t->mask, ps->loose, ps->loose ? 2 : 1);
	for (int b = 0; b < 27; b++)
		fprintf(f, " %s_globs%d,", name, b);
	fprintf(f, " },\n\t.n_globs = {");
	for (int b = 0; b < 27; b++)
		fprintf(f, " %zu,", ps->n_globs[b]);
	fprintf(f, " },\n};\n");
}

// --- formats and their tables ---------------------------------------------------------------------------------------

static void
put_formats(FILE *f, const struct rules *r)
{
	char name[64];
	for (size_t i = 0; i < r->n_formats; i++) {
		snprintf(name, sizeof name, "envelopes%zu", i);
		put_numbers(f, "path_node", name, r->formats[i].envelopes, r->formats[i].n_envelopes);
	}
	fprintf(f, "static struct format formats[] = {\n");
	for (size_t i = 0; i < r->n_formats; i++) {
		const struct format *x = &r->formats[i];
		fputs("\t{ ", f);
		put_text(f, lof_cstr(x->name));
		fputs(", ", f);
		put_text(f, lof_cstr(x->title));
		fprintf(f, ", %d, %d, envelopes%zu, %zu },\n", x->generic, x->has_tactic, i, x->n_envelopes);
	}
	fprintf(f, "};\n");
}

static size_t
put_uses(FILE *f, const struct rules *r)
{
	size_t n = 0;
	for (size_t v = 0; v < paths_count(r->typed); v++)
		if (r->uses_of[v].n && r->uses_of[v].first + r->uses_of[v].n > n)
			n = r->uses_of[v].first + r->uses_of[v].n;
	fprintf(f, "static struct use uses[] = {\n");
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "\t{ %u, %u, %d, {", r->uses[i].role, r->uses[i].rank, r->uses[i].pattern);
		for (size_t w = 0; w < FORMATS_MAX / 64; w++)
			fprintf(f, " 0x%llxu,", (unsigned long long)r->uses[i].formats[w]);
		fprintf(f, " } },\n");
	}
	fprintf(f, "\t{ 0 } };\n");
	return n;
}

static void
put_conds(FILE *f, const struct rules *r)
{
	for (size_t i = 0; i < r->n_conds; i++) {
		fprintf(f, "static const struct lof_str values%zu[] = {", i);
		for (size_t k = 0; k < r->conds[i].n_values; k++) {
			put_str(f, r->conds[i].values[k]);
			fputs(", ", f);
		}
		fprintf(f, "{ 0, 0 } };\n");
	}
	fprintf(f, "static struct cond conds[] = {\n");
	for (size_t i = 0; i < r->n_conds; i++)
		fprintf(f, "\t{ %u, %d, values%zu, %zu },\n", r->conds[i].bit, r->conds[i].prefix, i, r->conds[i].n_values);
	fprintf(f, "\t{ 0 } };\n");
}

static void
put_alts(FILE *f, const struct rules *r)
{
	char name[64];
	size_t n = 0;
	for (size_t c = 0; c < r->n_conds; c++)
		n += r->alts_of[c].n;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "alt%zu", i);
		put_numbers(f, "const uint16_t", name, r->alts[i].conds, r->alts[i].n_conds);
	}
	fprintf(f, "static struct alt alts[] = {\n");
	for (size_t i = 0; i < n; i++)
		fprintf(f, "\t{ %u, %u, alt%zu },\n", r->alts[i].format, r->alts[i].n_conds, i);
	fprintf(f, "\t{ 0 } };\n");
}

void
rules_print(const struct rules *r, FILE *f)
{
	size_t nodes = paths_count(r->typed);
	fprintf(f, "// Made by lofpipe --print-rules from rules/*.json.\n#include \"json/path_tables.h\"\n#include \"rules/rules.h\"\n");
	fprintf(f, "extern struct rules lof_builtin_rules;\n");
	put_paths(f, r->typed, "typed");
	put_paths(f, r->loose, "loose");
	put_formats(f, r);
	put_uses(f, r);
	put_conds(f, r);
	put_alts(f, r);
	put_slices(f, "uses_of", r->uses_of, nodes);
	put_slices(f, "conds_of", r->conds_of, nodes);
	put_slices(f, "alts_of", r->alts_of, r->n_conds);
	fprintf(f, "static struct lof_str patterns[] = {\n");
	for (size_t i = 0; i < r->n_patterns; i++) {
		fputc('\t', f);
		put_str(f, r->patterns[i]);
		fputs(",\n", f);
	}
	fprintf(f, "\t{ 0, 0 } };\nstatic uint8_t loose_role[] = {");
	for (size_t i = 0; i < paths_count(r->loose); i++)
		fprintf(f, " %u,", r->loose_role[i]);
	fprintf(f, " };\nstruct rules lof_builtin_rules = {\n"
	    "\t.typed = &typed, .loose = &loose, .formats = formats, .n_formats = %zu, .uses = uses, .conds = conds, .alts = alts,\n"
	    "\t.uses_of = uses_of, .conds_of = conds_of, .alts_of = alts_of, .n_conds = %zu, .loose_role = loose_role,\n"
	    "\t.patterns = patterns, .n_patterns = %zu,\n};\n", r->n_formats, r->n_conds, r->n_patterns);
}
