// One validating pass over an event: RFC 8259 with UTF-8 (RFC 3629), any depth, any number. No tree, no recursion. It
// walks the path automaton and reports spans; it knows JSON, not alerts.
//
// A bad event is an outcome, not an error: the verdict says so, and where.
//
// A struct scan belongs to one thread and is used for event after event; its lists keep their memory, so that nothing
// is allocated once they have grown to what the stream needs.
#ifndef LOF_JSON_SCAN_H
#define LOF_JSON_SCAN_H

#include "base/str.h"
#include "json/path.h"

enum scan_verdict {
	SCAN_OBJECT, // well-formed, an object
	SCAN_ARRAY,  // well-formed, an array
	SCAN_OTHER,  // well-formed, a string, number or literal
	SCAN_EMPTY,  // nothing but white space
	SCAN_CUT,    // ends too early: more bytes could make it well-formed
	SCAN_BAD,    // no more bytes can
};

enum scan_kind { SCAN_STRING, SCAN_SCALAR, SCAN_CONTAINER }; // SCALAR: number, true, false; null is never reported

// A value at a node that asked for it.
struct scan_hit {
	const char *p; // strings: without the quotes, as written (escapes not decoded)
	uint32_t n;
	path_node node;
	uint8_t kind;
	bool escaped; // holds a backslash
};

// An object at a PATH_OPEN node, or an element of an array that is the whole text: [from, to) with its braces.
struct scan_open {
	uint32_t from, to;
	path_node node; // PATH_ROOT for elements of a top-level array
};

// Bytes that go when a member of our own name is taken away, its comma with it.
struct scan_cut {
	uint32_t from, to;
};

struct scan {
	// out; the lists grow as needed
	struct scan_hit *hits;
	struct scan_open *opens;
	struct scan_cut *cuts; // in order, for the top-level object
	size_t n_hits, n_opens, n_cuts;
	uint32_t insert_at; // object: where a new last member goes: behind the last value that stays, or the opening brace
	bool is_empty;      // object: no member stays, so that no comma is needed
	size_t bad_at;      // BAD, CUT: offset of the first byte that is wrong, or the length
	const char *why;    // BAD, CUT: what was expected there, constant text
	bool in_token;      // CUT: inside a string, number or literal
	// owned
	size_t cap_hits, cap_opens, cap_cuts, cap_nest, cap_seen;
	uint64_t *nest;  // a bit a level: object or array
	uint32_t *seen;  // by node: the object in which a member last led there
	uint32_t serial; // objects so far
	uint64_t *known;          // keys looked up lately (scan.c)
	struct token_index *lines; // of scan_line
	uint32_t known_for;       // the set they are of
	uint32_t forgets; // repeated members in this text: each costs a walk over the hits, so only so many are dealt with
};

enum { SCAN_HITS_MAX = 16384, SCAN_FORGETS_MAX = 256, SCAN_LEVELS = 64 };

// Scans text[0, n). n must be under 4 GiB. `own` is the member name to be reported in cuts (decoded compare), may be
// empty. Hits deeper than SCAN_LEVELS levels are not reported, and no more than SCAN_HITS_MAX; the text is validated
// whatever its depth. Of members with the same name in one object the last counts, as parsers have it; not in loose
// sets, and not told apart from members that lead to the same path by another split of its dots.
enum scan_verdict scan_event(struct scan *s, const struct paths *ps, const char *text, size_t n, struct lof_str own);

// The same for one of the lines that stand behind each other up to `end`: text[n] is a line feed, or text + n is `end`. Short
// ones are indexed together, which saves a twentieth of all at 300 bytes. From the first to the last, or to scan_moved, all
// must stay as they are; which of them are scanned, and what is between those, is the caller's affair.
enum scan_verdict scan_line(struct scan *s, const struct paths *ps, const char *text, size_t n, const char *end,
    struct lof_str own);
void scan_moved(struct scan *s);

// The same for JSON inside a string of the event: hits are added to those there, nothing else is reported. `from` is
// the inner root.
enum scan_verdict scan_inner(struct scan *s, const struct paths *ps, path_node from, const char *text, size_t n);

void scan_free(struct scan *s);

#endif
