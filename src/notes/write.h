// The second half of making an index: notes that are merged, named and in order become the file's bytes. Private to
// build.c. Pure: the bytes depend on the arguments (and the built-in ATT&CK table) alone.
#ifndef LOF_NOTES_WRITE_H
#define LOF_NOTES_WRITE_H

#include "notes/build.h"

// Every list must be sorted and without repeats, every text clean (text_clean), every id unique.
struct write_in {
	const struct note *notes;    // their rules are not looked at: `said` counts
	const struct lof_str *folds; // by note: its text in lower case
	size_t n_notes;
	const struct note_rule *rules;
	size_t n_rules;
	const uint64_t *said; // note << 32 | rule, ascending
	size_t n_said;
	struct lof_str attack; // an ATT&CK table, or empty
	struct lof_str label;
};
enum lof_rc write_index(const struct write_in *in, struct lof_buf *out, struct build_stats *st, struct lof_err *e);

#endif
