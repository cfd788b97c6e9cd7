// Does the right note come first? What the notes in the program make of the cases in this folder, for the table that
// `make relevance` prints and for tests/unit/test_relevance.c, which holds its figures.
//
// rules.ndjson is a note pack as an importer would make it of detection rules. cases.ndjson has a case a line: an alert;
// the ids of the notes that are right, first that of the rule which fired; and the JSON pointers (without escapes) at which
// the rule's id, and its name and description, stand in the alert. Candidates are the notes in the program and the pack.
//
// One thread. Ends the process with a message when a file is not as it should be: it is ours.
#ifndef LOF_TESTS_MEASURE_H
#define LOF_TESTS_MEASURE_H

#include "stream/enrich.h"

#include <jansson.h>

#define RELEVANCE_CASES "tests/relevance/cases.ndjson"
#define RELEVANCE_RULES "tests/relevance/rules.ndjson"

// What is left of the alert. Each knows less than the one before.
enum variant {
	BY_ID,        // all of it
	BY_NAME,      // not the rule's id
	BY_EVENT,     // nor its name and description
	BY_TECHNIQUE, // {"mitre_techniques":[...]}
	VARIANTS
};
extern const char *const variant_names[VARIANTS];

enum { CASES_MAX = 512, SHOWN = 5 };

struct relevance_case {
	json_t *json; // the line
	const char *name, *producer, *platform;
	bool hard;             // few words in common with the right note and its rule, or misleading ones
	size_t rank[VARIANTS]; // of the first right note, from 1; 0: not asked, the alert has no id or no name
	size_t alphabetical;   // the same among all notes of the technique in the order of their texts
};

struct relevance {
	struct rules *rules;
	struct book book;
	struct engine engine[2]; // one that shows five notes, one that shows all
	struct enricher enricher[2];
	json_t *texts; // of the notes in the pack, by id
	json_t *pack;  // its lines
	struct relevance_case cases[CASES_MAX];
	size_t n;
};

// Opens rules and notes, reads the cases and ranks them all. `indexes` are added to the candidates; may be NULL.
void relevance_run(struct relevance *r, const char *const *indexes, size_t n);
void relevance_free(struct relevance *r);

// What is left of the case's alert: a new reference.
json_t *relevance_alert(const struct relevance_case *c, enum variant v);
// The "lofp" of that, with five notes or with all: a new reference, NULL where there is none.
json_t *relevance_member(struct relevance *r, const struct relevance_case *c, enum variant v, bool all);

// The first right note among these, or NULL.
const json_t *relevance_right(const struct relevance *r, const struct relevance_case *c, const json_t *notes);

// Over the cases that were asked and that `of` (NULL: all) names as their producer or platform, or calls "hard".
struct score {
	size_t n, first, shown; // cases; right note first; right note among the five
	double reciprocal;      // sum of 1 / rank
};
struct score relevance_score(const struct relevance *r, enum variant v, const char *of);
struct score relevance_alphabetical(const struct relevance *r);

#endif
