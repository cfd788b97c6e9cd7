// Note sources: each import_* reads one kind of file into an index in the making. One C file a source.
//
// A path that cannot be read, or that holds nothing of the kind, is an error and ends the import. A single entry that
// cannot be understood is reported with file, line and column, counted, and the rest goes in; with `strict` it is an
// error too. Nothing here runs on the path of an event. One thread.
#ifndef LOF_IMPORT_IMPORT_H
#define LOF_IMPORT_IMPORT_H

#include "notes/build.h"

struct import_opts {
	bool strict;                                     // a bad entry ends the import
	void (*warn)(void *arg, const struct lof_err *); // told each bad entry; may be NULL
	void *arg;
};

// Added to, never reset: one may count many sources.
struct import_stats {
	size_t files;
	size_t notes;  // entries taken, repeats and placeholders included
	size_t errors; // entries (or files of a folder) left out
};

// A LoFP page saved as text, or a folder of them (every *.txt in it, by name). Each line below "TitleTags" is a note
// under the page's key, a technique or a tag. "-" is standard input.
enum lof_rc import_lofp(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st,
    struct lof_err *e);

// A note pack: NDJSON, one note a line, as index_note_source writes it. Blank lines are allowed. Unknown members are
// errors, so that a slip of the pen does not lose what it meant. "-" is standard input.
enum lof_rc import_notes(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st,
    struct lof_err *e);

// For importers. Deals with a bad entry as the options say: LOF_OK to go on, or *bad moved to *e. A file that cannot be
// read (LOF_E_IO) always ends the import.
enum lof_rc import_bad(const struct import_opts *o, struct import_stats *st, const struct lof_err *bad,
    struct lof_err *e);
// The next line of *rest (without "\n" or "\r\n"), *no counted up. 0 when none is left.
int import_line(struct lof_str *rest, struct lof_str *line, uint32_t *no);
// What messages call the path.
const char *import_name(const char *path);

#endif
