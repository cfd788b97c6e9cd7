// YAML documents as libyaml loads them, and looking into them. An alias is the node it stands for, so that a document
// may be a graph: whoever walks one must bound the walk (yaml_each_scalar does).
#ifndef LOF_IMPORT_YAML_H
#define LOF_IMPORT_YAML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "notes/note.h"

#include <yaml.h>

// Calls `each` for every document of the file. LOF_E_IMPORT with line and column for what is not YAML; documents before
// it have been told. `each` ends the reading with anything but LOF_OK.
enum lof_rc yaml_read(struct lof_str text, const char *file, enum lof_rc (*each)(void *arg, yaml_document_t *doc,
    struct lof_err *e), void *arg, struct lof_err *e);

// The value of a mapping's key, or NULL; NULL when `map` is NULL or no mapping.
yaml_node_t *yaml_get(yaml_document_t *doc, yaml_node_t *map, const char *key);
// A scalar's text; empty for null and for what is no scalar.
struct lof_str yaml_text(const yaml_node_t *node);
// The scalars of a sequence, or the one scalar; what is neither is left out. Lives in the arena, texts in the document.
struct note_list yaml_list(yaml_document_t *doc, yaml_node_t *node, struct lof_arena *a);

// Appends the text of every scalar at or below `node` that is a value, not a key, to *out (struct lof_str), at most
// YAML_WALK of them. `skip` (may be NULL) tells which keys of the outermost mapping to pass over.
enum { YAML_WALK = 4096 };
void yaml_each_scalar(yaml_document_t *doc, yaml_node_t *node, bool (*skip)(struct lof_str key), struct lof_buf *out);

#endif
