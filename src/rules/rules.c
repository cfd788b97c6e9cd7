// Loading: files to drafts, lists in the order they were met (tables.c makes of them what keys.c walks).
#include "rules/rules.h"

#include "base/closest.h"
#include "base/io.h"
#include "rules/draft.h"
#include "rules/pattern.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>

extern const struct embedded {
	const char *name, *bytes, *end;
} lof_embedded_rules[];
extern struct rules lof_builtin_rules; // never written to; without formats while the build makes the tables

static const char *const role_names[ROLE_COUNT] = {
	"technique", "technique_name", "tactic", "rule_id", "rule_name", "tags", "platform", "context",
};

struct load {
	struct rules *r;
	struct drafts d;
	size_t n_formats;
	// the file in hand
	const char *file;
	struct lof_str text;
	uint16_t format;
	bool loose, bad;
	void (*warn)(void *arg, const struct lof_err *e);
	void *arg;
	struct lof_err *first;
	size_t mistakes;
};

// --- mistakes -------------------------------------------------------------------------------------------------------

static void
tell(struct load *l, const struct lof_err *e)
{
	if (l->mistakes++ == 0 && l->first)
		*l->first = *e;
	if (l->warn)
		l->warn(l->arg, e);
	l->bad = true;
}

// A mistake at the first place where `piece` stands in the file as a string. jansson keeps no positions of what it
// parsed, but a mistyped word is nearly always the only one of its kind.
static void
mistake_hint(struct load *l, const char *what, struct lof_str piece, const char *hint)
{
	struct lof_err e = { 0 };
	uint32_t line = 0, col = 0;
	char quoted[130] = "\"";
	if (piece.n && piece.n < sizeof quoted - 2) {
		memcpy(quoted + 1, piece.p, piece.n);
		quoted[piece.n + 1] = '"';
		const char *at = l->text.n ? memmem(l->text.p, l->text.n, quoted, piece.n + 2) : NULL;
		if (at)
			lof_line_col(l->text, (size_t)(at - l->text.p) + 1, &line, &col);
	}
	lof_err_at(&e, LOF_E_RULE, l->file, line, col, what, piece);
	e.hint = hint;
	tell(l, &e);
}

static void
mistake(struct load *l, const char *what, struct lof_str piece)
{
	mistake_hint(l, what, piece, NULL);
}

static struct lof_str
str_of(const json_t *v)
{
	return LOF_STR(json_string_value(v), json_string_length(v));
}

static void *
must_alloc(size_t n)
{
	void *p = malloc(n);
	if (!p)
		lof_no_memory();
	return p;
}

void
rules_own_memory(void)
{
	json_set_alloc_funcs(must_alloc, free);
}

// --- one entry ------------------------------------------------------------------------------------------------------

// The number of a pattern that compiles and has a group, or -1.
static int
add_pattern(struct load *l, struct lof_str p)
{
	struct rules *r = l->r;
	for (size_t i = 0; i < r->n_patterns; i++)
		if (lof_str_eq(r->patterns[i], p))
			return (int)i;
	uint32_t groups;
	bool good = pattern_check(p, &groups);
	if (!good || groups < 1) {
		mistake(l, good ? "expected a pattern with a group ( ) around the value" : "expected a PCRE2 pattern; this one does not compile", p);
		return -1;
	}
	if (r->n_patterns == PATTERNS_MAX) {
		mistake(l, "too many patterns in all rules", p);
		return -1;
	}
	r->patterns[r->n_patterns] = arena_copy(&r->arena, p);
	return (int)r->n_patterns++;
}

static path_node
add_path(struct load *l, path_node from, struct lof_str path, unsigned flags)
{
	const char *why = "expected a path";
	path_node node = paths_add(l->loose ? l->r->loose : l->r->typed, from, path, flags, &why);
	if (!node)
		mistake(l, why, path);
	return node;
}

static void
add_use(struct load *l, enum role role, size_t rank, path_node node, int pattern)
{
	struct use_draft d = { .node = node };
	d.use.role = (uint8_t)role;
	d.use.rank = rank < 127 ? (uint8_t)rank : 127;
	d.use.formats[l->format / 64] = (uint64_t)1 << (l->format % 64);
	d.use.pattern = (int16_t)pattern;
	if (l->loose)
		l->r->loose_role[node] = (uint8_t)role;
	else
		buf_put(&l->d.uses, &d, sizeof d);
}

static void
load_entry(struct load *l, enum role role, size_t rank, const json_t *entry)
{
	static const char *const known[] = { "path", "pattern", "decode", "then" };
	const json_t *path = entry, *pattern = NULL, *decode = NULL, *then = NULL;
	unsigned flags = PATH_VALUE | (l->loose && role == ROLE_TECHNIQUE ? PATH_INHERIT : 0);

	if (json_is_object(entry)) {
		const char *key;
		json_t *value;
		json_object_foreach((json_t *)(uintptr_t)entry, key, value) {
			const json_t **to[] = { &path, &pattern, &decode, &then };
			size_t i = 0;
			while (i < 4 && strcmp(key, known[i]) != 0)
				i++;
			if (i == 4 || !json_is_string(value)) {
				mistake(l, i == 4 ? "expected one of path, pattern, decode, then" : "expected a string", lof_cstr(key));
				return;
			}
			*to[i] = value;
		}
	}
	if (!json_is_string(path)) {
		mistake(l, "expected a path, or an object with a path", lof_cstr(role_names[role]));
		return;
	}
	path_node node = add_path(l, PATH_ROOT, str_of(path), decode ? PATH_VALUE | PATH_DECODED : flags);
	if (node && decode) {
		if (l->loose || !lof_str_eq(str_of(decode), LOF_LIT("json"))) {
			mistake(l, "expected \"json\", the only thing that is decoded", str_of(decode));
			return;
		}
		node = add_path(l, paths_inner(l->r->typed, node), then ? str_of(then) : LOF_LIT(""), flags);
	}
	int number = pattern ? add_pattern(l, str_of(pattern)) : -1;
	if (node && !(pattern && number < 0))
		add_use(l, role, rank, node, number);
}

// --- when -----------------------------------------------------------------------------------------------------------

static bool
same_values(const struct cond *a, const struct cond *b)
{
	if (a->prefix != b->prefix || a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++)
		if (!lof_str_eq(a->values[i], b->values[i]))
			return false;
	return true;
}

// The number of a condition, an equal one's if it is there already.
static int
cond_bit(struct load *l, path_node node, struct cond c)
{
	struct cond_draft *have = DRAFTS(l->d.conds, cond_draft);
	size_t n = COUNT(l->d.conds, cond_draft);
	for (size_t i = 0; i < n; i++)
		if (have[i].node == node && same_values(&have[i].cond, &c))
			return have[i].cond.bit;
	if (n == CONDS_MAX)
		return -1;
	c.bit = (uint16_t)n;
	struct cond_draft d = { c, node };
	buf_put(&l->d.conds, &d, sizeof d);
	return (int)n;
}

static bool
cond_values(struct load *l, const json_t *v, struct cond *c)
{
	size_t n = json_is_array(v) ? json_array_size(v) : 1;
	struct lof_str *list = arena_array(&l->r->arena, n, sizeof *list);
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
		if (!json_is_string(one))
			return false;
		struct lof_str s = str_of(one);
		bool prefix = s.n > 1 && s.p[s.n - 1] == '*';
		s.n -= prefix;
		if (i > 0 && prefix != c->prefix)
			return false;
		c->prefix = prefix;
		list[i] = arena_copy(&l->r->arena, s);
	}
	c->values = list;
	c->n_values = n;
	return n > 0;
}

static void
load_alternative(struct load *l, json_t *when)
{
	struct alt_draft d = { .alt = { .format = l->format } };
	uint16_t *bits = arena_array(&l->r->arena, json_object_size(when) + 1, sizeof *bits);
	const char *key;
	json_t *value;
	json_object_foreach(when, key, value) {
		struct cond c = { 0 };
		if (!json_is_true(value) && !cond_values(l, value, &c)) {
			mistake(l, "expected true, a string, or a list of strings (all or none ending in a star)", lof_cstr(key));
			return;
		}
		path_node node = add_path(l, PATH_ROOT, lof_cstr(key), PATH_TESTED | PATH_VALUE | (c.n_values ? PATH_COMPARED : PATH_EXISTS));
		int bit = node ? cond_bit(l, node, c) : -1;
		if (node && bit < 0)
			mistake(l, "too many conditions in all rules", lof_cstr(key));
		if (bit < 0)
			return;
		bits[d.alt.n_conds++] = (uint16_t)bit;
	}
	d.alt.conds = bits;
	if (d.alt.n_conds == 0)
		mistake(l, "expected at least one condition in each alternative of", LOF_LIT("when"));
	else
		buf_put(&l->d.alts, &d, sizeof d);
}

// --- one file -------------------------------------------------------------------------------------------------------

static void
load_list(struct load *l, const char *member, json_t *list, void (*each)(struct load *l, size_t i, json_t *v, int role), int role)
{
	if (!json_is_array(list)) {
		mistake(l, "expected a list ([ ]) as the value of", lof_cstr(member));
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		each(l, i, json_array_get(list, i), role);
}

static void
each_entry(struct load *l, size_t i, json_t *v, int role)
{
	load_entry(l, (enum role)role, i, v);
}

static void
each_when(struct load *l, size_t i, json_t *v, int role)
{
	(void)i, (void)role;
	if (json_is_object(v))
		load_alternative(l, v);
	else
		mistake(l, "expected objects of path and value in the list of", LOF_LIT("when"));
}

static void
each_envelope(struct load *l, size_t i, json_t *v, int role)
{
	(void)role;
	struct format *f = &l->r->formats[l->format];
	path_node node = json_is_string(v) ? add_path(l, PATH_ROOT, str_of(v), PATH_OPEN) : PATH_DEAD;
	if (!json_is_string(v))
		mistake(l, "expected paths in the list of", LOF_LIT("envelope"));
	path_node *more = arena_array(&l->r->arena, i + 1, sizeof *more);
	if (f->n_envelopes)
		memcpy(more, f->envelopes, f->n_envelopes * sizeof *more);
	f->envelopes = more;
	if (node)
		more[f->n_envelopes++] = node;
}

static void
each_not(struct load *l, size_t i, json_t *v, int role)
{
	(void)i, (void)role;
	if (l->loose && json_is_string(v))
		add_path(l, PATH_ROOT, str_of(v), PATH_NEVER);
	else
		mistake(l, "expected \"**.\" paths, in the generic rule only, in the list of", LOF_LIT("not"));
}

static void
load_member(struct load *l, const char *key, json_t *value)
{
	static const char *const known[] = { "name", "title", "doc", "when", "envelope", "generic", "not",
		"technique", "technique_name", "tactic", "rule_id", "rule_name", "tags", "platform", "context" };
	struct format *f = &l->r->formats[l->format];
	for (int role = 0; role < ROLE_COUNT; role++)
		if (strcmp(key, role_names[role]) == 0) {
			load_list(l, key, value, each_entry, role);
			f->has_tactic |= role == ROLE_TACTIC;
			return;
		}
	if (strcmp(key, "when") == 0) {
		load_list(l, key, value, each_when, 0);
	} else if (strcmp(key, "envelope") == 0) {
		load_list(l, key, value, each_envelope, 0);
	} else if (strcmp(key, "not") == 0) {
		load_list(l, key, value, each_not, 0);
	} else if (strcmp(key, "generic") == 0) {
		f->generic = json_is_true(value);
		if (!json_is_boolean(value))
			mistake(l, "expected true or false as the value of", lof_cstr(key));
	} else if (strcmp(key, "name") == 0 || strcmp(key, "title") == 0 || strcmp(key, "doc") == 0) {
		if (!json_is_string(value))
			mistake(l, "expected a string as the value of", lof_cstr(key));
	} else {
		mistake_hint(l, "unknown member", lof_cstr(key), lof_closest(lof_cstr(key), known, sizeof known / sizeof *known));
	}
}

static const char *
text_member(struct load *l, const json_t *root, const char *key)
{
	return arena_copy(&l->r->arena, str_of(json_object_get(root, key))).p;
}

static void
load_object(struct load *l, json_t *root)
{
	struct rules *r = l->r;
	const char *key;
	json_t *value;
	size_t stem = strcspn(l->file, "."); // the name without folder and ending
	const char *base = strrchr(l->file, '/') ? strrchr(l->file, '/') + 1 : l->file;
	stem = strcspn(base, ".");

	if (l->n_formats == FORMATS_MAX) {
		mistake(l, "too many rule files", LOF_LIT(""));
		return;
	}
	l->format = (uint16_t)l->n_formats++;
	struct format *f = &r->formats[l->format];
	*f = (struct format){ .name = text_member(l, root, "name"), .title = text_member(l, root, "title"), .generic = true };
	if (strlen(f->name) != stem || strncmp(f->name, base, stem) != 0)
		mistake(l, "expected the file's own name (without .json) as the value of", LOF_LIT("name"));
	l->loose = strcmp(f->name, "generic") == 0;
	bool when = false;
	json_object_foreach(root, key, value) {
		when |= strcmp(key, "when") == 0;
		load_member(l, key, value);
	}
	if (!when && !l->loose)
		mistake(l, "expected a member that says how its events are known:", LOF_LIT("when"));
}

static void
load_text(struct load *l, const char *file, struct lof_str text)
{
	json_error_t at;
	l->file = file;
	l->text = text;
	l->bad = false;
	json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &at);
	if (!root) {
		struct lof_err e = { 0 };
		char why[JSON_ERROR_TEXT_LENGTH];
		snprintf(why, sizeof why, "%s", at.text);
		lof_err_at(&e, LOF_E_RULE, file, (uint32_t)at.line, (uint32_t)at.column, "not JSON:", lof_cstr(why));
		tell(l, &e);
	} else if (!json_is_object(root)) {
		mistake(l, "expected an object", LOF_LIT(""));
	} else {
		load_object(l, root);
	}
	json_decref(root);
}

// --- which files ----------------------------------------------------------------------------------------------------

struct file {
	const char *name, *path; // path: NULL for a built-in one
	struct lof_str text;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static enum lof_rc
add_folder(struct lof_arena *a, const char *dir, struct file *files, size_t *n, struct lof_err *e)
{
	DIR *d = opendir(dir);
	if (!d)
		return lof_err_sys(e, dir, "cannot read the folder of rules");
	for (struct dirent *entry; (entry = readdir(d));) {
		struct lof_str name = lof_cstr(entry->d_name);
		if (name.n < 6 || strcmp(entry->d_name + name.n - 5, ".json") != 0 || entry->d_name[0] == '.')
			continue;
		size_t i = 0;
		while (i < *n && strcmp(files[i].name, entry->d_name) != 0)
			i++;
		if (i == FORMATS_MAX) {
			closedir(d);
			return lof_err_set(e, LOF_E_RULE, "too many rule files in", lof_cstr(dir));
		}
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		struct lof_buf text = { 0 };
		enum lof_rc rc = io_slurp(path, &text, e);
		if (rc) {
			closedir(d);
			return rc;
		}
		files[i] = (struct file){ arena_copy(a, name).p, arena_copy(a, lof_cstr(path)).p, arena_copy(a, buf_view(&text)) };
		buf_free(&text);
		*n += i == *n;
	}
	closedir(d);
	return LOF_OK;
}

static enum lof_rc
load_files(struct load *l, const struct rules_options *o, struct lof_err *e)
{
	struct lof_arena *a = &l->r->arena;
	struct file *files = arena_array(a, FORMATS_MAX, sizeof *files);
	size_t n = 0;
	for (const struct embedded *f = lof_embedded_rules; f->name && n < FORMATS_MAX; f++)
		files[n++] = (struct file){ f->name, NULL, LOF_STR(f->bytes, (size_t)(f->end - f->bytes)) };
	for (size_t i = 0; i < o->n_dirs; i++) {
		enum lof_rc rc = add_folder(a, o->dirs[i], files, &n, e);
		if (rc)
			return rc;
	}
	qsort(files, n, sizeof *files, by_name);
	for (size_t i = 0; i < n; i++)
		load_text(l, files[i].path ? files[i].path : files[i].name, files[i].text);
	return LOF_OK;
}

// Paths of the command line are a format of their own that always takes part.
static void
load_paths(struct load *l, const struct rules_options *o)
{
	size_t n = 0;
	for (int role = 0; role < ROLE_COUNT; role++)
		n += o->n_paths[role];
	if (n == 0 || l->n_formats == FORMATS_MAX)
		return;
	l->file = "command line";
	l->text = LOF_LIT("");
	l->loose = false;
	l->format = (uint16_t)l->n_formats++;
	l->r->formats[l->format] = (struct format){ .name = "command-line", .title = "paths given as options", .generic = true };
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t i = 0; i < o->n_paths[role]; i++) {
			path_node node = add_path(l, PATH_ROOT, lof_cstr(o->paths[role][i]), PATH_VALUE);
			if (node)
				add_use(l, (enum role)role, i, node, -1);
		}
	l->r->always = arena_array(&l->r->arena, 1, sizeof *l->r->always);
	l->r->always[l->r->n_always++] = l->format;
}

// --- loading -------------------------------------------------------------------------------------------------------

static bool
any_option(const struct rules_options *o)
{
	size_t n = o->n_dirs;
	for (int role = 0; role < ROLE_COUNT; role++)
		n += o->n_paths[role];
	return n > 0;
}

enum lof_rc
rules_load(struct rules **out, const struct rules_options *o, void (*warn)(void *arg, const struct lof_err *e), void *arg,
    struct lof_err *e)
{
	if (lof_builtin_rules.n_formats && !any_option(o)) {
		*out = &lof_builtin_rules;
		return LOF_OK;
	}
	struct rules *r = calloc(1, sizeof *r);
	if (!r)
		lof_no_memory();
	struct load l = { .r = r, .warn = warn, .arg = arg, .first = e };
	r->formats = arena_array(&r->arena, FORMATS_MAX, sizeof *r->formats);
	r->typed = paths_new(&r->arena, false);
	r->loose = paths_new(&r->arena, true);
	r->patterns = arena_array(&r->arena, PATTERNS_MAX, sizeof *r->patterns);
	r->loose_role = arena_array(&r->arena, PATH_NODES_MAX, 1);
	enum lof_rc rc = load_files(&l, o, e);
	if (!rc)
		load_paths(&l, o);
	paths_freeze(r->typed);
	paths_freeze(r->loose);
	r->n_formats = l.n_formats;
	tables_make(r, &l.d);
	if (rc || l.mistakes) {
		rules_free(r);
		return rc ? rc : LOF_E_RULE;
	}
	*out = r;
	return LOF_OK;
}

void
rules_free(struct rules *r)
{
	if (!r || r == &lof_builtin_rules)
		return;
	struct lof_arena a = r->arena;
	free(r);
	arena_free(&a);
}
