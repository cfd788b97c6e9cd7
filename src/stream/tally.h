// What was seen, by format and by technique: for those who want to know which of their producers get no notes, which
// techniques have none, and who still sends retired ids. Bounded: formats are those of the rules, techniques those of the
// ATT&CK table; whatever else comes is counted together. Nothing is allocated while events pass.
//
// One thread.
#ifndef LOF_STREAM_TALLY_H
#define LOF_STREAM_TALLY_H

#include "rules/keys.h"
#include "stream/count.h"

// Outcomes that an event with a format can have: those up to OUT_NO_KEY.
enum { TALLY_OUTCOMES = OUT_NO_KEY + 1, TALLY_FORMATS = 512, TALLY_SLOTS = 4096 };

struct tally_id {
	attack_id id;                  // 0: empty
	uint64_t with, without;        // events that bore it and got notes; and got none
	attack_id became;              // what it was followed to, or 0
	uint64_t retired;              // events that bore it and were followed
};

struct tally_format {
	char *name;
	uint64_t of[TALLY_OUTCOMES];
};

struct tally {
	struct tally_format formats[TALLY_FORMATS]; // by place; the first is for events whose format nobody knows
	size_t n_formats;
	uint16_t place[FORMATS_MAX]; // of a format of the rules in use, by its number
	uint16_t generic;            // place of the generic rule
	struct tally_id ids[TALLY_SLOTS], unknown;
	size_t n_ids;
};

// Ends the process when there is no memory, as arenas do.
struct tally *tally_new(const struct rules *r);
void tally_free(struct tally *t); // NULL is allowed
// The rules in use are these from now on. Counts go on by name.
void tally_rules(struct tally *t, const struct rules *r);

// One event, by what was found in it and what became of it.
void tally_event(struct tally *t, const struct keys *k, enum outcome o);

// In order: formats that came by name (the first of n is the one that nobody knows), ids that came by number. The caller
// frees the list.
const struct tally_format **tally_formats(const struct tally *t, size_t *n);
const struct tally_id **tally_ids(const struct tally *t, size_t *n);

// As members of a JSON object that has some already, each on a line of its own.
void tally_json(const struct tally *t, struct lof_buf *out);

#endif
