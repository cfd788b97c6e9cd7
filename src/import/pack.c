// Note packs: NDJSON, one note a line.
#include "import/import.h"

#include "base/closest.h"
#include "base/io.h"
#include "notes/text.h"

#include <jansson.h>

enum kind { STRING, LIST, TECHNIQUES, RULES, FLAG, LATER };

// Every member a note may have.
#define MEMBERS(X) \
	X(id, STRING, offsetof(struct note, id)) \
	X(text, STRING, offsetof(struct note, text)) \
	X(techniques, TECHNIQUES, 0) \
	X(tags, LIST, offsetof(struct note, tags)) \
	X(platforms, LIST, offsetof(struct note, platforms)) \
	X(terms, LIST, offsetof(struct note, terms)) \
	X(check, STRING, offsetof(struct note, check)) \
	X(rules, RULES, 0) \
	X(source, STRING, offsetof(struct note, source)) \
	X(url, STRING, offsetof(struct note, url)) \
	X(author, STRING, offsetof(struct note, author)) \
	X(license, STRING, offsetof(struct note, license)) \
	X(placeholder, FLAG, 0) \
	X(when, LATER, 0) \
	X(owner, LATER, 0) \
	X(expires, LATER, 0)
#define MEMBER(name, kind, at) { #name, kind, at, "unknown member (did you mean \"" #name "\"?)" },

static const struct member {
	const char *name;
	enum kind kind;
	size_t at; // in struct note, of a string or list
	const char *unknown;
} members[] = { MEMBERS(MEMBER) };

enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

// One line being read.
struct entry {
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
unknown_member(const struct entry *x, const char *name, struct lof_err *e)
{
	const char *names[N_MEMBERS], *meant;

	for (size_t i = 0; i < N_MEMBERS; i++)
		names[i] = members[i].name;
	meant = lof_closest(lof_cstr(name), names, N_MEMBERS);
	for (size_t i = 0; meant && i < N_MEMBERS; i++)
		if (names[i] == meant)
			return wrong(x, name, members[i].unknown, lof_cstr(name), e);
	return wrong(x, name, "unknown member", lof_cstr(name), e);
}

// --- taking members over -----------------------------------------------------------------------------------------

static struct lof_str
string_of(const json_t *v)
{
	return LOF_STR(json_string_value(v), json_string_length(v));
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
take_techniques(const struct entry *x, const char *name, json_t *v, struct note *n, struct lof_err *e)
{
	struct note_list texts;
	attack_id *ids;
	enum lof_rc rc = take_list(x, name, v, &texts, e);

	if (rc)
		return rc;
	ids = arena_array(x->arena, texts.n + 1, sizeof(*ids));
	for (size_t i = 0; i < texts.n; i++) {
		ids[i] = attack_parse(texts.v[i]);
		if (ids[i] == 0)
			return wrong(x, name, "an ATT&CK id such as T1059.001 was expected, not", texts.v[i], e);
	}
	n->techniques = ids;
	n->n_techniques = texts.n;
	return LOF_OK;
}

static enum lof_rc
take_rule(const struct entry *x, json_t *v, struct note_rule *out, struct lof_err *e)
{
	static const char what[] = "an array of {\"id\", \"name\", \"url\"}, each a string, was expected";
	const char *key;
	json_t *value;
	enum lof_rc rc = json_is_object(v) ? LOF_OK : wrong(x, "rules", what, LOF_LIT(""), e);

	json_object_foreach(v, key, value) {
		struct lof_str *to = strcmp(key, "id") == 0 ? &out->id : strcmp(key, "name") == 0 ? &out->name :
		    strcmp(key, "url") == 0 ? &out->url : NULL;

		if (!to || !json_is_string(value)) {
			rc = wrong(x, "rules", what, lof_cstr(key), e);
			break;
		}
		*to = string_of(value);
	}
	return rc;
}

static enum lof_rc
take_rules(const struct entry *x, json_t *v, struct note *n, struct lof_err *e)
{
	struct note_rule *rules = arena_array(x->arena, json_array_size(v) + 1, sizeof(*rules));
	enum lof_rc rc = LOF_OK;

	if (!json_is_array(v))
		return wrong(x, "rules", "an array of {\"id\", \"name\", \"url\"} was expected", LOF_LIT(""), e);
	for (size_t i = 0; i < json_array_size(v) && !rc; i++)
		rc = take_rule(x, json_array_get(v, i), &rules[i], e);
	n->rules = rules;
	n->n_rules = json_array_size(v);
	return rc;
}

static enum lof_rc
take_member(const struct entry *x, const struct member *m, json_t *v, struct note *n, struct lof_err *e)
{
	struct lof_str s;
	struct note_list list;
	enum lof_rc rc;

	switch (m->kind) {
	case STRING:
		if (!json_is_string(v))
			return wrong(x, m->name, "a string was expected", lof_cstr(m->name), e);
		s = string_of(v);
		memcpy((char *)n + m->at, &s, sizeof(s));
		return LOF_OK;
	case LIST:
		rc = take_list(x, m->name, v, &list, e);
		if (!rc)
			memcpy((char *)n + m->at, &list, sizeof(list));
		return rc;
	case TECHNIQUES:
		return take_techniques(x, m->name, v, n, e);
	case RULES:
		return take_rules(x, v, n, e);
	case FLAG:
		if (!json_is_boolean(v))
			return wrong(x, m->name, "true or false was expected", lof_cstr(m->name), e);
		n->placeholder = json_is_true(v);
		return LOF_OK;
	case LATER:
		break;
	}
	return wrong(x, m->name, "a member that this version cannot obey", lof_cstr(m->name), e);
}

static enum lof_rc
take_note(const struct entry *x, json_t *root, struct build *b, struct lof_err *e)
{
	struct note n = { .n_rules = 0 };
	struct lof_err bad = { .rc = LOF_OK };
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return lof_err_at(e, LOF_E_IMPORT, x->file, x->no, 1, "a note is a JSON object", LOF_LIT(""));
	json_object_foreach(root, key, value) {
		size_t i = 0;
		enum lof_rc rc;

		while (i < N_MEMBERS && strcmp(key, members[i].name) != 0)
			i++;
		rc = i < N_MEMBERS ? take_member(x, &members[i], value, &n, e) : unknown_member(x, key, e);
		if (rc)
			return rc;
	}
	if (build_add(b, &n, &bad) == LOF_OK)
		return LOF_OK;
	return lof_err_at(e, bad.rc, x->file, x->no, 1, bad.what, lof_cstr(bad.arg));
}

static enum lof_rc
take_line(const struct entry *x, struct build *b, struct lof_err *e)
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
	rc = take_note(x, root, b, e);
	json_decref(root);
	return rc;
}

enum lof_rc
import_notes(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	struct lof_arena arena = { 0 };
	struct lof_buf text = { .n = 0 };
	struct entry x = { .file = import_name(path), .arena = &arena };
	struct lof_str rest;
	enum lof_rc rc = io_slurp(path, &text, e);

	if (rc) {
		buf_free(&text);
		return rc;
	}
	st->files++;
	rest = buf_view(&text);
	while (!rc && import_line(&rest, &x.line, &x.no)) {
		struct lof_err bad = { .rc = LOF_OK };

		if (lof_str_trim(x.line).n == 0)
			continue;
		if (take_line(&x, b, &bad) == LOF_OK)
			st->notes++;
		else
			rc = import_bad(o, st, &bad, e);
		arena_free(&arena);
	}
	buf_free(&text);
	return rc;
}
