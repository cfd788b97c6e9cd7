// A site's own notes: which of them an event meets. Knows conditions, values at paths and the time; not what else speaks
// for a note, nor in which order notes go.
//
// A struct site is made with the book and read-only from then on; a struct when belongs to one thread. Once warm nothing
// is allocated.
#ifndef LOF_NOTES_SITE_H
#define LOF_NOTES_SITE_H

#include "base/arena.h"
#include "json/scan.h"
#include "notes/index.h"
#include "rules/pattern.h"

struct site_condition {
	path_node node;
	uint32_t kind;          // enum condition_kind
	struct lof_str path;    // escaped for JSON
	struct lof_str pattern; // decoded
	pcre2_code *code;       // CONDITION_REGEX
};

struct site_note {
	uint32_t note;     // number in the book
	uint32_t first, n; // its conditions: those with one path are alternatives, and lie together
	uint32_t expires;  // seconds since 1970; 0: never
	bool anywhere;     // it names no technique, rule or tag: any event that has one may meet it
};

struct site {
	struct lof_arena arena;
	struct paths *paths; // NULL: no conditions
	struct site_note *notes; // ascending by note
	size_t n;
	struct site_condition *conditions;
	size_t n_conditions;
	bool every_event;        // some note is not found by a technique
	uint64_t families[10000 / 64 + 1]; // of the techniques that the others are found by: T1059 and all below it
};

// Makes *s, zero or made before, of the site's notes in n indexes, whose notes are counted on from base[i]. Patterns are
// compiled here: LOF_E_INDEX when one does not, or a path is none.
enum lof_rc site_make(struct site *s, struct index *const *ix, const uint32_t *base, size_t n, struct lof_err *e);
void site_free(struct site *s);

// May an event with this technique (canonical) meet a condition?
static inline bool
site_has_family(const struct site *s, attack_id id)
{
	uint32_t family = (id & ~ATTACK_ATLAS) / 1000;
	return s->families[family / 64] >> family % 64 & 1;
}
// The first expiry after `now`, or UINT32_MAX.
uint32_t site_next_expiry(const struct site *s, uint32_t now);

struct when {
	const struct site *site;
	struct scan scan; // of the event in hand: what stands at the paths
	struct matcher matcher;
	struct lof_buf scratch;
	bool *given_up;   // by condition: its pattern came to a limit and is not asked again
	uint32_t *troubles; // the conditions given up, in the order in which it happened
	size_t n_troubles, n_told; // of them the caller has told so many
	uint64_t limits;  // as counted for the rules' patterns
};

// False when there is no memory; when_free all the same.
bool when_init(struct when *w, const struct site *s);
void when_free(struct when *w);
// Looks at an event: well-formed, an object, text[0, n) valid until the last question is asked.
void when_look(struct when *w, const char *text, size_t n);
// Do the conditions of the site's note `no` hold for it?
bool when_holds(struct when *w, size_t no);
// Do those at the path of its condition `first`, which is the first of that path?
bool when_path_holds(struct when *w, size_t no, size_t first);
#endif
