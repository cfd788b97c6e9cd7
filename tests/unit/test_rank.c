// Which notes an event gets, and of which rule: on small books made here.
#include "notes/build.h"
#include "notes/rank.h"
#include "notes/words.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct book book;
static struct ranker ranker;

static void
setup(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
	book = (struct book){ 0 };
}
TestSuite(rank, .init = setup);

static struct note_list
list(const struct lof_str *v, size_t n)
{
	return (struct note_list){ v, n };
}

// One index more, of these notes.
static void
add_index(const struct note *notes, size_t n)
{
	struct build *b = build_new();
	struct lof_buf out = { 0 };
	struct index *ix;
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(build_add(b, &notes[i], NULL), LOF_OK);
	cr_assert_eq(build_finish(b, LOF_LIT("t"), &out, NULL, NULL), LOF_OK);
	build_free(b);
	cr_assert_eq(index_load(&ix, buf_view(&out), "t", NULL), LOF_OK);
	buf_free(&out);
	cr_assert_eq(book_add(&book, ix, NULL), LOF_OK);
}

static void
ask(const struct query_in *in)
{
	cr_assert(rank_init(&ranker, &book));
	cr_assert(rank_query(&ranker, in));
	rank_answer(&ranker, &(struct wanted){ .max = 5, .weak = 5 });
}

static const char *
text_of(size_t i)
{
	static char text[256];
	struct lof_str s = book_note(&book, ranker.picks[i].note).text;
	snprintf(text, sizeof text, "%.*s", (int)s.n, s.p);
	return text;
}

static const char *
rule_of(size_t i)
{
	static char text[256];
	if (ranker.picks[i].rule == NO_RULE)
		return "";
	struct lof_str s = book_rule(&book, ranker.picks[i].rule).name;
	snprintf(text, sizeof text, "%.*s", (int)s.n, s.p);
	return text;
}

static const attack_id t1059[] = { 1059000 };
#define OF_T1059 .techniques = t1059, .n_techniques = 1

Test(rank, what_a_rule_looks_for_speaks_for_its_notes)
{
	static const struct lof_str finger[] = { LOF_LIT("\\finger.exe") }, curl[] = { LOF_LIT("curl.exe"), LOF_LIT("--insecure") };
	const struct note_rule a = { .name = LOF_LIT("One"), .source = LOF_LIT("s"), .terms = { finger, 1 }, OF_T1059 };
	const struct note_rule b = { .name = LOF_LIT("Two"), .source = LOF_LIT("s"), .terms = { curl, 2 }, OF_T1059 };
	const struct note notes[] = {
		{ .text = LOF_LIT("Admins at work"), .rules = &a, .n_rules = 1 }, { .text = LOF_LIT("Scripts at work"), .rules = &b, .n_rules = 1 },
	};
	static const struct lof_str context[] = { LOF_LIT("C:\\Windows\\System32\\curl.exe --insecure https://x") };
	add_index(notes, 2);
	ask(&(struct query_in){ OF_T1059, .context = context, .n_context = 1 });
	cr_expect_eq(ranker.n_picks, 2);
	cr_expect_str_eq(text_of(0), "Scripts at work");
	cr_expect_str_eq(rule_of(0), "Two");
	cr_expect_gt(ranker.picks[0].score, ranker.picks[1].score);
}

// A note of many rules is shown with the event's own, and comes first.
Test(rank, the_very_rule)
{
	static struct note_rule rules[40];
	static char id[40][8];
	struct note notes[2] = { { .text = LOF_LIT("Said by many"), .rules = rules, .n_rules = 40 },
		{ .text = LOF_LIT("Of the technique, about curl and finger"), OF_T1059 } };
	for (size_t i = 0; i < 40; i++)
		rules[i] = (struct note_rule){ .id = LOF_STR(id[i], (size_t)sprintf(id[i], "r-%zu", i)), .name = LOF_STR(id[i], 3),
			.source = LOF_LIT("s"), OF_T1059 };
	static const struct lof_str own[] = { LOF_LIT("R-17") }, context[] = { LOF_LIT("curl finger") };
	add_index(notes, 2);
	ask(&(struct query_in){ OF_T1059, .rule_ids = own, .n_rule_ids = 1, .context = context, .n_context = 1 });
	cr_expect_str_eq(text_of(0), "Said by many");
	cr_expect_eq(ranker.picks[0].match, MATCH_RULE);
	cr_expect_str_eq(rule_of(0), "r-1");
	struct lof_str shown = book_rule(&book, ranker.picks[0].rule).id;
	cr_expect(lof_str_eq(shown, LOF_LIT("r-17")), "%.*s", (int)shown.n, shown.p);
}

static const struct note *
on_platforms(void)
{
	static const struct lof_str windows[] = { LOF_LIT("Windows") }, linux_[] = { LOF_LIT("Linux") }, cloud[] = { LOF_LIT("IaaS") };
	static struct note notes[5];
	notes[0] = (struct note){ .text = LOF_LIT("A Windows cause with cron in it"), .platforms = list(windows, 1), OF_T1059 };
	notes[1] = (struct note){ .text = LOF_LIT("A Linux cause"), .platforms = list(linux_, 1), OF_T1059 };
	notes[2] = (struct note){ .text = LOF_LIT("An AWS cause"), .platforms = list(cloud, 1), OF_T1059 };
	notes[3] = (struct note){ .text = LOF_LIT("An Azure cause"), .platforms = list(cloud, 1), OF_T1059 };
	notes[4] = (struct note){ .text = LOF_LIT("A cause anywhere"), OF_T1059 };
	return notes;
}

static void
expect_only(const struct query_in *in, const char *const *texts, size_t n)
{
	ask(in);
	cr_assert_eq(ranker.n_picks, n);
	for (size_t i = 0; i < n; i++) {
		bool found = false;
		for (size_t k = 0; k < n; k++)
			found |= strcmp(text_of(k), texts[i]) == 0;
		cr_expect(found, "no \"%s\"", texts[i]);
	}
	rank_free(&ranker);
}

// Notes about another platform or another cloud are not shown while others fit, whatever words they share.
Test(rank, elsewhere)
{
	static const struct lof_str on_linux[] = { LOF_LIT("linux") }, on_aws[] = { LOF_LIT("aws") }, path[] = { LOF_LIT("/usr/sbin/cron -f") };
	static const struct lof_str falco[] = { LOF_LIT("falco") };
	static const char *const linux_texts[] = { "A Linux cause", "A cause anywhere" }, *const aws_texts[] = { "An AWS cause", "A cause anywhere" };
	add_index(on_platforms(), 5);
	expect_only(&(struct query_in){ OF_T1059, .platforms = on_linux, .n_platforms = 1, .context = path, .n_context = 1 }, linux_texts, 2);
	expect_only(&(struct query_in){ OF_T1059, .context = path, .n_context = 1 }, linux_texts, 2);
	expect_only(&(struct query_in){ OF_T1059, .producers = falco, .n_producers = 1 }, linux_texts, 2);
	expect_only(&(struct query_in){ OF_T1059, .platforms = on_aws, .n_platforms = 1 }, aws_texts, 2);
}

// What stands behind the bytes of a value that are looked at tells no platform: the stream takes such values for the same.
Test(rank, platform_of_the_head_only)
{
	static char value[CONTEXT_BYTES + 32];
	memset(value, 'x', sizeof value);
	memcpy(value + sizeof value - 14, ".amazonaws.com", 14);
	const struct lof_str context[] = { { value, sizeof value } };
	add_index(on_platforms(), 5);
	ask(&(struct query_in){ OF_T1059, .context = context, .n_context = 1 });
	cr_expect_eq(ranker.platforms, 0);
	cr_expect_eq(ranker.n_picks, 5);
}

// When there is nothing else they are better than nothing.
Test(rank, elsewhere_only)
{
	static const struct lof_str mac[] = { LOF_LIT("macos") };
	add_index(on_platforms(), 4);
	ask(&(struct query_in){ OF_T1059, .platforms = mac, .n_platforms = 1 });
	cr_expect_eq(ranker.n_picks, 4);
	cr_expect_lt(ranker.picks[0].score, 0.1F);
}

// "amazon" is said of every other host: it tells whose cloud, not that there is one.
Test(rank, a_cloud_by_name_only)
{
	static const struct lof_str linux_[] = { LOF_LIT("Linux") }, cloud[] = { LOF_LIT("IaaS") }, context[] = { LOF_LIT("a host of amazon") };
	static const char *const texts[] = { "A Linux cause", "An AWS cause at amazon" };
	const struct note notes[] = {
		{ .text = LOF_LIT("A Linux cause"), .platforms = list(linux_, 1), OF_T1059 },
		{ .text = LOF_LIT("An AWS cause at amazon"), .platforms = list(cloud, 1), OF_T1059 },
		{ .text = LOF_LIT("An Azure cause"), .platforms = list(cloud, 1), OF_T1059 },
	};
	add_index(notes, 3);
	expect_only(&(struct query_in){ OF_T1059, .context = context, .n_context = 1 }, texts, 2);
}

// However much speaks for the commonest cause, what is found by a rule goes before it.
Test(rank, the_usual_stays_behind_the_rule)
{
	static const char all[] = "alphaq bravoq charlieq deltaq echoq foxtrotq golfq hotelq indiaq juliettq kiloq limaq mikeq novemberq oscarq";
	static const struct lof_str terms[] = { { all, sizeof all - 1 } }, context[] = { { all, sizeof all - 1 } };
	static const struct lof_str name[] = { LOF_LIT("Some rule") };
	static const struct note_rule rule = { .name = LOF_LIT("Some rule"), .source = LOF_LIT("s"), OF_T1059 };
	static const attack_id other[] = { 1110000 };
	static char text[200][32];
	struct note notes[202];
	for (size_t i = 0; i < 200; i++)
		notes[i] = (struct note){ .text = LOF_STR(text[i], (size_t)sprintf(text[i], "filler %c%c", 'a' + (int)i / 26, 'a' + (int)i % 26)),
			.techniques = other, .n_techniques = 1 };
	notes[200] = (struct note){ .text = LOF_LIT("Said by the rule"), .rules = &rule, .n_rules = 1 };
	notes[201] = (struct note){ .text = LOF_LIT("The commonest"), OF_T1059, .terms = list(terms, 1), .usual = 1 };
	add_index(notes, 202);
	ask(&(struct query_in){ OF_T1059, .rule_names = name, .n_rule_names = 1, .context = context, .n_context = 1 });
	cr_assert_eq(ranker.n_picks, 2);
	cr_expect_str_eq(text_of(0), "Said by the rule");
	cr_expect_float_eq(ranker.picks[1].score, 0.85F, 1e-6, "%f: so much speaks for it that only its band holds it", (double)ranker.picks[1].score);
}

// A text of two indexes is one note, with the evidence of one.
Test(rank, two_indexes)
{
	static const struct lof_str context[] = { LOF_LIT("the curl program") };
	const struct note notes[] = { { .text = LOF_LIT("curl in scripts"), OF_T1059 }, { .text = LOF_LIT("something else"), OF_T1059 } };
	float alone;
	add_index(notes, 2);
	ask(&(struct query_in){ OF_T1059, .context = context, .n_context = 1 });
	alone = ranker.picks[0].score;
	rank_free(&ranker);
	add_index(notes, 2);
	ask(&(struct query_in){ OF_T1059, .context = context, .n_context = 1 });
	cr_expect_eq(ranker.total, 2);
	cr_expect_eq(ranker.n_picks, 2);
	cr_expect_float_eq(ranker.picks[0].score, alone, 1e-6);
}

// --- what is remembered ---------------------------------------------------------------------------------------------

enum { VALUES = 9000, VALUE_BYTES = 256 };

// Values of words that the index has, of such that it has not, and of numbers.
static char values[VALUES][VALUE_BYTES];

static uint32_t
lot(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

static void
draw_values(uint32_t *seed)
{
	for (size_t i = 0; i < VALUES; i++) {
		size_t n = 0;
		for (uint32_t words = lot(seed, 20); words > 0; words--)
			n += (size_t)snprintf(values[i] + n, VALUE_BYTES - n, lot(seed, 8) ? "word%c%c " : "other%c%c%u ",
			    'a' + (int)lot(seed, 26), 'a' + (int)lot(seed, 20), lot(seed, 9000));
	}
}

// An index whose notes have so many words that lists of them go round the ring; some are in many notes.
static void
add_many_words(const char *more)
{
	static char text[52][512];
	struct note notes[52];
	struct lof_str term[52];
	uint32_t seed = 9;
	for (size_t i = 0; i < 52; i++) {
		size_t n = (size_t)snprintf(text[i], sizeof text[i], "%s", more);
		for (size_t k = 0; k < 10; k++)
			n += (size_t)snprintf(text[i] + n, sizeof text[i] - n, " word%c%c word%c%c", 'a' + (int)i % 26, 'a' + (int)k + 10 * ((int)i / 26),
			    'a' + (int)lot(&seed, 1 + lot(&seed, 26)), 'a' + (int)lot(&seed, 20));
		term[i] = LOF_STR(text[i] + n - 6, 6); // its last word
		notes[i] = (struct note){ .text = LOF_STR(text[i], n), OF_T1059, .terms = { &term[i], i % 3 == 0 } };
	}
	add_index(notes, 52);
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

// The words that should be chosen, found the long way: the rarest, ties by number, and terms, as many and as common as may be.
static size_t
expected_words(const struct lof_str *context, size_t n_context, uint64_t *v)
{
	size_t n = 0, kept = 0, uses = 0, most = 11 * book.n;
	for (size_t i = 0; i < n_context; i++)
		for (struct lof_str rest = context[i], word; lof_str_cut(&rest, ' ', &word);)
			for (size_t k = 0; k < book.n; k++) {
				uint32_t no = index_word(book.ix[k], word_hash(word), word);
				uint64_t key = no == UINT32_MAX ? 0 : (uint64_t)book.word_uses[book.word_base[k] + no].all << 32 | (book.word_base[k] + no);
				for (size_t at = 0; key && at < n; at++)
					key = v[at] == key ? 0 : key;
				if (key && n < WORDS_MAX)
					v[n++] = key;
			}
	qsort(v, n, sizeof *v, by_number);
	for (; kept < n && kept < most && (kept < 3 || uses + (v[kept] >> 32) <= 600 * book.n); kept++)
		uses += v[kept] >> 32;
	uses = 0;
	for (size_t i = kept, named = 0; i < n && named < 6; i++)
		if (book.word_uses[v[i] & UINT32_MAX].is_term) {
			uses += v[i] >> 32;
			if (++named > 3 && uses > 300)
				break;
			v[kept++] = v[i];
		}
	for (size_t i = 0; i < kept; i++)
		v[i] &= UINT32_MAX;
	qsort(v, kept, sizeof *v, by_number);
	return kept;
}

// Whatever was seen before and however often the ring went round, the query is what it would be without any memory, and
// its words are the telling ones.
static void
compare_with_fresh(size_t events)
{
	static struct ranker fresh;
	struct lof_str context[12];
	uint64_t sums[12], expected[WORDS_MAX];
	uint32_t seed = 4;
	size_t words = 0;
	draw_values(&seed);
	cr_assert(rank_init(&ranker, &book) && rank_init(&fresh, &book));
	for (size_t e = 0; e < events; e++) {
		struct query_in in = { OF_T1059, .context = context, .n_context = lot(&seed, 13) };
		for (size_t i = 0; i < in.n_context; i++) {
			uint32_t v = lot(&seed, lot(&seed, 2) ? VALUES : 20);
			context[i] = lof_cstr(values[v]);
			sums[i] = lof_hash(7, context[i]);
		}
		cr_assert(rank_query(&fresh, &in));
		cr_assert_eq(fresh.n_words, expected_words(context, in.n_context, expected), "event %zu", e);
		for (size_t i = 0; i < fresh.n_words; i++)
			cr_assert_eq(fresh.words[i], expected[i], "event %zu, word %zu", e, i);
		in.context_sums = sums;
		for (int again = 0; again < 2; again++) {
			cr_assert(rank_query(&ranker, &in));
			cr_assert_eq(ranker.n_query, fresh.n_query, "event %zu", e);
			cr_assert_arr_eq(ranker.query, fresh.query, fresh.n_query * sizeof *fresh.query, "event %zu", e);
			cr_assert_eq(ranker.platforms, fresh.platforms);
		}
		words += ranker.n_words;
	}
	cr_expect_gt(words, 2 * events);
	rank_free(&ranker);
	rank_free(&fresh);
}

Test(rank, memory_changes_nothing)
{
	add_many_words("backup");
	compare_with_fresh(20000);
}

Test(rank, memory_of_two_indexes_changes_nothing)
{
	add_many_words("backup");
	add_many_words("Windows admins");
	compare_with_fresh(20000);
}
