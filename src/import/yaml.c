#include "import/yaml.h"

#include "base/buf.h"

static enum lof_rc
not_yaml(const yaml_parser_t *p, struct lof_str text, const char *file, struct lof_err *e)
{
	uint32_t line = (uint32_t)p->problem_mark.line + 1, col = (uint32_t)p->problem_mark.column + 1;
	if (p->error == YAML_MEMORY_ERROR || p->error == YAML_NO_ERROR) // the loader forgets to say so
		lof_no_memory();
	if (p->error == YAML_READER_ERROR) // which knows only how far it is in bytes
		lof_line_col(text, p->problem_offset < text.n ? p->problem_offset : text.n, &line, &col);
	return lof_err_at(e, LOF_E_IMPORT, file, line, col, "not YAML:", lof_cstr(p->problem));
}

enum lof_rc
yaml_read(struct lof_str text, const char *file, enum lof_rc (*each)(void *arg, yaml_document_t *doc, struct lof_err *e),
    void *arg, struct lof_err *e)
{
	yaml_parser_t p;
	yaml_document_t doc;
	enum lof_rc rc = LOF_OK;
	if (!yaml_parser_initialize(&p))
		lof_no_memory();
	yaml_parser_set_input_string(&p, (const unsigned char *)text.p, text.n);
	for (bool more = true; more && !rc;) {
		if (!yaml_parser_load(&p, &doc)) {
			rc = not_yaml(&p, text, file, e);
			break;
		}
		more = yaml_document_get_root_node(&doc) != NULL;
		if (more)
			rc = each(arg, &doc, e);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&p);
	return rc;
}

static bool
is_null(struct lof_str s)
{
	return lof_str_eq(s, LOF_LIT("~")) || lof_str_eq(s, LOF_LIT("null")) || lof_str_eq(s, LOF_LIT("Null")) ||
	    lof_str_eq(s, LOF_LIT("NULL"));
}

struct lof_str
yaml_text(const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE)
		return LOF_LIT("");
	struct lof_str s = LOF_STR((const char *)node->data.scalar.value, node->data.scalar.length);
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && is_null(s) ? LOF_LIT("") : s;
}

yaml_node_t *
yaml_get(yaml_document_t *doc, yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++)
		if (lof_str_eq(yaml_text(yaml_document_get_node(doc, p->key)), lof_cstr(key)))
			return yaml_document_get_node(doc, p->value);
	return NULL;
}

struct note_list
yaml_list(yaml_document_t *doc, yaml_node_t *node, struct lof_arena *a)
{
	if (!node || node->type == YAML_MAPPING_NODE)
		return (struct note_list){ NULL, 0 };
	size_t max = node->type == YAML_SEQUENCE_NODE ?
	    (size_t)(node->data.sequence.items.top - node->data.sequence.items.start) : 1, n = 0;
	struct lof_str *v = arena_array(a, max + 1, sizeof *v);
	for (size_t i = 0; i < max; i++) {
		yaml_node_t *item = node->type == YAML_SEQUENCE_NODE ?
		    yaml_document_get_node(doc, node->data.sequence.items.start[i]) : node;
		v[n] = yaml_text(item);
		n += v[n].n > 0;
	}
	return (struct note_list){ v, n };
}

void
yaml_each_scalar(yaml_document_t *doc, yaml_node_t *node, bool (*skip)(struct lof_str key), struct lof_buf *out)
{
	// A list of what is still to be looked at instead of recursion: depth and cycles are then nothing to fear.
	yaml_node_t *todo[YAML_WALK];
	size_t n = 0, looked = 0;
	if (node)
		todo[n++] = node;
	while (n > 0 && looked++ < YAML_WALK) {
		yaml_node_t *x = todo[--n];
		if (x->type == YAML_SCALAR_NODE) {
			struct lof_str s = yaml_text(x);
			buf_put(out, &s, sizeof s);
		} else if (x->type == YAML_SEQUENCE_NODE) {
			for (yaml_node_item_t *i = x->data.sequence.items.start; i < x->data.sequence.items.top && n < YAML_WALK; i++)
				todo[n++] = yaml_document_get_node(doc, *i);
		} else if (x->type == YAML_MAPPING_NODE) {
			for (yaml_node_pair_t *p = x->data.mapping.pairs.start; p < x->data.mapping.pairs.top && n < YAML_WALK; p++)
				if (x != node || !skip || !skip(yaml_text(yaml_document_get_node(doc, p->key))))
					todo[n++] = yaml_document_get_node(doc, p->value);
		}
	}
}
