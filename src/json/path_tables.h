// What a path set is made of: for path.c, and for the C text of the built-in rules that the build makes
// (rules/print.c). Nobody else looks inside.
#ifndef LOF_JSON_PATH_TABLES_H
#define LOF_JSON_PATH_TABLES_H

#include "json/path.h"

// One key of a path; those above it lead to a root.
struct path_key {
	path_node parent, inner;
	struct lof_str segment;
	uint8_t flags;
};

// A glob of a loose set: at most one star at each end.
struct path_glob {
	struct lof_str text; // lower case, stars off
	bool open_left, open_right;
	path_node node;
};

struct paths {
	struct lof_arena *arena;
	struct path_key *nodes; // by path_node
	size_t n, cap;
	path_node *child; // open addressing over (parent, segment), 4 * cap slots, so that a load of thousands of paths is quick
	struct path_glob *globs[27]; // by first letter; [26] begin with anything else or a star
	size_t n_globs[27];
	uint8_t *flags;
	struct paths_table table;
	bool loose;
};

#endif
