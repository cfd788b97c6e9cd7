// The command line: one table (options.def) for parsing, -h, --help and the man page.
#ifndef LOF_CLI_OPTIONS_H
#define LOF_CLI_OPTIONS_H

#include "base/err.h"
#include "json/block.h"
#include "stream/pump.h"

// Commands, as bits: an option says which take it.
enum { FILTER = 1, INDEX = 2, LOOKUP = 4, EXPLAIN = 8, DUMP = 16, CHECK = 32, REPORT = 64, ALL = 127 };

struct command {
	const char *name; // NULL: the filter, which needs no name
	unsigned bit;
	const char *operands, *doc;
};
extern const struct command commands[];
extern const size_t n_commands;

enum { EVENT_LIMIT = 1u << 31 }; // offsets in an event are 32 bits wide

struct option_list {
	const char *v[64];
	size_t n;
};

enum help { HELP_NONE, HELP_SHORT, HELP_LONG, HELP_VERSION };

struct options {
	const struct command *command;
	struct option_list indexes, rules, technique, rule_id, rule_name, context, licenses;
	struct {
		const char *kind, *path; // "lofp", "notes" ...
	} sources[64];
	size_t n_sources;
	const char *event; // lookup: to rank for
	const char *key, *output, *output_dir, *reject, *label, *stats, *metrics, *log, *prefix_until, *forward;
	struct option_list listen;
	struct wanted want;
	size_t max_bytes, max_event, max_connections, idle;
	bool max_notes_given, max_weak_given;
	enum style style;
	enum emit emit;
	enum frame_shape input;
	enum on_bad on_bad;
	enum block_kind simd;
	bool no_default_index, strict, verbose, quiet, coverage, watch;
	enum help help;
	int none; // target of options that have none
	char *const *operands;
	size_t n_operands;
};

// Fills *o from argv. LOF_E_USAGE with what is wrong.
enum lof_rc options_parse(struct options *o, int argc, char *const *argv, struct lof_err *e);

void options_help(FILE *f, bool everything);
// The OPTIONS section of lofpipe(1) in mdoc.
void options_mdoc(FILE *f);

#endif
