// One note as it is while an index is built: what importers make and the index writer takes. At run time there are only
// index records (notes/index.h).
#ifndef LOF_NOTES_NOTE_H
#define LOF_NOTES_NOTE_H

#include "base/str.h"
#include "rules/attack.h"

// Lists live in the arena of whoever made the note. Empty spans and zero counts mean "not given".
struct note_list {
	const struct lof_str *v;
	size_t n;
};

// A detection rule that says the note. What speaks for it in an event is kept as words, for the ranking; it is never
// emitted.
struct note_rule {
	struct lof_str id, name, url;
	struct lof_str source;   // the collection it is from: sigma, elastic, splunk ...
	struct lof_str author, license;
	struct lof_str revision; // of the collection or the rule: a commit or a date
	const attack_id *techniques; // as tagged, not yet canonical
	size_t n_techniques;
	struct note_list platforms;
	struct note_list terms; // what its detection looks for
	struct note_list words; // its description
	bool deprecated;        // withdrawn by those who wrote it
};

// A condition of a site's own note, on the values at a path of the event: keys joined by dots, through arrays.
enum condition_kind {
	CONDITION_LITERAL, // the whole value, ASCII case ignored
	CONDITION_WILD,    // the same with * for any run of bytes and ? for any one
	CONDITION_REGEX,   // a PCRE2 pattern, found anywhere in it
	CONDITION_KINDS
};
struct note_condition {
	struct lof_str path, pattern;
	enum condition_kind kind;
};

enum { USUAL_MAX = 4 };
struct note {
	struct lof_str id;   // stable name of the note; made from the text when not given
	struct lof_str text; // one concrete benign cause, UTF-8
	const attack_id *techniques; // as tagged, not yet canonical
	size_t n_techniques;
	struct note_list tags;      // `windows`, `aws`, `_deprecated`, ...
	struct note_list platforms; // as ATT&CK writes them: Windows, Linux, macOS, IaaS, ...
	struct note_list terms;     // what in an event speaks for this note: product, process, service, account
	struct lof_str check;       // what to look at to confirm
	const struct note_rule *rules; // the rules that say it; of the next four they have the note's where p is NULL
	size_t n_rules;
	struct lof_str source, url, author, license;
	// A site's own: on every path that is named one of its conditions must hold; shown before all others.
	const struct note_condition *when;
	size_t n_when;
	struct lof_str owner; // whom to ask
	uint32_t expires;     // from then on it is not shown, seconds since 1970; 0: never
	bool site;            // it is, whether or not it has any of these
	uint8_t usual;    // place among the causes so common that they are shown where the event speaks for none, up to USUAL_MAX; 0: it is none
	bool placeholder; // says nothing ("unknown"): kept, counted, never emitted
};

// Says nothing: "unknown", "none", "unlikely", "n/a", a bare likelihood ...
bool note_is_placeholder(struct lof_str text);

#endif
