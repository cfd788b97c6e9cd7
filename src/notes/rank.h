// Which notes, and in which order: the few that fit an event best.
//
// A query is what decides: techniques, rules and tags that the indexes know, and those words of the event's context
// that some note has. Two events with the same query get the same notes, so the query is also the key under which the
// caller may keep an answer.
//
// A struct ranker belongs to one thread; after rank_init nothing is allocated.
#ifndef LOF_NOTES_RANK_H
#define LOF_NOTES_RANK_H

#include "notes/book.h"

// What the event is known by; spans and arrays belong to the caller.
struct query_in {
	const attack_id *techniques; // canonical
	size_t n_techniques;
	const struct lof_str *rule_ids, *rule_names, *tags, *platforms, *context;
	const struct lof_str *producers; // names of the format rules that matched: some are of one platform
	const bool *context_escaped; // by value: it is the inside of a JSON string, with escapes; NULL: none is
	const uint64_t *context_sums; // by value: what tells its first CONTEXT_BYTES apart, digits that are part of no word
	                              // (book.digit_run) and `escaped` considered; nobody outside can choose it. NULL: each is new
	size_t n_rule_ids, n_rule_names, n_tags, n_platforms, n_context, n_producers;
};

// Of one value of the context so many bytes are looked at, for words and platforms: what a script or an encoded command says behind them is
// noise, and an attacker's to fill.
enum { CONTEXT_BYTES = 512 };

enum { QUERY_MAX = 256, WHY_MAX = 5, WORDS_MAX = 128, CHOSEN_MAX = 64 };

// Why a note is there at all. In descending belief.
enum match {
	MATCH_SITE,      // a site's own, whose conditions hold
	MATCH_RULE,      // the very rule, by its id
	MATCH_NAMED,     // or by its name
	MATCH_SUB,       // the event's own sub-technique
	MATCH_TECHNIQUE, // the event's own technique
	MATCH_CHILD,     // a sub-technique of the event's technique
	MATCH_PARENT,    // the technique above the event's sub-technique
	MATCH_TAG,
	MATCH_COUNT
};
const char *match_name(enum match m); // "site", "rule" (also by name), "sub-technique" (also of a child), "technique", "parent", "tag"

enum { NO_RULE = UINT32_MAX };
struct pick {
	uint32_t note;       // number in the book
	uint32_t rule;       // likewise: the rule that says it and fits best, or NO_RULE
	float score;         // 0 to 1
	enum match match;
	uint32_t site;       // MATCH_SITE: number in book.site
	attack_id technique; // of the note, by which it was found; 0 for rules and tags
	uint32_t why[WHY_MAX]; // words of the book, most telling first
	uint32_t n_why;
};

// The notes that fit some techniques, rules and tags, before any word is looked at. A stream has few such sets, so
// those last used are kept.
enum { LN_KEPT = 256 };
enum { SETS = 128, SET_WAYS = 4, SET_KEY = 40, SET_BEST = 16 };
struct note_set {
	uint32_t key[SET_KEY]; // head of the query: all but the words
	uint32_t n_key;        // 0: empty
	uint32_t used;         // in which event, last
	uint32_t total, placeholders, rules;
	uint32_t ln_notes, ln_rules; // ln of 2 n + 2, of all its notes and rules (base/ln.h)
	uint32_t best[SET_BEST], n_best; // those that go first when no word speaks
	uint8_t *match;        // by note: 0, or its enum match + 1
	uint64_t *fits;        // bits, numbered as words' lists are (post_base): the notes with a match, the rules whose words count
};

// Two notes, and whether they say nearly the same (twin.h): the best of one technique are the same few again and again.
struct twin_pair {
	uint32_t a, b; // both 0: empty
	bool twins;
};
enum { TWIN_PAIRS = 1024 };

// What the words of the event say for a note: those in itself, and those in the best single rule of it.
struct evidence {
	uint64_t words; // bits: which of the event's words stand in it
	float own, rules;
	float named; // of own what the words of its terms say
	uint32_t rule;
};
struct rule_evidence {
	uint64_t words;
	float weight;
};

struct ranker {
	const struct book *book;
	// the query, in a form that can be compared: kinds and numbers
	uint32_t query[QUERY_MAX];
	size_t n_query, n_head;  // all; without the words
	bool too_long; // the query did not fit: rank it, but keep no answer under it
	uint32_t words[WORDS_MAX]; // of the event, the most telling ones, by number
	struct index_word_info info[WORDS_MAX]; // of those words
	size_t n_words;
	struct {
		enum key_kind kind;
		uint32_t index;
		struct posting of; // rules of a rule's id or name, notes of a tag
	} keys[32]; // known rules and tags
	size_t n_keys;
	attack_id techniques[64];
	size_t n_techniques;
	uint32_t platforms;
	uint32_t *site; // the site's notes to be shown, by number in book.site
	size_t n_site;
	struct pick *site_picks;
	size_t expired; // that would be too, but for their time
	// the answer
	struct pick *picks; // the best, in order
	size_t n_picks;
	bool left_weak;      // notes for which little speaks were left out
	size_t total;        // notes that fit, before the cut and before twins are shown as one
	size_t placeholders; // notes that say nothing, among those that would fit
	// owned
	struct note_set sets[SETS];
	uint32_t ln[LN_KEPT];    // of 2 m + 1, by m (base/ln.h)
	struct twin_pair pairs[TWIN_PAIRS];
	struct memo *memo;       // words of values seen before
	uint64_t *word_marks;    // bits: words of the event in hand; none but while it is read
	uint32_t *note_mark, epoch; // marks of the event in hand, by note
	struct evidence *evidence; // by note, where marked
	uint32_t *touched;       // the marked ones
	size_t n_touched;
	uint32_t *rule_mark;     // as note_mark
	struct rule_evidence *rule_evidence; // by rule, where marked
	uint32_t *rules_touched;
	size_t n_rules_touched;
};

// For rank_init: what rank_query remembers of values seen before, with room for lists of words in its ring. NULL: no memory.
// To be given to free().
struct memo *rank_memo_new(const struct book *b);
// The book must outlive the ranker and not grow. False when there is no memory.
bool rank_init(struct ranker *r, const struct book *b);
void rank_free(struct ranker *r);

// Makes the query. False when no index knows anything of the event and it has no technique: nothing to add.
bool rank_query(struct ranker *r, const struct query_in *in);
// Adds the site's own notes to the query: those that fit it, whose conditions hold for the event that `w` looks at (NULL:
// whether or not they hold), and whose time is not over at `now` (seconds since 1970).
void rank_site(struct ranker *r, struct when *w, uint32_t now);
// Would the site's note `no` fit the query, but for its conditions and its time?
bool rank_site_fits(struct ranker *r, uint32_t no);
// Adds what else decides how the caller writes the answer, so that it is part of the key.
void rank_query_put(struct ranker *r, uint32_t v);
struct wanted {
	size_t max;  // 0: all
	size_t weak; // of those for which little speaks so many, and none where more speaks for others; from max on, and where the
	             // event has nothing to go by, they are as good as all
	float score; // leave out what has less
};
// Answers it: the best notes, as many as wanted.
void rank_answer(struct ranker *r, const struct wanted *w);

// How a pick of the last answer came by its score, for people. A site's note may have more words than told.
struct reckoned {
	uint32_t word; // of the book
	float in_note, in_rule; // what it tells, where it stands in the note and in the pick's rule
};
struct reckoning {
	float from, to;  // what notes with its match can have
	float evidence;  // the sum of all words
	float said;      // 0 to 1: how much it says, and how many say it
	bool elsewhere;  // it is about another platform
	struct reckoned words[CHOSEN_MAX];
	size_t n_words;
};
void rank_reckon(struct ranker *r, const struct pick *p, struct reckoning *out);

struct lof_str rank_word(const struct ranker *r, uint32_t word);

#endif
