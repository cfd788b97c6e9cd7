#include "notes/twin.h"

#include "notes/words.h"

enum { STEM = 6 }; // letters: "administrator" and "administrative" are one

struct stems {
	uint64_t v[TWIN_WORDS];
	size_t n;
	bool too_many;
	uint64_t bits;
};

static void
add_stem(void *arg, struct lof_str word, uint64_t hash)
{
	struct stems *s = arg;
	if (word.n > STEM)
		hash = word_hash(LOF_STR(word.p, STEM));
	s->bits |= (uint64_t)1 << (hash >> 58);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == hash)
			return;
	if (s->n < TWIN_WORDS)
		s->v[s->n++] = hash;
	else
		s->too_many = true;
}

uint64_t
twin_stems(struct lof_str text)
{
	struct stems s = { .n = 0 };
	words_each(text, NULL, add_stem, &s);
	return s.bits;
}

bool
twin_texts(struct lof_str a, struct lof_str b)
{
	struct stems x = { .n = 0 }, y = { .n = 0 };
	size_t shared = 0;
	words_each(a, NULL, add_stem, &x);
	words_each(b, NULL, add_stem, &y);
	for (size_t i = 0; i < x.n; i++)
		for (size_t k = 0; k < y.n; k++)
			shared += x.v[i] == y.v[k];
	size_t few = x.n < y.n ? x.n : y.n, many = x.n < y.n ? y.n : x.n;
	return !x.too_many && !y.too_many && few > 0 && shared == few && 4 * few >= 3 * many;
}
