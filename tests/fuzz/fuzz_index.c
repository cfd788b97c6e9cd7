// Any bytes as an index, with size and checksum made right so that the structure checks are what is tested. What loads
// is walked whole. The copy is exactly as large as the input: one byte read behind it is a crash.
#include "base/hash.h"
#include "notes/index.h"
#include "notes/layout.h"
#include "notes/site.h"
#include "notes/text.h"
#include "notes/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char sink;

static void
touch(struct lof_str s)
{
	for (size_t i = 0; i < s.n; i++)
		sink ^= (unsigned char)s.p[i];
}

static void
insist(bool promise)
{
	if (!promise)
		abort();
}

static void
walk_posting(const struct index *ix, struct posting p, bool of_rules)
{
	size_t limit = of_rules ? index_rule_count(ix) : index_count(ix);

	for (size_t i = 0; i < p.n; i++)
		insist(p.v[i] < limit && (i == 0 || p.v[i - 1] < p.v[i]));
}

static void
walk_words(const struct index *ix, struct posting p)
{
	for (size_t i = 0; i < p.n; i++)
		insist(p.v[i] >> WORD_FIELD_BITS < index_count(ix) + index_rule_count(ix) && (i == 0 || p.v[i - 1] < p.v[i]));
}

// The site's own notes put to an event. A path or pattern may be none.
static void
meet(struct index *ix)
{
	static const char event[] = "{\"a\":{\"b\":\"x1\\u0041\"},\"c\":[\"*\",7,\"\\\"q\"],\"a.b\":true}";
	static const uint32_t base[1];
	struct site s = { 0 };
	struct when w;
	struct lof_err e = { 0 };

	if (site_make(&s, &ix, base, 1, &e) == LOF_OK) {
		if (!when_init(&w, &s))
			abort();
		when_look(&w, event, sizeof(event) - 1);
		for (size_t i = 0; i < s.n; i++)
			sink ^= when_holds(&w, i);
		when_free(&w);
	}
	site_free(&s);
}

static void
walk(const struct index *ix, struct lof_str input)
{
	struct posting p, rules;
	uint32_t slot, word;
	struct lof_buf source = { .n = 0 };

	touch(index_version(ix));
	for (uint32_t i = 0; i < index_count(ix); i++) {
		struct index_note n = index_note(ix, i);

		insist(text_is_head(n.head) && text_is_tail(n.tail) && text_is_plain(n.id) && text_is_members(n.owner));
		touch(n.text);
		for (size_t k = 0; k < n.rules.n; k++) {
			struct index_rule r = index_rule(ix, n.rules.v[k]);

			touch(r.name);
			touch(r.id);
			for (int part = 0; part < RULE_PARTS; part++)
				touch(r.part[part]);
			walk_posting(ix, r.notes, false);
		}
		for (size_t k = 0; k < n.n_techniques; k++) {
			char text[ATTACK_TEXT_MAX];

			attack_text(n.techniques[k], text);
			insist(index_next_technique(ix, n.techniques[k]) != n.techniques[k]);
			if (index_find_technique(ix, n.techniques[k], &p, &rules)) {
				walk_posting(ix, p, false);
				walk_posting(ix, rules, true);
			}
		}
	}
	index_dump(ix, &source);
	touch(buf_view(&source));
	buf_free(&source);
	// Pieces of the input as keys and words: some of them are in it.
	for (size_t i = 0; i + 16 < input.n && i < 4096; i += 3) {
		struct lof_str piece = { input.p + input.n - i - 16, 1 + i % 16 };

		if (index_find(ix, (enum key_kind)(i % 4), piece, &p, &slot))
			walk_posting(ix, p, i % 4 >= KEY_RULE_ID);
		word = index_word(ix, word_hash(piece), piece);
		if (word != UINT32_MAX) {
			insist(text_is_plain(index_word_info(ix, word).text));
			walk_words(ix, index_word_info(ix, word).in);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct index *ix = NULL;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (size >= sizeof(struct layout_header)) {
		uint64_t n = size, sum;

		memcpy(copy + offsetof(struct layout_header, size), &n, sizeof(n));
		sum = lof_checksum(copy + LAYOUT_CHECKED_FROM, size - LAYOUT_CHECKED_FROM);
		memcpy(copy + offsetof(struct layout_header, checksum), &sum, sizeof(sum));
	}
	if (index_load(&ix, LOF_STR(copy, size), "fuzz", NULL) == LOF_OK) {
		walk(ix, LOF_STR(copy, size));
		meet(ix);
	}
	index_free(ix);
	free(copy);
	return 0;
}
