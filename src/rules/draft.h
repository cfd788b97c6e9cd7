// What loading gathers (rules.c) before it is laid out as tables (tables.c). Of no concern to anybody else.
#ifndef LOF_RULES_DRAFT_H
#define LOF_RULES_DRAFT_H

#include "base/buf.h"
#include "rules/rules.h"

struct use_draft {
	struct use use;
	path_node node;
};
struct cond_draft {
	struct cond cond;
	path_node node;
};
struct alt_draft {
	struct alt alt;
	uint16_t under; // the condition it will be listed under
};

struct drafts {
	struct lof_buf uses, conds, alts; // arrays of the above
};

#define DRAFTS(buf, type) ((struct type *)(void *)(buf).p)
#define COUNT(buf, type) ((buf).n / sizeof(struct type))

// Lays the drafts out as the tables of r, whose paths are frozen; frees them.
void tables_make(struct rules *r, struct drafts *d);

#endif
