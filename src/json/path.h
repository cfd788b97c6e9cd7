// The path automaton: all paths of all format rules as one trie that the scanner walks while it reads keys.
//
//     rule.mitre.id      rule.id      data.win.eventdata.image
//
// A key that holds dots and the same path nested mean the same, so from a node there is an edge for every joined run of
// segments that leads below it ("rule", "rule.mitre", "rule.mitre.id" ...): one hash look-up a key, none to split it.
// Arrays are transparent: elements are at the node of their array.
//
// A loose set is for producers nobody described: its paths are `**.GLOB`, one key at any depth, ASCII case ignored.
//
// Built at load by one thread (paths_add, then paths_freeze), read-only afterwards.
#ifndef LOF_JSON_PATH_H
#define LOF_JSON_PATH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

typedef uint16_t path_node;
enum { PATH_DEAD = 0, PATH_ROOT = 1, PATH_NODES_MAX = INT16_MAX, PATH_SEGMENT_MAX = 96 };

// What the scanner does with a value at a node.
enum {
	PATH_VALUE = 1,    // report strings, numbers, true, false
	PATH_EXISTS = 2,   // report objects and arrays
	PATH_OPEN = 4,     // report objects as events that may stand here (envelopes)
	PATH_INHERIT = 8,  // loose sets: keys below have this node too
	PATH_NEVER = 16,   // loose sets: keys below match nothing
	PATH_TESTED = 32,  // for the rules: some "when" looks whether it is there,
	PATH_COMPARED = 64, // or what it is
	PATH_DECODED = 128, // for the rules: a string that holds JSON
};

struct paths;

// Memory comes from the arena, which must outlive the set.
struct paths *paths_new(struct lof_arena *a, bool loose);
// Adds a path below `from` (PATH_ROOT, or a node made by paths_inner) and returns its node, with `flags` or-ed to those
// it has. "" is `from` itself. PATH_DEAD and *why (constant text) for a path that is not well-formed.
path_node paths_add(struct paths *ps, path_node from, struct lof_str path, unsigned flags, const char **why);
// The root for the JSON text inside the string at `node`.
path_node paths_inner(struct paths *ps, path_node node);
// After this the set is read-only and may be walked.
void paths_freeze(struct paths *ps);

size_t paths_count(const struct paths *ps); // nodes, numbered from 0 (PATH_DEAD) up
// The path as text, with "|json" where a string is decoded. Returns the length, cut at max.
size_t paths_text(const struct paths *ps, path_node node, char *out, size_t max);
// The inner root of a node, or PATH_DEAD.
path_node paths_inner_of(const struct paths *ps, path_node node);
bool paths_is_below(const struct paths *ps, path_node node, path_node ancestor); // or is it

// --- for the scanner ---

// An edge. The hash covers the node it comes from, the key's length and, up to PATH_WHOLE bytes, all of the key: then it
// stands for the key, and no text has to be fetched. (Who makes a key that collides gains what he has by using the key
// itself.)
enum { PATH_WHOLE = 32 };
struct path_slot {
	uint64_t hash; // 0: empty
	uint32_t key;  // offset of the key's bytes
	path_node to;
	uint16_t len;
};

struct paths_table {
	const uint8_t *flags; // by node
	const struct path_slot *slots;
	const char *keys;
	uint64_t mask;
	bool loose;
	uint32_t id; // no other set of the process has it, be it at the same address
};
// Valid after paths_freeze.
const struct paths_table *paths_table(const struct paths *ps);

// The hash of an edge; never 0. Eight bytes must be readable at the key, however short it is.
static inline uint64_t
paths_hash(path_node from, const char *key, size_t n)
{
	// With no branch on how long a short one is: that would be guessed wrong too often.
	static const uint64_t keep[] = { 0, 0xff, 0xffff, 0xffffff, UINT32_MAX, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
		UINT64_MAX };
	size_t k = n < 8 ? n : 8;
	uint64_t first = lof_read64(key) & keep[k], last = lof_read64(key + (n - k)) & keep[k];
	uint64_t h = lof_mix(first ^ (uint64_t)from << 40 ^ 0x9E3779B97F4A7C15u, last ^ (uint64_t)n << 56 ^ 0xC2B2AE3D27D4EB4Fu);
	if (n > 16)
		h = lof_mix(h ^ lof_read64(key + 8), lof_read64(key + n - 16) ^ 0x165667B19E3779F9u);
	return h | 1;
}

// `h` is paths_hash of the node and the key.
static inline path_node
paths_next(const struct paths_table *t, uint64_t h, const char *key, size_t len)
{
	for (uint64_t i = h;; i++) {
		const struct path_slot *s = &t->slots[i & t->mask];
		if (s->hash == h && (len <= PATH_WHOLE || (s->len == len && memcmp(t->keys + s->key, key, len) == 0)))
			return s->to;
		if (s->hash == 0)
			return PATH_DEAD;
	}
}

// The same for a loose set, which looks at the key's dotted segments one after the other.
path_node paths_next_loose(const struct paths *ps, path_node from, struct lof_str key);

#endif
