// ATT&CK ids: their grammar, the built-in table of v19 (data/attack/techniques.tsv, inside the binary), what retired
// ids became, and names. Knows nothing of events.
//
// The table is read by attack_load, before anything else of this room, and may be replaced by attack_override while
// indexes are opened; every other function here is pure and safe in any thread.
#ifndef LOF_RULES_ATTACK_H
#define LOF_RULES_ATTACK_H

#include "base/err.h"

// A technique id in a word: 0 = none. T1059 is 1059000, T1059.001 is 1059001 (a sub-technique number is never 000);
// ATLAS ids (AML.T0040) carry ATTACK_ATLAS. Ordered as the texts are, ATLAS last.
typedef uint32_t attack_id;
#define ATTACK_ATLAS 0x80000000u
enum { ATTACK_TEXT_MAX = 14 }; // "AML.T0040.001" and a NUL

enum attack_state { ATTACK_UNKNOWN, ATTACK_ACTIVE, ATTACK_DEPRECATED, ATTACK_REVOKED };

struct attack_entry {
	attack_id id;
	attack_id became; // where a revoked id went, followed to its end; else 0
	enum attack_state state;
	char domain; // 'e'nterprise, 'i'cs, 'm'obile
	struct lof_str name, tactics, platforms; // comma-separated lists as in the table; live as long as the process
};

// Reads the built-in table. Fails only on a broken build.
enum lof_rc attack_load(struct lof_err *e);
// Puts lines in the form of data/attack/techniques.tsv over the table: a known id's line is replaced, a new id is added.
// One table serves the whole process; one that was replaced stays in memory, for entries may be held. LOF_E_RULE with
// the line of the resulting table for what is wrong; then nothing changes. (attack_override.c)
enum lof_rc attack_override(struct lof_str lines, struct lof_err *e);
// Takes a whole table in that form, merged of two versions' lines, for the one to use from now on. What does not go
// together is no error: a redirect that then ends at no active technique is none, a sub-technique without its parent is
// left out.
enum lof_rc attack_use(struct lof_str text, struct lof_err *e);
// Back to the built-in table; those over it are freed, and no entry of theirs may be held. For tests.
void attack_forget(void);
// The same in two steps, to load indexes anew: the built-in table is in use again, and the tables over it are kept
// aside, until it is known whether they come back (then those made meanwhile are freed) or are dropped. No other thread
// may be using the table.
struct attack_table;
struct attack_table *attack_aside(void);
void attack_back(struct attack_table *aside);
void attack_drop(struct attack_table *aside);
// Reads a table's text as attack_load would, and forgets it: LOF_E_RULE with the line for what is wrong. For tests and
// for whoever writes the next version's table.
enum lof_rc attack_check_table(struct lof_str text, struct lof_err *e);
// One line of a table, as far as it can be told alone.
enum lof_rc attack_check_line(struct lof_str line, struct lof_err *e);

// The whole span is one id ("T1059", "t1059.001", "AML.T0040"): any case, nothing around it. 0 if it is not.
attack_id attack_parse(struct lof_str s);
// Writes the id in upper case with a NUL; returns its length.
size_t attack_text(attack_id id, char out[ATTACK_TEXT_MAX]);

// T1059.001 -> T1059; a technique is its own parent.
static inline attack_id
attack_parent(attack_id id)
{
	return id - (id & ~ATTACK_ATLAS) % 1000;
}
static inline bool
attack_is_sub(attack_id id)
{
	return (id & ~ATTACK_ATLAS) % 1000 != 0;
}

// The table's entry, or NULL. Binary search.
const struct attack_entry *attack_find(attack_id id);
// Today's id: revoked ids are followed, every other id (unknown ones too) is itself.
attack_id attack_canonical(attack_id id);
// A technique by name, ASCII case ignored and any run of blanks and punctuation taken for one blank: "PowerShell",
// "Valid Accounts: Cloud Accounts" (parent and sub-technique), "CLOUD_ACCOUNTS" (as Google SCC means it). Old names of
// revoked and of renamed ids are known too and are followed. When several techniques bear a name: an active Enterprise
// one comes first, then an old Enterprise one, then those of ICS and Mobile; 0 if that leaves several, or none at all
// (a sub-technique with its parent named is always one).
attack_id attack_by_name(struct lof_str name);
// Is this an ATT&CK tactic: name, slug ("defense-evasion", v19's "stealth" and "defense-impairment" too) or TA id?
bool attack_is_tactic(struct lof_str s);

// All entries in id order, for reports and checks.
const struct attack_entry *attack_all(size_t *count);

#endif
