// The open indexes taken as one: what --index adds to the built-in notes. Read-only once filled; shared by threads.
#ifndef LOF_NOTES_BOOK_H
#define LOF_NOTES_BOOK_H

#include "notes/site.h"

enum { BOOK_MAX = 16 };

// What ranking asks of every note, side by side.
struct note_facts {
	float scale;  // its evidence is multiplied by: long notes have more words to meet by chance
	float said;   // 0 to 1: how much it says
	uint32_t platforms, flags;
	uint32_t same; // the first note of the book with this text: itself, unless an index before had it
};

// An id that an index has notes under, and that became another since.
struct stale {
	uint32_t index;
	attack_id was, now;
};

struct book {
	struct index *ix[BOOK_MAX];   // owned
	struct note_facts *facts;     // by note
	float *rule_scale;            // by rule, as note_facts.scale
	struct {
		uint32_t word, bits;
	} *marks;                     // words of the indexes that tell a platform
	size_t n_marks;
	struct stale *stale;
	size_t n_stale;
	uint32_t note_base[BOOK_MAX + 1]; // number of the index's first note, counted through
	uint32_t rule_base[BOOK_MAX + 1];
	uint32_t word_base[BOOK_MAX + 1];
	size_t n;
	struct site site;     // the notes that are a site's own
	char version[BOOK_MAX * 80]; // of all, joined by blanks
	struct word_uses {
		uint32_t all : 31; // how many notes and rules have it
		uint32_t is_term : 1; // of some note
	} *word_uses;         // by word
	uint64_t *wanted;     // sketches of all words (words.h)
	uint64_t *rule_ids;   // sketches of all rule ids (book_may_know)
	unsigned longest_row; // of digits in any word
	unsigned digit_run;   // no word has so many digits in a row (at least 3); 0: some have more than 7
	uint8_t kinds[BOOK_MAX]; // of each index: bits, by enum key_kind, which keys it has
	bool has_tags, has_rules; // some note can be found by such a key
};

// The built-in index unless `no_default`, then the files. On an error what was added stays; book_free all the same.
enum lof_rc book_open(struct book *b, bool no_default, const char *const *paths, size_t n, struct lof_err *e);

// Takes the index over. LOF_E_INDEX when there are BOOK_MAX already or a note's condition cannot be asked, LOF_E_RULE when
// the ATT&CK table it brings is bad.
enum lof_rc book_add(struct book *b, struct index *ix, struct lof_err *e);
void book_free(struct book *b);

// Might an index know this rule id? Never no of one that is known; of others some get a yes, one in 300 beside 7,000
// known ones. Many producers put an id of the alert where others have that of the rule, and to look each up would cost
// more than all the rest.
bool book_may_know(const struct book *b, uint64_t id);
// What stands for the id there. What will be looked at is sent for: whoever has something else to do does it in between.
uint64_t book_id(const struct book *b, struct lof_str rule_id);

// The index that holds a note, rule or word, by its number counted through.
static inline size_t
book_of(const uint32_t *base, size_t n, uint32_t no)
{
	size_t i = n - 1;
	while (i > 0 && no < base[i])
		i--;
	return i;
}

struct index_note book_note(const struct book *b, uint32_t no);
struct index_facts book_facts(const struct book *b, uint32_t no);
struct index_rule book_rule(const struct book *b, uint32_t no);

#endif
