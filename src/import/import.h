// Note sources: each import_* reads one kind of source into an index in the making. One C file a source; origin.c tells
// where a checkout is from, terms.c what a query looks for.
//
// A path that cannot be read, or that holds nothing of the kind, is an error and ends the import. A single entry that
// cannot be understood is reported with file, line and column, counted, and the rest goes in; with `strict` it is an
// error too. Nothing here runs on the path of an event. One thread.
#ifndef LOF_IMPORT_IMPORT_H
#define LOF_IMPORT_IMPORT_H

#include "import/origin.h"
#include "notes/build.h"
#include "notes/index.h"

struct import_opts {
	bool strict;                                     // a bad entry ends the import
	bool site;                                       // the notes are a site's own (notes/note.h)
	void (*warn)(void *arg, const struct lof_err *); // told each bad entry; may be NULL
	void (*progress)(void *arg, const char *file);   // told each file before it is read; may be NULL
	void *arg;
	const char *const *licenses; // only rules and notes under one of these ("!X": under none of these); NULL: all
	size_t n_licenses;
};

// Added to, never reset: one may count many sources.
struct import_stats {
	size_t files;
	size_t rules;        // with and without notes
	size_t notes;        // entries taken, repeats and placeholders included
	size_t placeholders; // of those, entries that say nothing
	size_t errors;       // entries (or files of a folder) left out
	size_t unlicensed;   // entries left out for their license
};

typedef enum lof_rc import_fn(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st,
    struct lof_err *e);

// Sigma rules: one YAML file, or a folder of them (SigmaHQ's checkout, Hayabusa's, Velociraptor's, one's own). YAML
// files that hold no rule are passed over. https://github.com/SigmaHQ/sigma-specification
import_fn import_sigma;
// Elastic detection rules: a checkout or folder of TOML rules, of prebuilt-rule JSON assets, or one such file; an NDJSON
// export of Kibana's detection engine. https://github.com/elastic/detection-rules
import_fn import_elastic;
// Splunk security content: a checkout or folder of YAML detections, one such file, or the savedsearches.conf of an
// installed ESCU app. https://github.com/splunk/security_content
import_fn import_splunk;
// A LoFP page saved as text or HTML, or a folder of them (*.txt, *.html, by name). "-" is standard input.
import_fn import_lofp;
// An ATT&CK STIX 2.0 or 2.1 bundle: names, redirects, tactics and platforms of its techniques go with the index and
// override the built-in table. https://github.com/mitre-attack/attack-stix-data
import_fn import_attack;
// A note pack: NDJSON, one note a line, as index_dump writes it, or CSV with a header row (*.csv). Blank lines are
// allowed. Unknown members are errors, so that a slip of the pen does not lose what it meant. "-" is standard input.
import_fn import_notes;

// --- for importers ---------------------------------------------------------------------------------------------------

// Deals with a bad entry as the options say: LOF_OK to go on, or *bad moved to *e. A file that cannot be read
// (LOF_E_IO) always ends the import.
enum lof_rc import_bad(const struct import_opts *o, struct import_stats *st, const struct lof_err *bad,
    struct lof_err *e);
// The next line of *rest (without "\n" or "\r\n"), *no counted up. 0 when none is left.
int import_line(struct lof_str *rest, struct lof_str *line, uint32_t *no);
// What messages call the path.
const char *import_name(const char *path);
// Adds one note with those of its rules whose license is wanted; when there is none, or its own is not and it has no
// rules, it is left out. Counts. What build_add refuses comes back with file and line.
enum lof_rc import_note(const struct import_opts *o, struct build *b, struct import_stats *st, const struct note *n,
    const char *file, uint32_t line, struct lof_err *e);

// The strings gathered in *v (struct lof_str) as a list in the arena; *v is freed.
struct note_list import_list(struct lof_arena *a, struct lof_buf *v);

// One file of a source, read: `bytes` live during the call. What goes wrong in it is a bad entry if it is one of a
// folder's, else the import's end.
struct import_file {
	const char *path;     // for messages
	struct lof_str below; // the path below the folder that was named; the file's name if a file was
	struct lof_str bytes;
	const struct origin *origin; // of the folder or file that was named
	struct lof_arena *arena;     // emptied after each file
	const struct import_opts *opts;
	struct build *build;
	struct import_stats *stats;
};
// Calls `read` for the file at `path`, or for every file below the folder there whose name ends in one of `endings`
// (a NULL ends the list; hidden files and folders are passed over), in the order of their paths. LOF_E_IMPORT when
// there is none. `project` as for origin_of.
enum lof_rc import_walk(const char *path, const char *const *endings, const struct project *project,
    const struct import_opts *o, struct build *b, struct import_stats *st,
    enum lof_rc (*read)(const struct import_file *f, struct lof_err *e), struct lof_err *e);

#endif
