// Elastic detection rules: TOML as in the repository; JSON as Kibana exports it (a rule a line) or ships it (an asset a
// file, the rule under "attributes"). All three are the same rule, read here as JSON.
#include "import/import.h"
#include "import/terms.h"
#include "import/toml.h"
#include "notes/text.h"

static const struct project detection_rules = { "rules_building_block", "https://github.com/elastic/detection-rules/blob/main/" };

enum { TAGS_MAX = 32 };

struct elastic {
	const struct import_file *f;
	struct note_rule rule;
	struct lof_str tags[TAGS_MAX], platforms[TAGS_MAX];
	size_t n_tags, n_platforms;
	uint32_t line;
};

static struct lof_str
text_of(const json_t *v)
{
	return json_is_string(v) ? LOF_STR(json_string_value(v), json_string_length(v)) : LOF_LIT("");
}

static struct lof_str
text_at(const json_t *object, const char *key)
{
	return text_of(json_object_get(object, key));
}

// --- pieces of a rule ------------------------------------------------------------------------------------------------

static void
put_id(struct lof_buf *ids, const json_t *technique)
{
	attack_id id = attack_parse(text_at(technique, "id"));
	if (id)
		buf_put(ids, &id, sizeof id);
}

// threat[].technique[].id and threat[].technique[].subtechnique[].id.
static void
take_techniques(struct elastic *x, const json_t *rule)
{
	struct lof_buf ids = { 0 };
	size_t i, j, k;
	json_t *threat, *technique, *sub;
	json_array_foreach(json_object_get(rule, "threat"), i, threat)
		json_array_foreach(json_object_get(threat, "technique"), j, technique) {
			put_id(&ids, technique);
			json_array_foreach(json_object_get(technique, "subtechnique"), k, sub)
				put_id(&ids, sub);
		}
	x->rule.n_techniques = ids.n / sizeof(attack_id);
	attack_id *v = arena_array(x->f->arena, x->rule.n_techniques + 1, sizeof *v);
	if (ids.n)
		memcpy(v, ids.p, ids.n);
	x->rule.techniques = v;
	buf_free(&ids);
}

static void
take_terms(struct elastic *x, const json_t *rule)
{
	struct lof_buf all = { 0 };
	terms_of_query(text_at(rule, "query"), &all);
	x->rule.terms = import_list(x->f->arena, &all);
}

static struct lof_str
authors(struct elastic *x, const json_t *list)
{
	struct lof_buf b = { 0 };
	size_t i;
	json_t *one;
	if (json_is_string(list))
		return text_of(list);
	json_array_foreach(list, i, one) {
		if (b.n)
			buf_lit(&b, ", ");
		buf_str(&b, text_of(one));
	}
	struct lof_str s = arena_copy(x->f->arena, b.n ? buf_view(&b) : LOF_LIT(""));
	buf_free(&b);
	return s;
}

static void
put(struct lof_str list[TAGS_MAX], size_t *n, struct lof_str s)
{
	if (s.n && *n < TAGS_MAX)
		list[(*n)++] = s;
}

// "OS: Windows" names a platform, "Data Source: AWS" may, "Domain: Endpoint" does not; tags of old rules have no such
// heads. What a rule is for ("Use Case: ...", "Tactic: ...") is no tag of its notes.
static void
take_tags(struct elastic *x, const json_t *list)
{
	static const char *const heads[] = { "OS: ", "Data Source: ", "Domain: " };
	bool has_os = false;
	size_t i;
	json_t *one;
	json_array_foreach(list, i, one)
		has_os |= lof_str_starts(text_of(one), heads[0]);
	json_array_foreach(list, i, one) {
		struct lof_str tag = text_of(one);
		for (size_t h = 0; h < 3; h++) {
			if (!lof_str_starts(tag, heads[h]))
				continue;
			tag = LOF_STR(tag.p + strlen(heads[h]), tag.n - strlen(heads[h]));
			put(x->tags, &x->n_tags, tag);
			if (platform_of(tag) && (h == 0 || !has_os))
				put(x->platforms, &x->n_platforms, tag);
			tag = LOF_LIT("");
		}
		if (tag.n && !memchr(tag.p, ':', tag.n) && platform_of(tag)) {
			put(x->tags, &x->n_tags, tag);
			put(x->platforms, &x->n_platforms, tag);
		}
	}
}

// The folders below rules/: windows, integrations/aws, _deprecated.
static void
take_folders(struct elastic *x, struct lof_str below)
{
	struct lof_str part;
	while (memchr(below.p, '/', below.n) && lof_str_cut(&below, '/', &part)) {
		if (lof_str_eq(part, LOF_LIT("rules")) || lof_str_eq(part, LOF_LIT("integrations")))
			continue;
		x->rule.deprecated |= lof_str_eq(part, LOF_LIT("_deprecated"));
		put(x->tags, &x->n_tags, part);
		if (x->n_platforms == 0 && platform_of(part))
			put(x->platforms, &x->n_platforms, part);
	}
}

static struct lof_str
url_of(struct elastic *x)
{
	const struct origin *o = x->f->origin;
	struct lof_buf b = { 0 };
	if (o->blob.n == 0)
		return LOF_LIT("");
	buf_str(&b, o->blob);
	buf_str(&b, o->below);
	buf_str(&b, x->f->below);
	struct lof_str url = arena_copy(x->f->arena, buf_view(&b));
	buf_free(&b);
	return url;
}

// --- a rule ----------------------------------------------------------------------------------------------------------

static enum lof_rc
add_notes(struct elastic *x, const json_t *said, struct lof_err *e)
{
	const struct import_file *f = x->f;
	enum lof_rc rc = LOF_OK;
	size_t n = json_is_string(said) ? 1 : json_array_size(said);
	for (size_t i = 0; i < n && !rc; i++) {
		struct note note = { .text = text_of(json_is_string(said) ? said : json_array_get(said, i)),
			.tags = { x->tags, x->n_tags }, .rules = &x->rule, .n_rules = 1 };
		if (lof_str_trim(note.text).n)
			rc = import_note(f->opts, f->build, f->stats, &note, f->path, x->line, e);
	}
	return rc;
}

static enum lof_rc
add_rule(struct elastic *x, const json_t *rule, const json_t *metadata, struct lof_err *e)
{
	const struct origin *o = x->f->origin;
	struct lof_str words[1] = { text_at(rule, "description") }, license = license_of(text_at(rule, "license"));
	struct lof_str updated = text_at(metadata, "updated_date");
	x->rule = (struct note_rule){
		.id = text_at(rule, "rule_id"), .name = text_at(rule, "name"), .source = LOF_LIT("elastic"),
		.author = authors(x, json_object_get(rule, "author")), .url = metadata ? url_of(x) : LOF_LIT(""),
		.license = license.n ? license : text_at(rule, "license").n ? text_at(rule, "license") : o->license,
		.revision = o->revision.n ? o->revision : updated.n ? updated : text_at(rule, "updated_at"),
		.deprecated = lof_str_eq(text_at(metadata, "maturity"), LOF_LIT("deprecated")),
		.words = { words, 1 },
	};
	take_techniques(x, rule);
	take_terms(x, rule);
	take_tags(x, json_object_get(rule, "tags"));
	take_folders(x, x->f->origin->below);
	take_folders(x, x->f->below);
	if (x->rule.deprecated)
		put(x->tags, &x->n_tags, LOF_LIT("_deprecated"));
	x->rule.platforms = (struct note_list){ x->platforms, x->n_platforms };
	x->f->stats->rules++;
	return add_notes(x, json_object_get(rule, "false_positives"), e);
}

static bool
is_rule(const json_t *v)
{
	return text_at(v, "rule_id").n && text_at(v, "name").n;
}

// --- the three forms -------------------------------------------------------------------------------------------------

static enum lof_rc
read_toml(const struct import_file *f, struct lof_err *e)
{
	struct toml_mistake wrong = { 0 };
	struct elastic x = { .f = f, .line = 1 };
	json_t *root = toml_load(f->bytes.p, f->bytes.n, &wrong), *rule = json_object_get(root, "rule");
	if (!root)
		return lof_err_at(e, LOF_E_IMPORT, f->path, wrong.line, wrong.col, "not TOML:", lof_cstr(wrong.what));
	json_t *metadata = json_object_get(root, "metadata"), *none = json_object();
	enum lof_rc rc = is_rule(rule) ? add_rule(&x, rule, metadata ? metadata : none, e) : LOF_OK;
	json_decref(none);
	json_decref(root);
	return rc;
}

static enum lof_rc
read_json(const struct import_file *f, struct lof_str text, uint32_t line, struct lof_err *e)
{
	struct elastic x = { .f = f, .line = line };
	json_error_t why;
	json_t *root = json_loadb(text.p, text.n, 0, &why), *rule = root;
	if (!root)
		return lof_err_at(e, LOF_E_IMPORT, f->path, line + (uint32_t)(why.line > 0 ? why.line - 1 : 0),
		    why.column > 0 ? (uint32_t)why.column : 1, "not JSON:", lof_cstr(why.text));
	if (!is_rule(rule))
		rule = json_object_get(root, "attributes");
	enum lof_rc rc = is_rule(rule) ? add_rule(&x, rule, NULL, e) : LOF_OK; // exceptions, lists, the export's last line
	json_decref(root);
	return rc;
}

// A rule a line. A bad line harms only itself.
static enum lof_rc
read_ndjson(const struct import_file *f, struct lof_err *e)
{
	struct lof_str rest = f->bytes, line;
	enum lof_rc rc = LOF_OK;
	for (uint32_t no = 0; !rc && import_line(&rest, &line, &no);) {
		struct lof_err bad = { .rc = LOF_OK };
		if (lof_str_trim(line).n && read_json(f, line, no, &bad) != LOF_OK)
			rc = import_bad(f->opts, f->stats, &bad, e);
	}
	return rc;
}

static bool
ends_in(struct lof_str s, const char *end)
{
	size_t n = strlen(end);
	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

static enum lof_rc
read_file(const struct import_file *f, struct lof_err *e)
{
	if (ends_in(f->below, ".toml"))
		return read_toml(f, e);
	return ends_in(f->below, ".json") ? read_json(f, f->bytes, 1, e) : read_ndjson(f, e);
}

enum lof_rc
import_elastic(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	static const char *const endings[] = { ".toml", ".ndjson", ".json", NULL };
	size_t rules = st->rules;
	enum lof_rc rc = import_walk(path, endings, &detection_rules, o, b, st, read_file, e);
	if (!rc && st->rules == rules && st->errors == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, path, 0, 0, "no Elastic rule here: expected TOML, an NDJSON export, or JSON assets",
		    LOF_LIT(""));
	return rc;
}
