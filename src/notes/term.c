#include "notes/term.h"

#include "notes/text.h"
#include "notes/words.h"

// Numbers of three and more digits are ports, addresses and what never recurs; to know that none matters lets the stream
// take all of them for the same (book.h, digit_run), which is worth more than the few that mean something (o365).
static bool
has_number(struct lof_str word)
{
	size_t row = 0;

	for (size_t i = 0; i < word.n && row < 3; i++)
		row = lof_is_digit((unsigned char)word.p[i]) ? row + 1 : 0;
	return row == 3;
}

bool
term_counts(struct lof_str word)
{
	return text_is_plain(word) && !has_number(word);
}

enum {
	TERM_WORDS = 16,
	TERM_RARE = 3,  // so many texts may have a word that is rare
	TERM_SHORT = 3, // bytes; what has less is a syllable of something ("databricks-rg-"), unless the term has no other
};

struct term {
	const struct lexicon *texts;
	struct lof_arena *arena;
	struct {
		struct lof_str text;
		uint64_t hash;
		uint32_t df;
	} word[TERM_WORDS];
	size_t n;
	uint32_t least;
};

static void
take_word(void *arg, struct lof_str word, uint64_t hash)
{
	struct term *t = arg;
	uint32_t df = word.n < TERM_SHORT ? UINT32_MAX : lex_df(t->texts, word, hash);

	if (t->n == TERM_WORDS || !term_counts(word))
		return;
	t->word[t->n].text = arena_copy(t->arena, word); // it lives only as long as this call
	t->word[t->n].hash = hash;
	t->word[t->n++].df = df;
	t->least = t->n == 1 || df < t->least ? df : t->least;
}

void
term_each(struct lof_str term, const struct lexicon *texts, struct lof_arena *a,
    void (*each)(void *arg, struct lof_str word, uint64_t hash), void *arg)
{
	struct term t = { .texts = texts, .arena = a };

	words_each(term, NULL, take_word, &t);
	for (size_t i = 0; i < t.n; i++)
		if (t.word[i].df <= t.least || t.word[i].df <= TERM_RARE)
			each(arg, t.word[i].text, t.word[i].hash);
}
