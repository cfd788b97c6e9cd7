// ATT&CK STIX bundles: attack-patterns become lines of the ATT&CK table (rules/attack.h), revoked-by relationships say
// what became of the revoked ones.
#include "import/import.h"

#include "base/io.h"

#include <jansson.h>
#include <stdlib.h>

static const char *
text_at(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s ? s : "";
}

// The technique id, "mitre-attack" (or "mitre-ics-attack", "mitre-mobile-attack") among its references; or 0.
static attack_id
id_of(const json_t *pattern)
{
	size_t i;
	json_t *ref;
	json_array_foreach(json_object_get(pattern, "external_references"), i, ref) {
		attack_id id = strncmp(text_at(ref, "source_name"), "mitre", 5) == 0 ? attack_parse(lof_cstr(text_at(ref, "external_id"))) : 0;
		if (id)
			return id;
	}
	return 0;
}

// From the STIX id of each pattern to the pattern (borrowed).
static json_t *
patterns_of(const json_t *objects)
{
	json_t *all = json_object(), *o;
	size_t i;
	json_array_foreach(objects, i, o)
		if (strcmp(text_at(o, "type"), "attack-pattern") == 0 && id_of(o))
			json_object_set(all, text_at(o, "id"), o);
	return all;
}

// From the STIX id of a revoked pattern to the ATT&CK id of what took its place.
static json_t *
redirects_of(const json_t *objects, const json_t *patterns)
{
	json_t *all = json_object(), *o;
	size_t i;
	json_array_foreach(objects, i, o) {
		const json_t *to = json_object_get(patterns, text_at(o, "target_ref"));
		if (strcmp(text_at(o, "relationship_type"), "revoked-by") == 0 && to)
			json_object_set_new(all, text_at(o, "source_ref"), json_integer(id_of(to)));
	}
	return all;
}

static void
put_column(struct lof_buf *b, const char *s)
{
	for (; *s; s++)
		buf_char(b, *s == '\t' ? ' ' : *s);
}

static void
put_state(struct lof_buf *b, const json_t *pattern, const json_t *redirects)
{
	attack_id to = (attack_id)json_integer_value(json_object_get(redirects, text_at(pattern, "id")));
	char id[ATTACK_TEXT_MAX];
	if (json_is_true(json_object_get(pattern, "revoked")) && to) {
		buf_char(b, '>');
		buf_put(b, id, attack_text(to, id));
	} else if (json_is_true(json_object_get(pattern, "revoked"))) {
		buf_lit(b, "revoked");
	} else if (json_is_true(json_object_get(pattern, "x_mitre_deprecated"))) {
		buf_lit(b, "deprecated");
	} else {
		buf_lit(b, "active");
	}
}

static char
domain_of(const json_t *pattern)
{
	const char *domain = json_string_value(json_array_get(json_object_get(pattern, "x_mitre_domains"), 0));
	json_t *phase = json_array_get(json_object_get(pattern, "kill_chain_phases"), 0);
	const char *chain = domain ? domain : text_at(phase, "kill_chain_name");
	return strstr(chain, "ics") ? 'i' : strstr(chain, "mobile") ? 'm' : 'e';
}

static void
put_list(struct lof_buf *b, const json_t *list, const char *member)
{
	size_t i;
	json_t *one;
	json_array_foreach(list, i, one) {
		if (i)
			buf_char(b, ',');
		put_column(b, member ? text_at(one, member) : json_is_string(one) ? json_string_value(one) : "");
	}
}

static enum lof_rc
add_pattern(const char *path, struct build *b, const json_t *pattern, const json_t *redirects, struct lof_err *e)
{
	struct lof_err bad = { .rc = LOF_OK };
	struct lof_buf line = { 0 };
	char id[ATTACK_TEXT_MAX];
	buf_put(&line, id, attack_text(id_of(pattern), id));
	buf_char(&line, '\t');
	buf_char(&line, domain_of(pattern));
	buf_char(&line, '\t');
	put_state(&line, pattern, redirects);
	buf_char(&line, '\t');
	put_column(&line, text_at(pattern, "name"));
	buf_char(&line, '\t');
	put_list(&line, json_object_get(pattern, "kill_chain_phases"), "phase_name");
	buf_char(&line, '\t');
	put_list(&line, json_object_get(pattern, "x_mitre_platforms"), NULL);
	enum lof_rc rc = build_attack(b, buf_view(&line), &bad);
	buf_free(&line);
	return rc ? lof_err_at(e, rc, path, 0, 0, bad.what, lof_cstr(id)) : LOF_OK;
}

static enum lof_rc
add_bundle(const char *path, const json_t *objects, const struct import_opts *o, struct build *b,
    struct import_stats *st, struct lof_err *e)
{
	json_t *patterns = patterns_of(objects), *redirects = redirects_of(objects, patterns), *pattern;
	const char *key;
	enum lof_rc rc = LOF_OK;
	if (json_object_size(patterns) == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, path, 0, 0, "no technique here: expected an ATT&CK STIX bundle", LOF_LIT(""));
	json_object_foreach(patterns, key, pattern) {
		struct lof_err bad = { .rc = LOF_OK };
		if (!rc && add_pattern(path, b, pattern, redirects, &bad) != LOF_OK)
			rc = import_bad(o, st, &bad, e);
	}
	st->files += !rc;
	json_decref(redirects);
	json_decref(patterns);
	return rc;
}

enum lof_rc
import_attack(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	struct lof_buf text = { 0 };
	json_error_t why;
	if (o->progress)
		o->progress(o->arg, path);
	enum lof_rc rc = io_slurp(path, &text, e);
	if (!rc) {
		json_t *root = json_loadb(text.p, text.n, 0, &why);
		rc = root ? add_bundle(import_name(path), json_object_get(root, "objects"), o, b, st, e) :
		    lof_err_at(e, LOF_E_IMPORT, import_name(path), why.line > 0 ? (uint32_t)why.line : 1,
		        why.column > 0 ? (uint32_t)why.column : 1, "not JSON:", lof_cstr(why.text));
		json_decref(root);
	}
	buf_free(&text);
	return rc;
}
