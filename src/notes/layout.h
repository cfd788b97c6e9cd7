// The bytes of an index file: what write.c lays out and index.c verifies. lofpipe-index(5) says the same to others.
//
//	  0 +----------------------+
//	    | magic      "lofindex"|
//	  8 | checksum         u64 |  lof_checksum of every byte from 16 to the end
//	 16 | version          u32 |  4
//	 20 | sections         u32 |  14
//	 24 | size             u64 |  of the whole file
//	 32 | label       64 bytes |  printable ASCII without '"' and '\', NUL-padded, the last byte NUL
//	 96 | section table        |  14 x { offset u32, count u32, item u32, seed u32 }
//	320 +----------------------+
//	    | 0 notes              |  76 bytes each, in the order of their folded texts
//	    | 1 rules              |  68 bytes each, in the order of their sources, ids and names
//	    | 2 pieces             |   8 bytes each: text that many rules share
//	    | 3 ids                |   4 bytes each: canonical ids of note 0, of note 1, ..., then of rule 0, ...
//	    | 4 note rules         |   4 bytes each: rules of note 0, of note 1, ...
//	    | 5 techniques         |  20 bytes each: id and postings, ascending by id
//	    | 6 keys               |  20 bytes each: tags, rule ids, rule names; ascending by text
//	    | 7 key table          |   8 bytes a slot
//	    | 8 words              |  20 bytes each, ascending by text
//	    | 9 word table         |   8 bytes a slot
//	    |10 postings           |   4 bytes each: every list strictly ascending
//	    |11 conditions         |  24 bytes each: of note 0, of note 1, ...; a note's ascending by path, kind, pattern
//	    |12 attack             |  bytes: lines of an ATT&CK table (rules/attack.h)
//	    |13 pool               |  bytes: head, check, owner, id and tags of each note, name and file of each rule,
//	    |                      |  pieces, key texts, word texts, path and pattern of each condition
//	size+----------------------+
//
// All numbers are little-endian. Sections stand in this order, each at the next multiple of 8; what is between is zero.
// `item` is the size of one item, `seed` is 0 but for the two tables. Spans into the pool, the postings, the ids
// and the note rules are laid end to end in the order of the items that name them: nothing overlaps and nothing is left over,
// so that verifying costs one pass however the numbers lie.
//
// A table is open addressing over 2^bits homes and has 2^bits + 15 slots, so that no run wraps. The home of a text comes
// from its hash and the seed (layout_mix); its entry stands there or in one of the 15 slots behind, with no empty slot
// between. The writer tries seeds until that holds, so a look-up reads at most 128 bytes whoever chose the keys.
//
// To add data: a new section behind the words' and a new version number. A reader refuses versions it does not know.
#ifndef LOF_NOTES_LAYOUT_H
#define LOF_NOTES_LAYOUT_H

#include "base/hash.h"

#include <stddef.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "index records are read as they stand in the file");

#define LAYOUT_MAGIC "lofindex"
#define LAYOUT_IS_TERM 0x80000000u // of a word: some note has it in its terms

enum { LAYOUT_VERSION = 4, LAYOUT_PROBE = 16, LAYOUT_LABEL = 64, LAYOUT_CHECKED_FROM = 16 };
// The longest rule name, rule id or tag, normalised, that is kept and can be looked up.
enum { KEY_TEXT_MAX = 500 };

enum layout_part {
	PART_NOTES,
	PART_RULES,
	PART_PIECES,
	PART_IDS,
	PART_NOTE_RULES,
	PART_TECHNIQUES,
	PART_KEYS,
	PART_KEY_TABLE,
	PART_WORDS,
	PART_WORD_TABLE,
	PART_POSTINGS,
	PART_CONDITIONS,
	PART_ATTACK,
	PART_POOL,
	PARTS,
};

struct layout_section {
	uint32_t offset; // from the start of the file, a multiple of 8
	uint32_t count;  // items
	uint32_t item;   // bytes of one item
	uint32_t seed;   // of a table
};

struct layout_header {
	char magic[8];
	uint64_t checksum;
	uint32_t version;
	uint32_t sections;
	uint64_t size;
	char label[LAYOUT_LABEL];
	struct layout_section part[PARTS];
};

struct layout_span {
	uint32_t off, n; // into the pool, the postings, the ids or the note rules
};

struct layout_note {
	uint32_t at;              // pool: where head, check, owner, id and tags stand, one behind the other
	uint32_t head_n;          // {"text":"..."
	uint32_t check_n;         // ,"check":"..."
	uint32_t owner_n;         // ,"owner":"..."
	uint32_t id_n;            // the id as it is
	uint32_t tags_n;          // ,"tags":[...]
	uint32_t own;             // piece: ,"source":"..." ... }, for a note that no rule says
	struct layout_span ids;   // canonical techniques
	struct layout_span rules; // note rules, ascending
	uint32_t platforms;       // PLATFORM_* of notes/index.h; 0 = any
	uint32_t own_platforms;   // those that are its own, not its rules'
	uint32_t expires;         // seconds since 1970; 0: never
	uint8_t flags;            // NOTE_* of notes/index.h
	uint8_t sources;          // that say it, by name; 255 and more are 255
	uint16_t words;           // how many words lead to this note; 65535 and more are 65535
	uint32_t fold_low, fold_high; // lof_hash(0, text in lower case): tells equal texts of two indexes
	uint32_t stems_low, stems_high; // twin_stems of the text: tells texts that say nearly the same
};

// What an event shows of a rule is source, named, author, folder, file and end, one behind the other. Most of it is the
// same in many rules and kept once.
struct layout_rule {
	uint32_t source;          // piece: ,"source":"..."
	uint32_t author;          // piece: ,"author":"..."
	uint32_t folder;          // piece: ,"url":"https://.../ without its end
	uint32_t end;             // piece: ,"license":"..."}
	uint32_t rest;            // piece: members that only a source line has
	struct layout_span named; // pool: ,"rule":"..." ,"rule_id":"..."
	struct layout_span file;  // pool: the rest of the address and its quote; without a folder ,"url":"..." or nothing
	struct layout_span ids;   // canonical techniques
	struct layout_span notes; // postings: the notes it says
	uint32_t name_n;          // how many bytes of `named` are ,"rule":"..."
	uint32_t platforms;       // as a note's
	uint32_t flags;           // RULE_* of notes/index.h
	uint32_t words;           // how many words lead to this rule
};
enum { NO_PIECE = 0 }; // pieces are counted from 1

struct layout_technique {
	uint32_t id;              // attack_id
	struct layout_span notes; // postings
	struct layout_span rules;
};

struct layout_text { // a key or a word
	struct layout_span text;    // pool; a key's text begins with the letter of its kind (layout_kind)
	struct layout_span posting; // notes of a tag, rules of a rule id or name; of a word: notes and rules (layout_post)
	uint32_t idf;               // words: ln((2N + 2) / (2df + 1)) in 1/65536, N notes and rules, and LAYOUT_IS_TERM; keys: 0
};

// In a word's posting: the number of a note, or of a rule behind all notes, and in which of its fields the word stands.
enum { POST_BITS = 3, POST_FIELDS = 7 };
static inline uint32_t
layout_post(uint32_t no, unsigned fields)
{
	return no << POST_BITS | fields;
}

struct layout_condition {
	uint32_t note;
	uint32_t kind;               // enum condition_kind
	struct layout_span path;     // pool: the inside of a JSON string and the quote behind it
	struct layout_span pattern;  // likewise
};

struct layout_slot {
	uint32_t tag;    // low half of layout_mix; tells most others apart without reading their text
	uint32_t number; // of the key or word, from 1; 0 = empty (tag 0 too)
};

_Static_assert(sizeof(struct layout_header) == 320 && sizeof(struct layout_note) == 76 &&
    sizeof(struct layout_rule) == 68 && sizeof(struct layout_technique) == 20 && sizeof(struct layout_text) == 20 &&
    sizeof(struct layout_condition) == 24 && sizeof(struct layout_slot) == 8, "the records have no padding");

static const uint32_t layout_item[PARTS] = { 76, 68, 8, 4, 4, 20, 20, 8, 20, 8, 4, 24, 1, 1 };

// The letter before the text of a key, by enum key_kind: techniques have a table of their own.
static const char layout_kind[4] = { 0, 't', 'i', 'n' };

// The two tables' hash: `hash` is lof_hash(0, text) for a key with its letter, word_hash(text) for a word. The home is
// the top `bits` bits, the tag the low 32.
static inline uint64_t
layout_mix(uint64_t hash, uint32_t seed)
{
	return lof_mix(hash ^ (seed + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd6e8feb86659fd93));
}

#endif
