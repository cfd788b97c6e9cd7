// What went wrong with the machine or with what a person wrote: files, options, rules, indexes. A bad event is not an
// error but an outcome (json/scan.h, stream/count.h): nothing that parses an event can produce a lof_err.
//
// A lof_err is filled once (the first writer wins), allocates nothing, and is printed by whoever ends the process.
#ifndef LOF_BASE_ERR_H
#define LOF_BASE_ERR_H

#include "base/str.h"

#include <stdio.h>

enum lof_rc {
	LOF_OK = 0,
	// 100: operating system and files
	LOF_E_IO = 100, // open, read, write, rename ... failed; sys holds errno
	LOF_E_MEM = 101,
	// 200: command line
	LOF_E_USAGE = 200,
	// 300: format rules and the ATT&CK table
	LOF_E_RULE = 300,
	// 400: indexes
	LOF_E_INDEX = 400,
	// 500: note sources
	LOF_E_IMPORT = 500,
};

struct lof_err {
	enum lof_rc rc;
	int sys;              // errno, or 0
	uint32_t line, col;   // from 1; 0 = not known
	bool at_offset;       // in a stream that has no lines:
	uint64_t offset;      // bytes before the place
	const char *what;     // constant text: what was expected or what failed
	const char *hint;     // constant text: the word that was probably meant, or NULL
	char file[256];       // the file meant, cut if longer; "" = none
	char arg[160];        // the offending piece, printable, cut if longer; "" = none
};

// Each fills *e unless it already holds an error, and returns the rc that *e then holds, so that a failing function can
// end with `return lof_err_...(...)`. e may be NULL: then only rc is returned. `what` must be constant text.
enum lof_rc lof_err_set(struct lof_err *e, enum lof_rc rc, const char *what, struct lof_str arg);
enum lof_rc lof_err_at(struct lof_err *e, enum lof_rc rc, const char *file, uint32_t line, uint32_t col,
    const char *what, struct lof_str arg);
enum lof_rc lof_err_offset(struct lof_err *e, enum lof_rc rc, const char *file, uint64_t offset, const char *what,
    struct lof_str arg);
// Takes errno.
enum lof_rc lof_err_sys(struct lof_err *e, const char *file, const char *what);

// Copies what fits, of a name or value that is to be shown on a terminal: control bytes become '?'. NUL at the end.
void lof_shown(char *to, size_t size, struct lof_str from);

// "lofpipe: FILE:LINE:COL: what "arg": errno text\n", without the parts that are not known ("line 7:12: " when there is
// a line but no file); with an offset "lofpipe: FILE: offset N: what ...". Control bytes of arg and file are shown as '?'.
void lof_err_print(FILE *f, const struct lof_err *e);

// Line and column (both from 1, columns in bytes) of an offset into a text.
void lof_line_col(struct lof_str text, size_t off, uint32_t *line, uint32_t *col);

// One line on stderr and exit(3). For arena.c and buf.c only, which promise never to return NULL.
_Noreturn void lof_no_memory(void);

#endif
