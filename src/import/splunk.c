// Splunk security content: YAML detections (ATT&CK ids under "tags" in the older schema, at the top in the newer), and
// the savedsearches.conf of an installed ESCU app.
#include "import/import.h"
#include "import/terms.h"
#include "import/yaml.h"

#include <jansson.h>

static const struct project security_content = { "stories", "" };

// What both forms say of a detection.
struct detection {
	struct note_rule rule;
	struct lof_str said; // known false positives
	struct lof_str tags[16];
	size_t n_tags;
	uint32_t line;
};

static void
put_tag(struct detection *d, struct lof_str tag)
{
	if (tag.n && d->n_tags < sizeof d->tags / sizeof d->tags[0])
		d->tags[d->n_tags++] = tag;
}

// The platforms that the texts begin with: data sources, and the detection's name for want of better.
static void
take_platforms(struct detection *d, struct note_list sources, struct lof_arena *a)
{
	struct lof_str *v = arena_array(a, sources.n + 2, sizeof *v);
	size_t n = 0;
	for (size_t i = 0; i < sources.n; i++) {
		struct lof_str s = sources.v[i];
		if (s.n >= 6 && lof_str_ieq(LOF_STR(s.p, 6), LOF_LIT("sysmon")))
			s = s.n >= 16 && lof_str_ieq(LOF_STR(s.p, 16), LOF_LIT("sysmon for linux")) ? LOF_LIT("Linux") : LOF_LIT("Windows");
		if (platform_of(s))
			v[n++] = s;
	}
	if (n == 0 && platform_of(d->rule.name))
		v[n++] = d->rule.name;
	d->rule.platforms = (struct note_list){ v, n };
}

static void
take_techniques(struct detection *d, struct note_list ids, struct lof_arena *a)
{
	attack_id *v = arena_array(a, ids.n + 1, sizeof *v);
	for (size_t i = 0; i < ids.n; i++) {
		v[d->rule.n_techniques] = attack_parse(lof_str_trim(ids.v[i]));
		d->rule.n_techniques += v[d->rule.n_techniques] != 0;
	}
	d->rule.techniques = v;
}

static void
take_terms(struct detection *d, struct lof_str search, struct lof_arena *a)
{
	struct lof_buf all = { 0 };
	terms_of_query(search, &all);
	d->rule.terms = import_list(a, &all);
}

static enum lof_rc
add(const struct import_file *f, const struct detection *d, struct lof_err *e)
{
	struct note n = { .text = d->said, .tags = { d->tags, d->n_tags }, .rules = &d->rule, .n_rules = 1 };
	f->stats->rules++;
	if (lof_str_trim(d->said).n == 0)
		return LOF_OK;
	return import_note(f->opts, f->build, f->stats, &n, f->path, d->line, e);
}

// --- YAML ------------------------------------------------------------------------------------------------------------

// The folder a detection lies in: endpoint, cloud, network, web, application, deprecated.
static struct lof_str
folder_of(struct lof_str below)
{
	struct lof_str folder = LOF_LIT(""), part;
	while (memchr(below.p, '/', below.n) && lof_str_cut(&below, '/', &part))
		folder = part;
	return folder;
}

// A status, or a path with such a folder in it, however deep.
static bool
is_withdrawn(struct lof_str path)
{
	struct lof_str part;
	while (lof_str_cut(&path, '/', &part))
		if (lof_str_ieq(part, LOF_LIT("deprecated")) || lof_str_ieq(part, LOF_LIT("removed")))
			return true;
	return false;
}

// https://research.splunk.com/endpoint/<id>/, where Splunk shows each detection.
static struct lof_str
research_url(struct lof_str folder, struct lof_str id, struct lof_arena *a)
{
	struct lof_buf b = { 0 };
	if (folder.n == 0 || id.n == 0)
		return LOF_LIT("");
	buf_lit(&b, "https://research.splunk.com/");
	buf_str(&b, folder);
	buf_char(&b, '/');
	buf_str(&b, id);
	buf_char(&b, '/');
	struct lof_str url = arena_copy(a, buf_view(&b));
	buf_free(&b);
	return url;
}

static enum lof_rc
read_document(void *arg, yaml_document_t *doc, struct lof_err *e)
{
	const struct import_file *f = arg;
	struct lof_arena *a = f->arena;
	yaml_node_t *root = yaml_document_get_root_node(doc), *tags = yaml_get(doc, root, "tags");
	yaml_node_t *search = yaml_get(doc, root, "search"), *said = yaml_get(doc, root, "known_false_positives");
	yaml_node_t *ids = yaml_get(doc, root, "mitre_attack_id");
	struct lof_str folder = folder_of(f->below), words[1] = { yaml_text(yaml_get(doc, root, "description")) };
	struct detection d = { .said = yaml_text(said), .line = said ? (uint32_t)said->start_mark.line + 1 : 1 };
	if (!search || yaml_text(yaml_get(doc, root, "name")).n == 0 || (!said && !tags && !ids))
		return LOF_OK; // a macro, a lookup, a story
	d.rule = (struct note_rule){
		.id = yaml_text(yaml_get(doc, root, "id")), .name = yaml_text(yaml_get(doc, root, "name")),
		.author = yaml_text(yaml_get(doc, root, "author")), .license = f->origin->license, .source = LOF_LIT("splunk"),
		.revision = f->origin->revision.n ? f->origin->revision : yaml_text(yaml_get(doc, root, "date")),
		.words = { words, 1 },
	};
	folder = folder.n ? folder : folder_of(f->origin->below);
	d.rule.url = research_url(folder, d.rule.id, a);
	d.rule.deprecated = is_withdrawn(f->origin->below) || is_withdrawn(f->below) ||
	    is_withdrawn(yaml_text(yaml_get(doc, root, "status")));
	take_techniques(&d, yaml_list(doc, ids ? ids : yaml_get(doc, tags, "mitre_attack_id"), a), a);
	take_platforms(&d, yaml_list(doc, yaml_get(doc, root, "data_source"), a), a);
	take_terms(&d, yaml_text(search), a);
	put_tag(&d, folder);
	put_tag(&d, d.rule.deprecated ? LOF_LIT("_deprecated") : LOF_LIT(""));
	for (int i = 0; i < 2; i++) { // the newer schema has them at the top
		yaml_node_t *in = i ? tags : root;
		put_tag(&d, yaml_text(yaml_get(doc, in, "asset_type")));
		put_tag(&d, yaml_text(yaml_get(doc, in, "security_domain")));
	}
	for (size_t i = 0; i < d.rule.platforms.n; i++)
		put_tag(&d, d.rule.platforms.v[i]);
	return add(f, &d, e);
}

// --- savedsearches.conf ----------------------------------------------------------------------------------------------

// One stanza's settings. Values live in the arena.
struct stanza {
	struct lof_str name, said, annotations, metadata, description, search, asset, technologies;
	uint32_t line;
};

// The array of strings under `key` of a JSON object in a setting.
static struct note_list
json_list(struct lof_str text, const char *key, struct lof_arena *a)
{
	json_t *root = json_loadb(text.p, text.n, JSON_DECODE_ANY, NULL), *list = key ? json_object_get(root, key) : root;
	struct note_list out = { arena_array(a, json_array_size(list) + 1, sizeof(struct lof_str)), 0 };
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);
		struct lof_str *v = (struct lof_str *)(uintptr_t)out.v;
		if (json_is_string(item))
			v[out.n++] = arena_copy(a, LOF_STR(json_string_value(item), json_string_length(item)));
	}
	json_decref(root);
	return out;
}

static struct lof_str
json_text(struct lof_str text, const char *key, struct lof_arena *a)
{
	json_t *root = json_loadb(text.p, text.n, 0, NULL), *v = json_object_get(root, key);
	struct lof_str s = json_is_string(v) ? arena_copy(a, LOF_STR(json_string_value(v), json_string_length(v))) : LOF_LIT("");
	json_decref(root);
	return s;
}

// "ESCU - Name - Rule" is a detection; responses and contexts of the app are none.
static struct lof_str
plain_name(struct lof_str s)
{
	static const struct lof_str front = { "ESCU - ", 7 }, end = { " - Rule", 7 };
	if (s.n > front.n && memcmp(s.p, front.p, front.n) == 0)
		s = LOF_STR(s.p + front.n, s.n - front.n);
	if (s.n > end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0)
		s.n -= end.n;
	return s;
}

static enum lof_rc
add_stanza(const struct import_file *f, const struct stanza *s, struct lof_err *e)
{
	struct lof_str words[1] = { s->description };
	struct detection d = { .said = s->said, .line = s->line };
	if (s->name.n == 0 || (s->said.n == 0 && s->annotations.n == 0))
		return LOF_OK;
	d.rule = (struct note_rule){
		.id = json_text(s->metadata, "detection_id", f->arena), .name = plain_name(s->name), .source = LOF_LIT("splunk"),
		.license = f->origin->license, .revision = f->origin->revision, .words = { words, 1 },
	};
	take_techniques(&d, json_list(s->annotations, "mitre_attack", f->arena), f->arena);
	take_platforms(&d, json_list(s->technologies, NULL, f->arena), f->arena);
	take_terms(&d, s->search, f->arena);
	put_tag(&d, s->asset);
	return add(f, &d, e);
}

static void
take_setting(struct stanza *s, struct lof_str key, struct lof_str value)
{
	static const struct { const char *key; size_t at; } known[] = {
		{ "action.escu.known_false_positives", offsetof(struct stanza, said) },
		{ "action.correlationsearch.annotations", offsetof(struct stanza, annotations) },
		{ "action.correlationsearch.metadata", offsetof(struct stanza, metadata) },
		{ "action.escu.eli5", offsetof(struct stanza, description) },
		{ "description", offsetof(struct stanza, description) },
		{ "search", offsetof(struct stanza, search) },
		{ "action.escu.asset_type", offsetof(struct stanza, asset) },
		{ "action.escu.providing_technologies", offsetof(struct stanza, technologies) },
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (lof_str_eq(key, lof_cstr(known[i].key)))
			memcpy((char *)s + known[i].at, &value, sizeof value);
}

// A setting: its line and those that follow a '\\' at the end, joined.
static struct lof_str
whole_setting(struct lof_str line, struct lof_str *rest, uint32_t *no, struct lof_arena *a)
{
	struct lof_buf b = { 0 };
	while (line.n && line.p[line.n - 1] == '\\') {
		buf_put(&b, line.p, line.n - 1);
		buf_char(&b, ' ');
		if (!import_line(rest, &line, no))
			line = LOF_LIT("");
	}
	if (b.n == 0)
		return line;
	buf_str(&b, line);
	line = arena_copy(a, buf_view(&b));
	buf_free(&b);
	return line;
}

static enum lof_rc
take_line(const struct import_file *f, struct stanza *s, struct lof_str line, uint32_t at, struct lof_err *e)
{
	struct lof_str key;
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return LOF_OK;
	if (line.p[0] == '[') {
		struct stanza before = *s;
		*s = (struct stanza){ .name = LOF_STR(line.p + 1, line.n > 1 ? line.n - 2 : 0), .line = at };
		if (line.p[line.n - 1] == ']')
			return add_stanza(f, &before, e);
		s->name.n = 0; // what follows is nobody's
		enum lof_rc rc = add_stanza(f, &before, e);
		return rc ? rc : lof_err_at(e, LOF_E_IMPORT, f->path, at, 1, "expected \"]\" at the end of a stanza's name", line);
	}
	if (!memchr(line.p, '=', line.n))
		return lof_err_at(e, LOF_E_IMPORT, f->path, at, 1, "expected KEY = VALUE", line);
	lof_str_cut(&line, '=', &key);
	take_setting(s, lof_str_trim(key), lof_str_trim(line));
	return LOF_OK;
}

// All detections of an app are in this one file: a bad line harms no more than its own stanza.
static enum lof_rc
read_conf(const struct import_file *f, struct lof_err *e)
{
	struct lof_str rest = f->bytes, line;
	struct stanza s = { .line = 0 };
	enum lof_rc rc = LOF_OK;
	for (uint32_t no = 0; !rc && import_line(&rest, &line, &no);) {
		struct lof_err bad = { .rc = LOF_OK };
		uint32_t at = no;
		line = lof_str_trim(whole_setting(line, &rest, &no, f->arena));
		if (take_line(f, &s, line, at, &bad) != LOF_OK)
			rc = import_bad(f->opts, f->stats, &bad, e);
	}
	return rc ? rc : add_stanza(f, &s, e);
}

// --- both ------------------------------------------------------------------------------------------------------------

static enum lof_rc
read_file(const struct import_file *f, struct lof_err *e)
{
	size_t n = f->below.n;
	if (n >= 5 && lof_str_eq(LOF_STR(f->below.p + n - 5, 5), LOF_LIT(".conf")))
		return read_conf(f, e);
	return yaml_read(f->bytes, f->path, read_document, (void *)(uintptr_t)f, e);
}

enum lof_rc
import_splunk(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	static const char *const endings[] = { ".yml", ".yaml", "savedsearches.conf", NULL };
	size_t rules = st->rules;
	enum lof_rc rc = import_walk(path, endings, &security_content, o, b, st, read_file, e);
	if (!rc && st->rules == rules && st->errors == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, path, 0, 0, "no Splunk detection here: expected YAML with name and search, or "
		    "savedsearches.conf", LOF_LIT(""));
	return rc;
}
