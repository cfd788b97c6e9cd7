// The preloaded hash index: keys to notes, words to notes. Read-only once open; any number of threads may look things
// up in it at once. An index is copied into memory, verified whole (checksum over every byte, then every table and
// span), and trusted from then on: look-ups have no error path.
//
// Refuses to know: events, JSON input, ranking. Format: notes/layout.h and lofpipe-index(5).
#ifndef LOF_NOTES_INDEX_H
#define LOF_NOTES_INDEX_H

#include "base/buf.h"
#include "base/err.h"
#include "notes/note.h"
#include "rules/attack.h"

struct index; // opaque

// Verifies and takes `bytes` (copied: the caller keeps its own). `name` is for messages only. LOF_E_INDEX: not an index,
// another version, cut, changed, or lying about itself.
enum lof_rc index_load(struct index **out, struct lof_str bytes, const char *name, struct lof_err *e);
enum lof_rc index_open(struct index **out, const char *path, struct lof_err *e);
void index_free(struct index *ix); // NULL is allowed

// The index inside the program. It is trusted as the program itself is, unless it is to be verified `whole`. A program that
// is being built has none yet.
bool index_has_builtin(void);
enum lof_rc index_builtin(struct index **out, bool whole, struct lof_err *e);
// Appends an index in the form in which the program holds it. For the build.
enum lof_rc index_pack(struct lof_str index, struct lof_buf *out, struct lof_err *e);

// "2026.11+9f3a1c2e", or "9f3a1c2e" without a label.
struct lof_str index_version(const struct index *ix);

// What a key can be.
enum key_kind { KEY_TECHNIQUE, KEY_TAG, KEY_RULE_ID, KEY_RULE_NAME };

// Sorted numbers of notes or rules. Lives as long as the index.
struct posting {
	const uint32_t *v;
	size_t n;
};

// 1 and *out if the index has that key, else 0 and an empty *out: the notes of a technique or tag, the rules of a rule id
// or name. Keys are compared after index_normal_key (rule names, tags) or exactly but for ASCII case (rule ids);
// techniques must be canonical and are looked up as such, without family. *slot, if not NULL, gets a number that is the
// key's alone in this index.
int index_find(const struct index *ix, enum key_kind kind, struct lof_str key, struct posting *out, uint32_t *slot);
// `rules`, if not NULL, gets the rules of the technique; each of the two may be empty.
int index_find_technique(const struct index *ix, attack_id id, struct posting *notes, struct posting *rules);
// The first technique above `after` that has notes, or 0: a technique's sub-techniques come right behind it.
attack_id index_next_technique(const struct index *ix, attack_id after);

// The form in which a rule name or tag is compared: lower case, runs of anything but letters, digits and bytes >= 0x80
// made one blank, none at the ends; for rule names the decorations of products ("ESCU - ... - Rule") dropped. Writes
// at most max bytes; returns the length, or 0 if it would not fit or nothing is left.
size_t index_normal_key(enum key_kind kind, struct lof_str key, char *out, size_t max);

// A word that some note can be found by (lower case; the rules for cutting text into words are words.h). Returns the
// word's number from 0, or UINT32_MAX. `hash` is word_hash of the word.
uint32_t index_word(const struct index *ix, uint64_t hash, struct lof_str word);
struct index_word_info {
	struct lof_str text; // safe inside a JSON string
	struct posting in; // number << WORD_FIELD_BITS | fields: notes, then rules counted on behind the last note
	float idf; // ln(1 + (N - df + 0.5) / (df + 0.5)), N notes and rules
	bool is_term; // of some note
};
// Where in a note, or in what is kept of a rule, a word stands; several may be set.
enum { WORD_FIELD_BITS = 3, WORD_FIELDS = 7, WORD_TEXT = 1, WORD_TERM = 2 };
enum { WORD_SOUGHT = 1, WORD_NAME = 2, WORD_DESCRIBES = 4 }; // what the rule looks for, its name, its description
struct index_word_info index_word_info(const struct index *ix, uint32_t word);

enum { NOTE_PLACEHOLDER = 1, NOTE_DEPRECATED = 2, NOTE_SITE = 4, NOTE_TERMS = 8 };
// Flags also hold its place among the usual causes of a technique, 1 to USUAL_MAX; 0: it is none.
enum { NOTE_USUAL_SHIFT = 5 };
static inline unsigned
note_usual(uint32_t flags)
{
	return flags >> NOTE_USUAL_SHIFT;
}
// One note's record. Spans point into the index.
struct index_note {
	struct lof_str head;  // ready-made JSON: {"text":"...", without a closing brace
	struct lof_str check; // ready-made JSON: ,"check":"...", or empty
	struct lof_str owner; // ready-made JSON: ,"owner":"...", or empty
	struct lof_str tail;  // ready-made JSON: ,"source":... }, with the closing brace; a rule's tail may stand in its place
	struct lof_str text;  // as in head, escaped, without quotes
	struct lof_str id;    // safe inside a JSON string
	struct lof_str tags;  // ready-made JSON: ,"tags":[...], or empty
	const attack_id *techniques; // canonical, sorted
	size_t n_techniques;
	struct posting rules; // that say it
	uint32_t platforms; // bits of PLATFORM_* below; 0 = any
	uint32_t own_platforms; // without those of its rules
	uint32_t flags;
	uint32_t words; // how many words the note has, for the length norm
	uint32_t sources; // how many collections say it
	uint32_t expires; // from then on it is not to be shown, seconds since 1970; 0: never
	uint64_t stems;   // twin_stems of the text (twin.h)
	uint64_t fold;  // of the text in lower case, before escaping: equal texts have equal ones
};
size_t index_count(const struct index *ix); // notes
size_t index_rule_count(const struct index *ix);
size_t index_word_count(const struct index *ix);
size_t index_key_count(const struct index *ix); // tags, rule ids and rule names
bool index_has(const struct index *ix, enum key_kind kind); // any key of that kind
// The keys of a kind are *first to *first + n - 1; returns n. And the text of one, in its normal form.
size_t index_keys(const struct index *ix, enum key_kind kind, uint32_t *first);
struct lof_str index_key(const struct index *ix, uint32_t no);
struct index_note index_note(const struct index *ix, uint32_t no);
// Of it what every note is asked for when a book is opened.
struct index_facts {
	uint32_t platforms, flags, words, sources;
	uint64_t fold, stems;
};
struct index_facts index_facts(const struct index *ix, uint32_t no);

// What must hold of an event before a site's note is shown (notes/note.h); path and pattern are escaped for JSON.
struct index_condition {
	uint32_t note, kind;
	struct lof_str path, pattern;
};
size_t index_condition_count(const struct index *ix);
// In the order of their notes.
struct index_condition index_condition(const struct index *ix, uint32_t no);

enum { RULE_DEPRECATED = 1 };
enum rule_part { RULE_SOURCE, RULE_NAMED, RULE_AUTHOR, RULE_FOLDER, RULE_FILE, RULE_END, RULE_PARTS };
// One rule's record.
struct index_rule {
	struct lof_str part[RULE_PARTS]; // one behind the other ready-made JSON: ,"source":"...","rule":"..." ... }
	struct lof_str id, name; // escaped, without quotes; may be empty
	const attack_id *techniques; // canonical, sorted
	size_t n_techniques;
	struct posting notes; // that it says
	uint32_t platforms, flags, words;
};
struct index_rule index_rule(const struct index *ix, uint32_t no);
uint32_t index_rule_words(const struct index *ix, uint32_t no); // its `words` alone
struct posting index_rule_notes(const struct index *ix, uint32_t no); // and its `notes`

// Lines of an ATT&CK table (rules/attack.h) that the index was made with and that override the built-in ones; or empty.
struct lof_str index_attack(const struct index *ix);

// Appends what the index was made of, as a note pack: a line for each technique of its ATT&CK table, then one for each
// note. What `dump` prints; `index --notes` makes the same index of it.
void index_dump(const struct index *ix, struct lof_buf *out);

enum {
	PLATFORM_WINDOWS = 1, PLATFORM_LINUX = 2, PLATFORM_MACOS = 4, PLATFORM_ESXI = 8, PLATFORM_CONTAINERS = 16,
	PLATFORM_IAAS = 32, PLATFORM_IDENTITY = 64, PLATFORM_OFFICE = 128, PLATFORM_SAAS = 256, PLATFORM_NETWORK = 512,
	PLATFORM_ANDROID = 1024, PLATFORM_IOS = 2048, PLATFORM_ICS = 4096,
	// Whose cloud, beside what of it: Azure is all of Microsoft's (Entra ID, Microsoft 365), GCP all of Google's.
	PLATFORM_AWS = 8192, PLATFORM_AZURE = 16384, PLATFORM_GCP = 32768, PLATFORM_OKTA = 65536, PLATFORM_GITHUB = 131072,
	PLATFORM_CLOUDS = PLATFORM_AWS | PLATFORM_AZURE | PLATFORM_GCP | PLATFORM_OKTA | PLATFORM_GITHUB,
	PLATFORM_ALL = 262143,
};

// Words that tell a platform wherever they stand, in byte order.
struct platform_mark {
	const char *word;
	uint32_t bits;
};
extern const struct platform_mark platform_marks[];
extern const size_t n_platform_marks;
// A platform by any of its usual names ("windows", "win", "aws", "azure", "kubernetes", "entra id", "okta", "cisco"
// ...); 0 if unknown.
uint32_t platform_of(struct lof_str name);
// The platform that a path or host name in an event is of ("C:\\Windows\\...", "/usr/bin/...", "s3.amazonaws.com"); 0: none.
uint32_t platform_seen(struct lof_str value);
// What ATT&CK calls the platform of one bit; platform_of knows it.
const char *platform_name(uint32_t bit);

#endif
