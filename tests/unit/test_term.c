#include "notes/term.h"

#include "notes/words.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char got[256];

static void
put(void *arg, struct lof_str word, uint64_t hash)
{
	size_t n = strlen(got);

	cr_assert_null(arg);
	cr_expect_eq(hash, word_hash(word));
	snprintf(got + n, sizeof(got) - n, "%s%.*s", n ? " " : "", (int)word.n, word.p);
}

static void
count(void *arg, struct lof_str word, uint64_t hash)
{
	struct lexicon *l = arg;
	static uint32_t no;

	lex_add(l, word, hash, no++, 0);
}

Test(term, is_known_by_its_rarest_words)
{
	static const struct {
		const char *term, *words;
	} cases[] = {
		{ "/var/lib/flatpak", "flatpak" },
		{ "var lib", "var lib" },               // as common as each other
		{ "lib", "lib" },                       // it has no other
		{ "AgentExecutor.exe", "agentexecutor.exe agentexecutor" },
		{ "lib log", "log" },
		{ "zq lib", "lib" },                    // a syllable
		{ "zq", "zq" },
		{ "0xc000006a lib", "lib" },            // numbers are in no index
		{ "", "" },
	};
	struct lof_arena a = { 0 };
	struct lexicon texts = { .arena = &a };

	for (size_t i = 0; i < 9; i++)
		words_each(LOF_LIT("var lib"), NULL, count, &texts);
	for (size_t i = 0; i < 5; i++)
		words_each(LOF_LIT("log"), NULL, count, &texts);
	words_each(LOF_LIT("flatpak"), NULL, count, &texts);
	cr_assert_eq(lex_df(&texts, LOF_LIT("lib"), word_hash(LOF_LIT("lib"))), 9);
	cr_assert_eq(lex_df(&texts, LOF_LIT("none"), word_hash(LOF_LIT("none"))), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		got[0] = 0;
		term_each(lof_cstr(cases[i].term), &texts, &a, put, NULL);
		cr_expect_str_eq(got, cases[i].words, "%s", cases[i].term);
	}
	lex_free(&texts);
	arena_free(&a);
}
