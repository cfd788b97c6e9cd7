// What the commands share. Each is a file of its own and returns the exit status: 0; 1 something was bad and --strict
// (or --on-bad stop, or a FILE failed); 2 usage; 3 rules or index refused; 4 reading or writing failed.
#ifndef LOF_CLI_CLI_H
#define LOF_CLI_CLI_H

#include "cli/options.h"

enum status { STATUS_OK = 0, STATUS_BAD = 1, STATUS_USAGE = 2, STATUS_REFUSED = 3, STATUS_IO = 4 };

// The status that an error ends with.
int status_of(enum lof_rc rc);
// Prints the error and returns its status.
int fail(const struct lof_err *e);

// Where warnings and summaries go, as the options and the terminal say; *log NULL: nowhere. False with *e.
bool open_log(const struct options *o, FILE **log, struct lof_err *e);
void close_log(FILE *log);

// Rules and notes as the options ask for them.
struct session {
	struct rules *rules;
	struct book book;
	struct engine engine;
	FILE *log; // NULL: be silent
};

// What a command needs of it.
enum { NEED_RULES = 1, NEED_NOTES = 2 };
// Loads; prints every mistake that is found. Status.
int session_open(struct session *s, const struct options *o, unsigned need);
void session_close(struct session *s);
// Rules and notes alone, into *s, for both: false when something is wrong, told on `tell` (NULL: not), and then there are
// none in *s.
bool session_load(struct session *s, const struct options *o, unsigned need, FILE *tell);
void session_drop(struct session *s);

// Opens a FILE ("-" is standard input); -1 with *e. *size: its bytes as it lies there, 0 if they are not known.
int open_input(const char *path, uint64_t *size, struct lof_err *e);

// The filter with --output-dir. What the command line must be for it: LOF_E_USAGE.
enum lof_rc batch_check(const struct options *o, struct lof_err *e);
// All FILEs, each to its own file; messages are printed, the table goes to `table` if not NULL. Status.
int batch_run(struct pump *p, const struct options *o, FILE *table);

// The filter with --listen. What the command line must be for it: LOF_E_USAGE.
enum lof_rc listen_check(const struct options *o, struct lof_err *e);
// Events from connections, by way of the pump. Status.
int listen_all(struct pump *p, const struct options *o);

int cmd_filter(const struct options *o);
int cmd_index(const struct options *o);
int cmd_lookup(const struct options *o);
int cmd_explain(const struct options *o);
int cmd_dump(const struct options *o);
int cmd_check(const struct options *o);
int cmd_report(const struct options *o);

// Writes all of b to standard output. Status.
int print_all(struct lof_buf *b);

#endif
