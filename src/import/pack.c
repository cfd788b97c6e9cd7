// Note packs: NDJSON, one note a line; or CSV, one a row.
#include "import/import.h"

#include "base/closest.h"
#include "notes/text.h"

#include <csv.h>
#include <jansson.h>
#include <time.h>

enum kind { STRING, LIST, TECHNIQUES, RULES, FLAG, WHEN, DATE, PLACE };

struct member {
	const char *name;
	enum kind kind;
	size_t at;         // in struct note or struct note_rule
	size_t count_at;   // of lists and techniques
	const char *wrong; // said of a slip of the pen that probably meant this name
};
#define AT(member) offsetof(IN, member)
#define MEMBER(name, kind, at, count_at) { #name, kind, at, count_at, "unknown member (did you mean \"" #name "\"?)" },
#define TEXT(name) MEMBER(name, STRING, AT(name), 0)
#define TEXTS(name) MEMBER(name, LIST, AT(name.v), AT(name.n))

// Every member a note may have, and every one a rule of it may.
#define IN struct note
static const struct member note_members[] = {
	TEXT(id) TEXT(text) MEMBER(techniques, TECHNIQUES, AT(techniques), AT(n_techniques)) TEXTS(tags) TEXTS(platforms)
	TEXTS(terms) TEXT(check) MEMBER(rules, RULES, AT(rules), AT(n_rules)) TEXT(source) TEXT(url) TEXT(author) TEXT(license)
	MEMBER(usual, PLACE, AT(usual), 0) MEMBER(placeholder, FLAG, AT(placeholder), 0) MEMBER(when, WHEN, AT(when), AT(n_when)) TEXT(owner)
	MEMBER(expires, DATE, AT(expires), 0) MEMBER(site, FLAG, AT(site), 0)
};
#undef IN
#define IN struct note_rule
static const struct member rule_members[] = {
	TEXT(id) TEXT(name) TEXT(url) TEXT(source) TEXT(author) TEXT(license) TEXT(revision)
	MEMBER(techniques, TECHNIQUES, AT(techniques), AT(n_techniques)) TEXTS(platforms) TEXTS(terms) TEXTS(words)
	MEMBER(deprecated, FLAG, AT(deprecated), 0)
};
#undef IN
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// One line being read.
struct entry {
	const struct import_file *f;
	const char *file;
	uint32_t no;
	struct lof_str line;
	struct lof_arena *arena; // for the note's lists; its strings stay in the jansson tree
};

// --- saying what is wrong ----------------------------------------------------------------------------------------

// Column of a top-level member's name. The line is known to be one JSON object.
static uint32_t
column_of(struct lof_str line, const char *name)
{
	size_t len = strlen(name), open = 0;
	int depth = 0;
	bool in_string = false, is_name = false;

	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			in_string = c != '"';
			if (!in_string && is_name && i - open - 1 == len && memcmp(line.p + open + 1, name, len) == 0)
				return (uint32_t)open + 1;
		} else if (c == '"') {
			in_string = true;
			open = i;
		} else if (c == '{' || c == '[') {
			is_name = ++depth == 1;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (depth == 1 && (c == ',' || c == ':')) {
			is_name = c == ',';
		}
	}
	return 1; // an escaped name
}

static enum lof_rc
wrong(const struct entry *x, const char *member, const char *what, struct lof_str arg, struct lof_err *e)
{
	return lof_err_at(e, LOF_E_IMPORT, x->file, x->no, column_of(x->line, member), what, arg);
}

static enum lof_rc
unknown_member(const struct entry *x, const struct member *known, size_t n, const char *name, struct lof_err *e)
{
	const char *names[COUNT(note_members)], *meant;

	for (size_t i = 0; i < n; i++)
		names[i] = known[i].name;
	meant = lof_closest(lof_cstr(name), names, n);
	for (size_t i = 0; meant && i < n; i++)
		if (names[i] == meant)
			return wrong(x, name, known[i].wrong, lof_cstr(name), e);
	return wrong(x, name, "unknown member", lof_cstr(name), e);
}

// --- taking members over -----------------------------------------------------------------------------------------

static struct lof_str
string_of(const json_t *v)
{
	return LOF_STR(json_string_value(v), json_string_length(v));
}

// A list into the struct at `to`.
static void
put_list(const struct member *m, void *to, const void *v, size_t n)
{
	memcpy((char *)to + m->at, &v, sizeof(v));
	memcpy((char *)to + m->count_at, &n, sizeof(n));
}

static enum lof_rc
take_list(const struct entry *x, const char *name, json_t *v, struct note_list *out, struct lof_err *e)
{
	struct lof_str *list = arena_array(x->arena, json_array_size(v) + 1, sizeof(*list));

	if (!json_is_array(v))
		return wrong(x, name, "an array of strings was expected", lof_cstr(name), e);
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!json_is_string(json_array_get(v, i)))
			return wrong(x, name, "an array of strings was expected", lof_cstr(name), e);
		list[i] = string_of(json_array_get(v, i));
	}
	*out = (struct note_list){ list, json_array_size(v) };
	return LOF_OK;
}

static enum lof_rc
take_techniques(const struct entry *x, const struct member *m, json_t *v, void *to, struct lof_err *e)
{
	struct note_list texts;
	attack_id *ids;
	enum lof_rc rc = take_list(x, m->name, v, &texts, e);

	if (rc)
		return rc;
	ids = arena_array(x->arena, texts.n + 1, sizeof(*ids));
	for (size_t i = 0; i < texts.n; i++) {
		ids[i] = attack_parse(texts.v[i]);
		if (ids[i] == 0)
			return wrong(x, m->name, "an ATT&CK id such as T1059.001 was expected, not", texts.v[i], e);
	}
	put_list(m, to, ids, texts.n);
	return LOF_OK;
}

// One alternative at a path: "value" (with * and ? as wildcards), 4688, true, {"literal":"..."} or {"regex":"..."}.
static bool
read_condition(const struct entry *x, json_t *v, struct note_condition *c)
{
	const char *key = json_is_object(v) && json_object_size(v) == 1 ? json_object_iter_key(json_object_iter(v)) : NULL;
	char number[32];

	if (key) {
		const json_t *inner = json_object_get(v, key);
		c->kind = strcmp(key, "regex") == 0 ? CONDITION_REGEX : CONDITION_LITERAL;
		c->pattern = string_of(inner);
		return json_is_string(inner) && (c->kind == CONDITION_REGEX || strcmp(key, "literal") == 0);
	}
	c->kind = CONDITION_LITERAL;
	if (json_is_boolean(v)) {
		c->pattern = json_is_true(v) ? LOF_LIT("true") : LOF_LIT("false");
	} else if (json_is_integer(v)) {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(v));
		c->pattern = arena_copy(x->arena, lof_cstr(number));
	} else {
		c->pattern = string_of(v);
		if (json_is_string(v) && (memchr(c->pattern.p, '*', c->pattern.n) || memchr(c->pattern.p, '?', c->pattern.n)))
			c->kind = CONDITION_WILD;
		return json_is_string(v);
	}
	return true;
}

// {"path": condition, "path": [condition, ...]}
static enum lof_rc
take_when(const struct entry *x, const struct member *m, json_t *v, void *to, struct lof_err *e)
{
	static const char form[] = "expected \"value\" (* and ? are wildcards), {\"literal\":...} or {\"regex\":...} at the path";
	struct note_condition *list;
	size_t n = 0, max = 0;
	const char *path;
	json_t *one;

	if (!json_is_object(v) || json_object_size(v) == 0)
		return wrong(x, m->name, "expected an object of paths and what to find there, as in {\"host.name\":\"bk-*\"}", LOF_LIT(""), e);
	json_object_foreach(v, path, one)
		max += json_is_array(one) ? json_array_size(one) : 1;
	list = arena_array(x->arena, max + 1, sizeof(*list));
	json_object_foreach(v, path, one) {
		size_t many = json_is_array(one) ? json_array_size(one) : 1;

		if (many == 0)
			return wrong(x, m->name, form, lof_cstr(path), e);
		for (size_t i = 0; i < many; i++, n++) {
			list[n].path = lof_cstr(path);
			if (!read_condition(x, json_is_array(one) ? json_array_get(one, i) : one, &list[n]))
				return wrong(x, m->name, form, lof_cstr(path), e);
		}
	}
	put_list(m, to, list, n);
	return LOF_OK;
}

// RFC 3339: a day, which ends at midnight UTC, or a time. Seconds since 1970, or 0.
static uint32_t
read_time(const char *s)
{
	struct tm tm = { .tm_mday = 0 }, same;
	int used = 0, hours = 0, minutes = 0;
	char sign = '+';
	bool day = sscanf(s, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) == 3 && used == 10;

	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (!day)
		return 0;
	if (s[10] != '\0') {
		int zone = 0;
		if (sscanf(s + 10, "T%2d:%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 3 || used != 9)
			return 0;
		if (strcmp(s + 19, "Z") != 0 && (sscanf(s + 19, "%c%2d:%2d%n", &sign, &hours, &minutes, &zone) != 3 || zone != 6 ||
		        s[25] != '\0' || (sign != '+' && sign != '-')))
			return 0;
	}
	same = tm;
	int64_t at = (int64_t)timegm(&same);
	if (same.tm_mday != tm.tm_mday || same.tm_mon != tm.tm_mon || same.tm_hour != tm.tm_hour) // there is no 30th of February
		return 0;
	at += s[10] ? (sign == '+' ? -1 : 1) * (hours * 3600 + minutes * 60) : 86400;
	return at > 0 && at <= UINT32_MAX ? (uint32_t)at : 0;
}

static enum lof_rc take_rules(const struct entry *x, const struct member *m, json_t *v, void *to, struct lof_err *e);

static enum lof_rc
take_member(const struct entry *x, const struct member *m, json_t *v, void *to, struct lof_err *e)
{
	struct lof_str s;
	struct note_list list;
	enum lof_rc rc;

	switch (m->kind) {
	case STRING:
		if (!json_is_string(v))
			return wrong(x, m->name, "a string was expected", lof_cstr(m->name), e);
		s = string_of(v);
		memcpy((char *)to + m->at, &s, sizeof(s));
		return LOF_OK;
	case LIST:
		rc = take_list(x, m->name, v, &list, e);
		if (!rc)
			put_list(m, to, list.v, list.n);
		return rc;
	case TECHNIQUES:
		return take_techniques(x, m, v, to, e);
	case RULES:
		return take_rules(x, m, v, to, e);
	case FLAG:
		if (!json_is_boolean(v))
			return wrong(x, m->name, "true or false was expected", lof_cstr(m->name), e);
		*((char *)to + m->at) = json_is_true(v);
		return LOF_OK;
	case WHEN:
		return take_when(x, m, v, to, e);
	case PLACE:
		if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > USUAL_MAX)
			return wrong(x, m->name, "a number from 1 to 4 was expected", lof_cstr(m->name), e);
		*((char *)to + m->at) = (char)json_integer_value(v);
		return LOF_OK;
	case DATE:
		break;
	}
	uint32_t at = json_is_string(v) ? read_time(json_string_value(v)) : 0;
	if (!at)
		return wrong(x, m->name, "expected a day (2026-12-31) or a time (2026-12-31T18:00:00Z) in", lof_cstr(m->name), e);
	memcpy((char *)to + m->at, &at, sizeof(at));
	return LOF_OK;
}

static enum lof_rc
take_members(const struct entry *x, const struct member *known, size_t n, json_t *object, void *to, struct lof_err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		size_t i = 0;
		enum lof_rc rc;

		while (i < n && strcmp(key, known[i].name) != 0)
			i++;
		rc = i < n ? take_member(x, &known[i], value, to, e) : unknown_member(x, known, n, key, e);
		if (rc)
			return rc;
	}
	return LOF_OK;
}

// A mistake inside a rule is shown at "rules": the column of a top-level member is what is known.
static enum lof_rc
take_rules(const struct entry *x, const struct member *m, json_t *v, void *to, struct lof_err *e)
{
	struct note_rule *rules = arena_array(x->arena, json_array_size(v) + 1, sizeof(*rules));

	for (size_t i = 0; i < json_array_size(v); i++) {
		struct lof_err bad = { .rc = LOF_OK };
		json_t *rule = json_array_get(v, i);

		if (!json_is_object(rule))
			return wrong(x, "rules", "an array of rules, each an object, was expected", LOF_LIT(""), e);
		if (take_members(x, rule_members, COUNT(rule_members), rule, &rules[i], &bad) != LOF_OK)
			return wrong(x, "rules", bad.what, lof_cstr(bad.arg), e);
	}
	if (!json_is_array(v))
		return wrong(x, "rules", "an array of rules, each an object, was expected", LOF_LIT(""), e);
	put_list(m, to, rules, json_array_size(v));
	return LOF_OK;
}

// {"attack":LINE}, a line of the ATT&CK table that an index brings along; else a note.
static enum lof_rc
take_object(const struct entry *x, json_t *root, struct lof_err *e)
{
	struct note n = { .n_rules = 0 };
	struct lof_err bad = { .rc = LOF_OK };
	json_t *attack = json_object_get(root, "attack");
	enum lof_rc rc;

	if (!json_is_object(root))
		return lof_err_at(e, LOF_E_IMPORT, x->file, x->no, 1, "a note is a JSON object", LOF_LIT(""));
	if (json_is_string(attack) && json_object_size(root) == 1) {
		if (build_attack(x->f->build, string_of(attack), &bad) == LOF_OK)
			return LOF_OK;
		return lof_err_at(e, LOF_E_IMPORT, x->file, x->no, 1, bad.what, lof_cstr(bad.arg));
	}
	rc = take_members(x, note_members, COUNT(note_members), root, &n, e);
	if (rc)
		return rc;
	return import_note(x->f->opts, x->f->build, x->f->stats, &n, x->file, x->no, e);
}

static enum lof_rc
take_line(const struct entry *x, struct lof_err *e)
{
	json_error_t why;
	json_t *root;
	enum lof_rc rc;

	for (size_t i = 0, len; i < x->line.n; i += len)
		if ((len = text_utf8(x->line.p + i, x->line.n - i)) == 0)
			return lof_err_at(e, LOF_E_IMPORT, x->file, x->no, (uint32_t)i + 1, "not UTF-8", LOF_LIT(""));
	root = json_loadb(x->line.p, x->line.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!root) // jansson says where the offending token ends
		return lof_err_at(e, LOF_E_IMPORT, x->file, x->no, why.position > 0 ? (uint32_t)why.position : 1,
		    "not JSON:", lof_cstr(why.text));
	rc = take_object(x, root, e);
	json_decref(root);
	return rc;
}

static enum lof_rc
read_ndjson(const struct import_file *f, struct lof_err *e)
{
	struct entry x = { .f = f, .file = f->path, .arena = f->arena };
	struct lof_str rest = f->bytes;
	enum lof_rc rc = LOF_OK;

	while (!rc && import_line(&rest, &x.line, &x.no)) {
		struct lof_err bad = { .rc = LOF_OK };

		if (lof_str_trim(x.line).n && take_line(&x, &bad) != LOF_OK)
			rc = import_bad(f->opts, f->stats, &bad, e);
		arena_free(f->arena);
	}
	return rc;
}

// --- CSV ---------------------------------------------------------------------------------------------------------

// A table with a header row of member names, and rule_id, rule_name and rule_url for the one rule of a note. Lists have
// ';' or '|' between their elements. Each row becomes the object that a line of NDJSON would be.
struct csv {
	struct entry x;
	json_t *names; // the header's
	json_t *row;   // the cells so far
	enum lof_rc rc;
	struct lof_err *e;
};

static void
put_cell(void *cell, size_t n, void *arg)
{
	struct csv *c = arg;
	struct lof_str s = lof_str_trim(LOF_STR(n ? (const char *)cell : "", n));
	json_t *text = json_stringn(s.p, s.n);

	json_array_append_new(c->row, text ? text : json_null()); // null: not UTF-8, which the row is refused for
}

static json_t *
split(json_t *cell)
{
	json_t *list = json_array();
	const char *p = json_string_value(cell);

	while (p && *p) {
		size_t n = strcspn(p, ";|");
		struct lof_str one = lof_str_trim(LOF_STR(p, n));
		if (one.n)
			json_array_append_new(list, json_stringn(one.p, one.n));
		p += n + (p[n] != '\0');
	}
	return list;
}

static void
put_value(json_t *object, const char *name, json_t *cell)
{
	const struct member *m = NULL;

	for (size_t i = 0; i < COUNT(note_members); i++)
		if (strcmp(note_members[i].name, name) == 0)
			m = &note_members[i];
	if (strncmp(name, "rule_", 5) == 0) {
		json_t *rules = json_object_get(object, "rules");
		if (!rules)
			json_object_set_new(object, "rules", rules = json_pack("[{}]"));
		json_object_set(json_array_get(rules, 0), name + 5, cell);
	} else if (m && (m->kind == LIST || m->kind == TECHNIQUES)) {
		json_object_set_new(object, name, split(cell));
	} else if (m && m->kind == PLACE) {
		json_object_set_new(object, name, json_integer(strtol(json_string_value(cell), NULL, 10)));
	} else if (m && m->kind == FLAG) {
		json_object_set_new(object, name, json_boolean(strcmp(json_string_value(cell), "true") == 0));
	} else {
		json_object_set(object, name, cell);
	}
}

static bool
is_text(const json_t *row)
{
	for (size_t i = 0; i < json_array_size(row); i++)
		if (!json_is_string(json_array_get(row, i)))
			return false;
	return true;
}

static enum lof_rc
take_row(struct csv *c, struct lof_err *e)
{
	json_t *object, *cell;
	size_t i;
	enum lof_rc rc;

	if (!is_text(c->row))
		return lof_err_at(e, LOF_E_IMPORT, c->x.file, c->x.no, 1, "not UTF-8", LOF_LIT(""));
	if (json_array_size(c->row) > json_array_size(c->names))
		return lof_err_at(e, LOF_E_IMPORT, c->x.file, c->x.no, 1, "more cells than the header row has names", LOF_LIT(""));
	object = json_object();
	json_array_foreach(c->row, i, cell)
		if (json_string_length(cell))
			put_value(object, json_string_value(json_array_get(c->names, i)), cell);
	rc = take_object(&c->x, object, e);
	json_decref(object);
	return rc;
}

static void
end_row(int end, void *arg)
{
	struct csv *c = arg;
	struct lof_err bad = { .rc = LOF_OK };
	size_t i;
	json_t *cell;
	bool empty = true;

	(void)end;
	json_array_foreach(c->row, i, cell)
		empty &= json_is_string(cell) && json_string_length(cell) == 0;
	if (empty || c->rc) {
		json_array_clear(c->row);
		return;
	}
	if (!c->names && !is_text(c->row)) { // without its names no row can be read
		c->rc = lof_err_at(c->e, LOF_E_IMPORT, c->x.file, c->x.no, 1, "not UTF-8", LOF_LIT(""));
		return;
	}
	if (!c->names) {
		c->names = c->row;
		c->row = json_array();
		return;
	}
	if (take_row(c, &bad) != LOF_OK)
		c->rc = import_bad(c->x.f->opts, c->x.f->stats, &bad, c->e);
	json_array_clear(c->row);
}

// RFC 4180. Lines go to the parser one by one, so that a row's number is known.
static enum lof_rc
read_csv(const struct import_file *f, struct lof_err *e)
{
	struct csv c = { .x = { .f = f, .file = f->path, .arena = f->arena }, .row = json_array(), .e = e };
	struct lof_str rest = f->bytes, line;
	struct csv_parser p;

	if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI) != 0)
		lof_no_memory();
	for (bool more = true; more && !c.rc;) {
		more = import_line(&rest, &line, &c.x.no);
		if (more && (csv_parse(&p, line.p, line.n, put_cell, end_row, &c) != line.n ||
		        csv_parse(&p, "\n", 1, put_cell, end_row, &c) != 1))
			c.rc = lof_err_at(e, LOF_E_IMPORT, f->path, c.x.no, 1, "not CSV: a quote inside a cell that is not quoted", LOF_LIT(""));
		if (csv_error(&p) == CSV_ENOMEM)
			lof_no_memory();
	}
	if (!c.rc && csv_fini(&p, put_cell, end_row, &c) != 0)
		c.rc = lof_err_at(e, LOF_E_IMPORT, f->path, c.x.no, 1, "not CSV: a quoted cell without its end", LOF_LIT(""));
	csv_free(&p);
	json_decref(c.row);
	json_decref(c.names);
	return c.rc;
}

static enum lof_rc
read_pack(const struct import_file *f, struct lof_err *e)
{
	size_t n = f->below.n;

	return n > 4 && lof_str_ieq(LOF_STR(f->below.p + n - 4, 4), LOF_LIT(".csv")) ? read_csv(f, e) : read_ndjson(f, e);
}

enum lof_rc
import_notes(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	static const char *const endings[] = { ".ndjson", ".csv", ".jsonl", NULL };

	return import_walk(path, endings, NULL, o, b, st, read_pack, e);
}
