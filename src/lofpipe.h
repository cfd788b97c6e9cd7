// lofpipe as a library: open, enrich one event from memory to memory, close.
//
//	struct lofpipe *h = lofpipe_open(NULL, NULL);
//	struct lofpipe_buffer out = { 0 };
//	if (lofpipe_enrich(h, event, size, &out, NULL) != LOFPIPE_FAILED)
//		fwrite(out.data, 1, out.size, stdout);
//	lofpipe_buffer_free(&out);
//	lofpipe_close(h);
//
// The built-in format rules and notes are inside the library: no file, no environment and no locale is asked. It
// prints nothing, sets no signal handler and starts no thread. An event is bytes with a length, in UTF-8; every size is
// in bytes. See lofpipe(3); what is appended to an event is in lofpipe(1).
//
// Two kinds of wrong. A bad event is an outcome: it comes out as it went in. Bad options, rules or indexes are errors.
// One thing the library does not survive: when there is no memory for a table or a result that must grow, it says so on
// standard error and ends the process with status 3. (What a thread needs to begin with is exempt: LOFPIPE_FAILED.)
#ifndef LOFPIPE_H
#define LOFPIPE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LOFPIPE_API __attribute__((visibility("default")))
#else
#define LOFPIPE_API
#endif

// Rules, notes and the scratch of each thread that enriches.
struct lofpipe; // opaque

// Why something could not be done. Numbers are fixed; more may come.
enum lofpipe_code {
	LOFPIPE_OK = 0,
	LOFPIPE_E_IO = 100,     // a file could not be read
	LOFPIPE_E_MEMORY = 101,
	LOFPIPE_E_OPTION = 200, // an option that makes no sense
	LOFPIPE_E_RULE = 300,   // a format rule is wrong: file, line and column say where
	LOFPIPE_E_INDEX = 400,  // not an index, another version, cut or changed
	LOFPIPE_E_EVENT = 600,  // an event is not well-formed JSON: line and column say where
};

// Plain data of the caller's; nothing in it has to be freed. Texts end with a NUL, are cut if they are too long, and
// hold no control bytes.
struct lofpipe_error {
	int code;              // enum lofpipe_code
	unsigned line, column; // from 1, columns in bytes; 0 = not known
	char file[256];        // the file meant; "" = none
	char message[512];     // what is wrong, without the place; no newline
};

// How a note is written.
enum lofpipe_style {
	LOFPIPE_STYLE_FULL = 0, // an object with text, reasons and provenance
	LOFPIPE_STYLE_TEXT = 1, // its text alone
	LOFPIPE_STYLE_IDS = 2,  // its id alone
};

// Fill with lofpipe_options_init, then change what should differ. Later versions add members at the end; `size` tells
// the library which of them the program knows.
struct lofpipe_options {
	size_t size;                    // of this struct as the program was compiled; leave it
	const char *const *index_files; // made by `lofpipe index`; added to the built-in notes, at most 15
	size_t n_index_files;
	const char *const *rules_dirs;  // folders of format rules; a file of the same name replaces the built-in one
	size_t n_rules_dirs;
	const char *key;                // name of the appended member, UTF-8 and not empty; "lofp"
	size_t max_notes;               // notes in an event, those that fit it best; 5; 0 = all
	size_t max_bytes;               // added to an event; 4096; 0 = no limit
	double min_score;               // leave out notes with a lower score; 0 to 1; 0
	int style;                      // enum lofpipe_style; LOFPIPE_STYLE_FULL
	int no_default_index;           // not 0: use index_files only
	size_t max_weak;                // notes where the event speaks for none, see lofpipe(3); 1
};

// What became of an event. Numbers are fixed; more may come. Of several events in one text (an envelope, an array) the
// best outcome is told: the one with the lowest number.
enum lofpipe_outcome {
	LOFPIPE_FAILED = -1,    // no memory to work with: out is empty
	LOFPIPE_ENRICHED = 0,   // it got notes
	LOFPIPE_NO_NOTES = 1,   // it got the member, but no note fits it, or fits into max_bytes
	LOFPIPE_NO_KEY = 2,     // no technique, known tag or known rule in it: unchanged
	LOFPIPE_NOT_OBJECT = 3, // well-formed, but no object in it to append to: unchanged
	LOFPIPE_BAD = 4,        // not well-formed: unchanged
	LOFPIPE_CUT = 5,        // ends too early: unchanged
	LOFPIPE_TOO_LONG = 6,   // 4 GiB or more: unchanged
};

// A result. Begin with { 0 } and use it for event after event: the library lets `data` grow as it must, and after a
// while allocates nothing. One buffer serves one thread at a time.
struct lofpipe_buffer {
	char *data;      // owned by the library's allocator: lofpipe_buffer_free, never free()
	size_t size;     // bytes of the result; a NUL stands behind them, not counted
	size_t capacity; // bytes there is room for
};

// "0.1.0". Constant text. Any thread.
LOFPIPE_API const char *lofpipe_version(void);

// Sets every member that fits into `size` bytes to its default. Pass sizeof(struct lofpipe_options). Any thread.
LOFPIPE_API void lofpipe_options_init(struct lofpipe_options *options, size_t size);

// Loads rules and indexes and verifies them whole. `options` may be NULL: all defaults. Nothing it points to is needed
// once this returns. NULL on failure, with *error filled (the first mistake found) unless error is NULL; after a
// success error->code is LOFPIPE_OK. A few milliseconds with the defaults. The handle is the caller's to close. Any
// thread, also several at once.
LOFPIPE_API struct lofpipe *lofpipe_open(const struct lofpipe_options *options, struct lofpipe_error *error);

// Version of the notes in use, as events carry it: "2026.11+9f3a1c2e"; of several indexes, joined by blanks; "" when
// there are none. Lives as long as the handle. Any thread.
LOFPIPE_API const char *lofpipe_notes_version(const struct lofpipe *handle);

// Replaces *out by the event with its member spliced in, or unchanged where there is nothing to say. `event` is one
// JSON value of `size` bytes, with or without white space around it, but without byte-order mark; it is only read,
// needs no NUL behind it, may be NULL when size is 0, and must not lie inside out->data. An array's elements and an
// envelope's alerts are each enriched where they stand. A member of our own name that was there already is replaced;
// every other byte comes out as it went in.
//
// Only LOFPIPE_FAILED leaves *out without the event. *error (may be NULL) is filled for LOFPIPE_BAD and LOFPIPE_CUT
// (what is wrong at which line and column) and LOFPIPE_FAILED; otherwise its code is LOFPIPE_OK.
//
// Any number of threads may call this on one handle at once, each with its own buffer; they get the same bytes as one
// thread alone. A handle keeps scratch (some MiB at most) for as many threads as were ever inside at the same time.
LOFPIPE_API enum lofpipe_outcome lofpipe_enrich(struct lofpipe *handle, const char *event, size_t size,
    struct lofpipe_buffer *out, struct lofpipe_error *error);

// Gives the buffer's memory back and empties it; it may be used again. NULL and an empty buffer are allowed.
LOFPIPE_API void lofpipe_buffer_free(struct lofpipe_buffer *buffer);

// Frees the handle. NULL is allowed. No other call on it may be running or follow; buffers stay valid.
LOFPIPE_API void lofpipe_close(struct lofpipe *handle);

#ifdef __cplusplus
}
#endif

#endif
