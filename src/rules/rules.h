// Format rules: rules/*.json (and those built in) made into two path automata and the tables that say what a value at a
// node is. See lofpipe-rules(5) for the files. jansson and PCRE2 are used while loading; afterwards a struct rules is
// read-only and may be shared by threads.
#ifndef LOF_RULES_RULES_H
#define LOF_RULES_RULES_H

#include "base/err.h"
#include "json/path.h"

enum role {
	ROLE_TECHNIQUE, ROLE_TECHNIQUE_NAME, ROLE_TACTIC, ROLE_RULE_ID, ROLE_RULE_NAME, ROLE_TAG, ROLE_PLATFORM, ROLE_CONTEXT,
	ROLE_COUNT
};

enum { FORMATS_MAX = 256, CONDS_MAX = 1024, PATTERNS_MAX = 128, FORMATS_PER_EVENT = 8 };

struct format {
	const char *name, *title;
	bool generic;    // may the generic rule be asked when this one found no technique?
	bool has_tactic; // names are believed only beside a real tactic
	path_node *envelopes; // in order of belief
	size_t n_envelopes;
};

// What a node is to one role: which formats read it so.
struct use {
	uint8_t role;
	uint8_t rank;                        // place in the rule's list: 0 is believed most
	int16_t pattern;                     // -1, or the number of the pattern whose group 1 is the value
	uint64_t formats[FORMATS_MAX / 64];
};

// A test on a value, from a rule's "when".
struct cond {
	uint16_t bit;
	bool prefix;             // values are prefixes
	const struct lof_str *values; // none: present is enough
	size_t n_values;
};

// One alternative of a "when": matches when all its conditions are met. Listed under one of them.
struct alt {
	uint16_t format;
	uint16_t n_conds;
	const uint16_t *conds;
};

// Slices of the tables above, by node or by condition.
struct slice {
	uint32_t first, n;
};

struct rules {
	struct lof_arena arena; // empty for the built-in tables
	struct paths *typed, *loose;
	struct format *formats;
	size_t n_formats;
	struct use *uses;
	struct cond *conds;
	struct alt *alts;
	struct slice *uses_of, *conds_of;  // by node of `typed`
	struct slice *alts_of;             // by condition bit
	uint16_t *always;                  // formats without "when"
	size_t n_conds, n_always;
	uint8_t *loose_role;               // by node of `loose`
	struct lof_str *patterns;          // PCRE2, known to compile; each thread compiles its own (keys.h)
	size_t n_patterns;
};

struct rules_options {
	const char *const *dirs; // folders of rule files; a file of the same name replaces the built-in one
	size_t n_dirs;
	// Paths from the command line, by role; they always take part.
	const char *const *paths[ROLE_COUNT];
	size_t n_paths[ROLE_COUNT];
};

// Loads the built-in rules and the options' own. Without options these are tables that the build made of rules/*.json,
// and nothing has to be parsed. Every mistake of every file is passed to warn (may be NULL) as found;
// when there was one, LOF_E_RULE is returned with the first in *e and nothing is made.
enum lof_rc rules_load(struct rules **out, const struct rules_options *o, void (*warn)(void *arg, const struct lof_err *e),
    void *arg, struct lof_err *e);
void rules_free(struct rules *r);
// For the program, not for the library (it is for the whole process): when jansson gets no memory the process ends as
// it does everywhere else. Left to itself jansson says that the text is bad, or cuts strings.
void rules_own_memory(void);

// The same tables as C text, for the build (print.c): defines lof_builtin_rules.
void rules_print(const struct rules *r, FILE *f);

#endif
