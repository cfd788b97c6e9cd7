// The preloaded hash index: keys to notes, words to notes. Read-only once open; any number of threads may look things
// up in it at once. An index is copied into memory, verified whole (checksum over every byte, then every table and
// span), and trusted from then on: look-ups have no error path.
//
// Refuses to know: events, JSON input, ranking. Format: notes/layout.h and lofpipe-index(5).
#ifndef LOF_NOTES_INDEX_H
#define LOF_NOTES_INDEX_H

#include "base/buf.h"
#include "base/err.h"
#include "rules/attack.h"

struct index; // opaque

// Verifies and takes `bytes` (copied: the caller keeps its own). `name` is for messages only. The embedded index is
// index_embedded(). LOF_E_INDEX: not an index, another version, cut, changed, or lying about itself.
enum lof_rc index_load(struct index **out, struct lof_str bytes, const char *name, struct lof_err *e);
enum lof_rc index_open(struct index **out, const char *path, struct lof_err *e);
void index_free(struct index *ix); // NULL is allowed
struct lof_str index_embedded(void);

// "2026.11+9f3a1c2e", or "9f3a1c2e" without a label.
struct lof_str index_version(const struct index *ix);

// What a key can be.
enum key_kind { KEY_TECHNIQUE, KEY_TAG, KEY_RULE_ID, KEY_RULE_NAME };

// Sorted note numbers. Lives as long as the index.
struct posting {
	const uint32_t *v;
	size_t n;
};

// 1 and *out if the index has notes under that key, else 0 and an empty *out. Keys are compared after
// index_normal_key (rule names, tags) or exactly but for ASCII case (rule ids); techniques must be canonical and are
// looked up as such, without family. *slot, if not NULL, gets a number that is the key's alone in this index.
int index_find(const struct index *ix, enum key_kind kind, struct lof_str key, struct posting *out, uint32_t *slot);
int index_find_technique(const struct index *ix, attack_id id, struct posting *out);
// The sub-techniques of `parent` that have notes: ids in order.
size_t index_children(const struct index *ix, attack_id parent, attack_id *out, size_t max);

// The form in which a rule name or tag is compared: lower case, runs of anything but letters, digits and bytes >= 0x80
// made one blank, none at the ends; for rule names the decorations of products ("ESCU - ... - Rule") dropped. Writes
// at most max bytes; returns the length, or 0 if it would not fit or nothing is left.
size_t index_normal_key(enum key_kind kind, struct lof_str key, char *out, size_t max);

// A word that some note can be found by (lower case; the rules for cutting text into words are words.h). Returns the
// word's number from 0, or UINT32_MAX. `hash` is word_hash of the word.
uint32_t index_word(const struct index *ix, uint64_t hash, struct lof_str word);
struct index_word_info {
	struct lof_str text; // safe inside a JSON string
	struct posting notes;
	float idf; // ln(1 + (N - df + 0.5) / (df + 0.5))
};
struct index_word_info index_word_info(const struct index *ix, uint32_t word);

enum { NOTE_PLACEHOLDER = 1, NOTE_DEPRECATED = 2 };
// One note's record. Spans point into the index.
struct index_note {
	struct lof_str head; // ready-made JSON: {"text":"..."       (no closing brace)
	struct lof_str tail; // ready-made JSON: ,"check":"...","source":... }   (with the closing brace)
	struct lof_str text; // as in head, escaped, without quotes
	struct lof_str id;   // safe inside a JSON string
	const attack_id *techniques; // canonical, sorted
	size_t n_techniques;
	uint32_t platforms; // bits of PLATFORM_* below; 0 = any
	uint32_t flags;
	uint32_t words; // how many words the note has, for the length norm
};
size_t index_count(const struct index *ix); // notes
size_t index_word_count(const struct index *ix);
size_t index_key_count(const struct index *ix); // tags, rule ids and rule names
bool index_has(const struct index *ix, enum key_kind kind); // any key of that kind
struct index_note index_note(const struct index *ix, uint32_t no);
// Appends the note as one NDJSON line of a note pack (what `dump` prints and `index --notes` reads), with the newline.
void index_note_source(const struct index *ix, uint32_t no, struct lof_buf *out);

enum {
	PLATFORM_WINDOWS = 1, PLATFORM_LINUX = 2, PLATFORM_MACOS = 4, PLATFORM_ESXI = 8, PLATFORM_CONTAINERS = 16,
	PLATFORM_IAAS = 32, PLATFORM_IDENTITY = 64, PLATFORM_OFFICE = 128, PLATFORM_SAAS = 256, PLATFORM_NETWORK = 512,
	PLATFORM_ANDROID = 1024, PLATFORM_IOS = 2048, PLATFORM_ICS = 4096,
};
// A platform by any of its usual names ("windows", "win", "aws", "azure", "kubernetes", "entra id", "okta", "cisco"
// ...); 0 if unknown.
uint32_t platform_of(struct lof_str name);

#endif
