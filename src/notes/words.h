// Cuts text into the words that notes and events are compared by. The index writer and the ranker must cut alike, so
// both do it here.
//
// A word is a run of ASCII letters, digits, bytes >= 0x80 and the joiners . _ - inside it, ASCII-lowered, joiners
// trimmed from both ends, 2 to 64 bytes. The dashes, quotes and blanks of Unicode (U+0080-00BF, U+2000-207F) end a run
// like those of ASCII. A run with a joiner yields itself and each of its parts ("powershell.exe" gives powershell.exe
// and powershell, "i-0abc" gives i-0abc and 0abc); the extensions exe, dll, com and sys are no parts. Skipped are pure
// numbers, hex runs of 16 and more digits (hashes, and GUIDs with all their parts: they never recur), and stop words
// (word_is_stop). A word may hold broken UTF-8 if the text does.
#ifndef LOF_NOTES_WORDS_H
#define LOF_NOTES_WORDS_H

#include "base/str.h"

// The same on every machine: indexes hold it.
uint64_t word_hash(struct lof_str lower_word);
bool word_is_stop(struct lof_str lower_word);

// A number under WORD_SKETCHES that a word and its lower-case form share: cheap to have, so that with a bit for each
// word that matters most of an event's words are put aside before they are lowered and hashed.
enum { WORD_SKETCHES = 1 << 16 };
uint32_t word_sketch(struct lof_str word);

// Walks s; calls each(arg, word, hash) for every word, in order, repeats included. The word is lower-case and lives
// only during the call. With `wanted` (a bit for each sketch; NULL: all) only words whose bit is set. No allocation.
void words_each(struct lof_str s, const uint64_t *wanted, void (*each)(void *arg, struct lof_str word, uint64_t hash),
    void *arg);

#endif
