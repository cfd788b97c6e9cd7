// Sigma rules. One file may hold several documents; a document that says "action: global" lends the others what they do
// not say themselves (Sigma's old collections).
#include "import/import.h"
#include "import/yaml.h"

static const struct project sigma_hq = { "rules-threat-hunting", "https://github.com/SigmaHQ/sigma/blob/master/" };

// A file being read.
struct sigma {
	const struct import_file *f;
	yaml_document_t *doc;   // the document in hand
	yaml_document_t global; // what lends it what it does not say; without nodes when there is none
	bool has_global;
};

// A node and the document it is in.
struct place {
	yaml_document_t *doc;
	yaml_node_t *node;
};

static bool
starts(struct lof_str s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && lof_str_ieq(LOF_STR(s.p, n), lof_cstr(with));
}

// --- pieces of a rule ------------------------------------------------------------------------------------------------

static struct place
find(struct sigma *s, const char *key)
{
	struct place p = { s->doc, yaml_get(s->doc, yaml_document_get_root_node(s->doc), key) };
	if (!p.node && s->has_global)
		p = (struct place){ &s->global, yaml_get(&s->global, yaml_document_get_root_node(&s->global), key) };
	return p;
}

static struct lof_str
text_at(struct sigma *s, const char *key)
{
	return yaml_text(find(s, key).node);
}

static struct note_list
list_at(struct sigma *s, const char *key)
{
	struct place p = find(s, key);
	return yaml_list(p.doc, p.node, s->f->arena);
}

// "attack.t1059.001", in any case.
static void
take_techniques(struct sigma *s, struct note_rule *r)
{
	struct note_list tags = list_at(s, "tags");
	attack_id *ids = arena_array(s->f->arena, tags.n + 1, sizeof *ids);
	for (size_t i = 0; i < tags.n; i++) {
		struct lof_str t = tags.v[i];
		if (starts(t, "attack."))
			t = LOF_STR(t.p + 7, t.n - 7);
		ids[r->n_techniques] = attack_parse(t);
		r->n_techniques += ids[r->n_techniques] != 0;
	}
	r->techniques = ids;
}

// What a filter of the detection names is what the rule does not look for.
static bool
is_no_selection(struct lof_str key)
{
	return starts(key, "filter") || starts(key, "condition") || starts(key, "timeframe");
}

static struct note_list
terms_of(struct sigma *s)
{
	struct lof_buf all = { 0 };
	struct place p = find(s, "detection");
	yaml_each_scalar(p.doc, p.node, is_no_selection, &all);
	return import_list(s->f->arena, &all);
}

// --- tags ------------------------------------------------------------------------------------------------------------

enum { TAGS_MAX = 16 };
struct tags {
	struct lof_str v[TAGS_MAX];
	size_t n;
};

static void
put_tag(struct tags *t, struct lof_str tag)
{
	if (tag.n && t->n < TAGS_MAX)
		t->v[t->n++] = tag;
}

// The folders a rule lies in below "rules": windows, process_creation; of rules-threat-hunting the kind too.
static void
put_folders(struct tags *t, struct lof_str below)
{
	struct lof_str part;
	while (memchr(below.p, '/', below.n) && lof_str_cut(&below, '/', &part)) {
		if (starts(part, "rules-"))
			put_tag(t, LOF_STR(part.p + 6, part.n - 6));
		else if (!lof_str_eq(part, LOF_LIT("rules")) && !lof_str_eq(part, LOF_LIT("deprecated")))
			put_tag(t, part);
	}
}

// A status, or a path with such a folder in it.
static bool
is_withdrawn(struct lof_str path)
{
	struct lof_str part;
	while (lof_str_cut(&path, '/', &part))
		if (lof_str_ieq(part, LOF_LIT("deprecated")) || lof_str_ieq(part, LOF_LIT("unsupported")))
			return true;
	return false;
}

// --- a rule ----------------------------------------------------------------------------------------------------------

static struct lof_str
join(struct lof_arena *a, struct lof_str x, struct lof_str y)
{
	char *p = arena_alloc(a, x.n + y.n + 1);
	if (x.n)
		memcpy(p, x.p, x.n);
	if (y.n)
		memcpy(p + x.n, y.p, y.n);
	return LOF_STR(p, x.n + y.n);
}

static enum lof_rc
add_notes(struct sigma *s, const struct note_rule *r, const struct tags *tags, struct lof_err *e)
{
	const struct import_file *f = s->f;
	struct place said = find(s, "falsepositives");
	struct note_list texts = yaml_list(said.doc, said.node, f->arena);
	enum lof_rc rc = LOF_OK;
	for (size_t i = 0; i < texts.n && !rc; i++) {
		struct note n = { .text = texts.v[i], .tags = { tags->v, tags->n }, .rules = r, .n_rules = 1 };
		if (lof_str_trim(n.text).n)
			rc = import_note(f->opts, f->build, f->stats, &n, f->path, (uint32_t)said.node->start_mark.line + 1, e);
	}
	return rc;
}

static enum lof_rc
add_rule(struct sigma *s, struct lof_err *e)
{
	const struct import_file *f = s->f;
	const struct origin *o = f->origin;
	struct lof_str path = join(f->arena, o->below, f->below), status = text_at(s, "status");
	struct place source = find(s, "logsource");
	struct lof_str product = yaml_text(yaml_get(source.doc, source.node, "product")), words[1] = { text_at(s, "description") };
	struct lof_str service = yaml_text(yaml_get(source.doc, source.node, "service"));
	struct tags tags = { .n = 0 };
	struct note_rule r = {
		.id = text_at(s, "id"), .name = text_at(s, "title"), .author = text_at(s, "author"),
		.license = text_at(s, "license"), .source = LOF_LIT("sigma"), .revision = o->revision,
		.platforms = { &product, platform_of(product) != 0 }, .terms = terms_of(s), .words = { words, 1 },
	};
	if (r.platforms.n == 0 && platform_of(service))
		r.platforms = (struct note_list){ &service, 1 };
	r.license = r.license.n ? r.license : o->license;
	r.revision = r.revision.n ? r.revision : text_at(s, "modified");
	r.revision = r.revision.n ? r.revision : text_at(s, "date");
	r.url = o->blob.n ? join(f->arena, o->blob, path) : LOF_LIT("");
	r.deprecated = is_withdrawn(path) || is_withdrawn(status);
	take_techniques(s, &r);
	put_folders(&tags, path);
	put_tag(&tags, product);
	put_tag(&tags, service);
	put_tag(&tags, yaml_text(yaml_get(source.doc, source.node, "category")));
	if (r.deprecated)
		put_tag(&tags, LOF_LIT("_deprecated"));
	f->stats->rules++;
	return add_notes(s, &r, &tags, e);
}

// --- a document ------------------------------------------------------------------------------------------------------

static void
drop_global(struct sigma *s)
{
	if (s->has_global)
		yaml_document_delete(&s->global);
	s->has_global = false;
}

static enum lof_rc
read_document(void *arg, yaml_document_t *doc, struct lof_err *e)
{
	struct sigma *s = arg;
	yaml_node_t *root = yaml_document_get_root_node(doc);
	if (lof_str_eq(yaml_text(yaml_get(doc, root, "action")), LOF_LIT("global"))) {
		drop_global(s);
		s->global = *doc; // taken over: what is left of it can be deleted without harm
		*doc = (yaml_document_t){ 0 };
		s->has_global = true;
		return LOF_OK;
	}
	s->doc = doc;
	bool detects = find(s, "detection").node || find(s, "correlation").node;
	return detects && text_at(s, "title").n ? add_rule(s, e) : LOF_OK;
}

static enum lof_rc
read_file(const struct import_file *f, struct lof_err *e)
{
	struct sigma s = { .f = f };
	enum lof_rc rc = yaml_read(f->bytes, f->path, read_document, &s, e);
	drop_global(&s);
	return rc;
}

enum lof_rc
import_sigma(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	static const char *const endings[] = { ".yml", ".yaml", NULL };
	size_t rules = st->rules;
	enum lof_rc rc = import_walk(path, endings, &sigma_hq, o, b, st, read_file, e);
	if (!rc && st->rules == rules && st->errors == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, path, 0, 0, "no Sigma rule here: expected YAML with title and detection", LOF_LIT(""));
	return rc;
}
