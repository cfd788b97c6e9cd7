// From the spans the scanner reports to the keys that notes are found by: technique ids (canonical), rule ids and
// names, tags, platform, context.
//
// A struct keys belongs to one thread and is used for event after event. Its spans point into the event or into its own
// scratch, and die with the next event. No allocation once warm.
#ifndef LOF_RULES_KEYS_H
#define LOF_RULES_KEYS_H

#include "json/scan.h"
#include "rules/attack.h"
#include "rules/pattern.h"
#include "rules/rules.h"

enum { TECHNIQUES_MAX = 64, RULES_MAX = 32, TAGS_MAX = 64, CONTEXT_MAX = 96, KEYS_SCRATCH = 64 * 1024 };

struct technique {
	attack_id raw, id; // as tagged; today's
	path_node node;    // where it was found
	bool known;        // to the ATT&CK table
};

struct plan;
struct keys {
	struct technique techniques[TECHNIQUES_MAX]; // by raw id, each once
	size_t n_techniques;
	struct lof_str rule_ids[RULES_MAX], rule_names[RULES_MAX]; // decoded; the most believed first
	uint8_t rule_id_rank[RULES_MAX], rule_name_rank[RULES_MAX];
	path_node rule_id_node[RULES_MAX], rule_name_node[RULES_MAX];
	size_t n_rule_ids, n_rule_names;
	struct lof_str tags[TAGS_MAX];
	size_t n_tags;
	struct lof_str platforms[8];
	size_t n_platforms;
	struct lof_str context[CONTEXT_MAX]; // as written; keys_context decodes it
	bool context_escaped[CONTEXT_MAX];
	path_node context_node[CONTEXT_MAX];
	size_t n_context;
	uint16_t formats[FORMATS_PER_EVENT]; // that matched, most specific first
	uint8_t specificity[FORMATS_PER_EVENT];
	size_t n_formats;
	path_node carrier; // the envelope whose objects are the events, or PATH_DEAD
	bool generic;      // the generic rule found the techniques: nodes are of the loose set
	bool want_rules; // set by the caller: rules and tags are of use even without a technique
	// owned
	char *scratch; // for decoded values: twice the largest event so far
	size_t cap_scratch;
	struct plan *plans;
	size_t n_scratch;
	pcre2_code *patterns[PATTERNS_MAX]; // compiled when first needed
	struct matcher matcher;
	uint64_t regex_limits; // patterns given up on, counted
	struct technique ids[64]; // looked up lately
};

// What was made of an event of the same shape: the same members at the paths the rules know, the same answers where a
// rule's "when" compares values. Producers have few shapes, so the rules are asked once for each.
enum { PLANS = 512, PLAN_HITS = 192, PLAN_STEPS = 256 };
struct plan_step {
	uint8_t hit, role, rank;
	int16_t pattern;
};
struct plan {
	uint64_t values;           // hash of what comparing values gave
	uint16_t shape[PLAN_HITS]; // node and kind of each hit
	uint16_t n_hits, n_steps;  // n_hits 0: empty
	uint16_t formats[FORMATS_PER_EVENT];
	uint8_t specificity[FORMATS_PER_EVENT], n_formats;
	struct plan_step steps[PLAN_STEPS];
};

bool keys_init(struct keys *k);
void keys_free(struct keys *k);

// Fills *k from what scan_event(s, r->typed, text, n, own) reported for an object. May scan again with r->loose when no
// typed rule finds a technique. When k->carrier is not PATH_DEAD on return, the events are the opens of `s` at that
// node and nothing else is filled in.
void keys_find(struct keys *k, const struct rules *r, struct scan *s, const char *text, size_t n, struct lof_str own);

// Of what scan_event(s, r->typed, ...) reported for the first n bytes of an object that is longer: the node at which its
// events stand, or PATH_DEAD if it does not look like an envelope so far. Fills in nothing.
path_node keys_carrier(struct keys *k, const struct rules *r, struct scan *s, size_t n);

// Decodes the context in place, for those who want to understand it; the values as written are enough to tell whether
// an event has been seen before. What cannot be decoded is empty.
void keys_context(struct keys *k);

#endif
