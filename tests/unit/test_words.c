#include "notes/words.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MAX = 100000 };

struct list {
	char text[MAX];
	size_t n, words;
};

static void
collect(void *arg, struct lof_str word, uint64_t hash)
{
	struct list *l = arg;

	cr_assert_eq(hash, word_hash(word), "%.*s", (int)word.n, word.p);
	cr_assert_leq(l->n + word.n + 1, MAX);
	memcpy(l->text + l->n, word.p, word.n);
	l->n += word.n;
	l->text[l->n++] = '|';
	l->words++;
}

static void
cuts(struct lof_str text, const char *want)
{
	static struct list l;

	l.n = l.words = 0;
	words_each(text, NULL, collect, &l);
	cr_assert(lof_str_eq(LOF_STR(l.text, l.n), lof_cstr(want)), "\"%.*s\" gives %.*s, not %s", (int)text.n, text.p,
	    (int)l.n, l.text, want);
}
#define CUTS(text, want) cuts(LOF_LIT(text), want)

Test(words, runs_and_case)
{
	CUTS("", "");
	cuts(LOF_STR(NULL, 0), "");
	CUTS("a", "");
	CUTS("SCCM", "sccm|");
	CUTS(" Domain-joined PRINTER/Server ", "domain-joined|domain|joined|printer|server|");
	CUTS("C:\\Windows\\System32", "windows|system32|");
	CUTS("ab\0cd", "ab|cd|");
	CUTS("x1 1x", "x1|1x|");
	CUTS("[@`{^~ab", "ab|");
}

Test(words, joiners)
{
	CUTS("i-0abc", "i-0abc|0abc|");
	CUTS("svc_backup", "svc_backup|svc|backup|");
	CUTS("a.b", "a.b|");
	CUTS("--flag.", "flag|");
	CUTS("...", "");
	CUTS("process. next", "process|next|");
	CUTS("foo--bar", "foo--bar|foo|bar|");
	CUTS("_x_", "");
	CUTS("repeat.repeat", "repeat.repeat|repeat|repeat|");
}

Test(words, extensions_are_no_parts)
{
	CUTS("PowerShell.EXE", "powershell.exe|powershell|");
	CUTS("ntdll.dll more.com drv.sys", "ntdll.dll|ntdll|more.com|drv.sys|drv|");
	CUTS("COM dll", "com|dll|"); // by themselves they may mean something
	CUTS("exe-file", "exe-file|exe|file|");
	CUTS("build.ps1", "build.ps1|build|ps1|");
	CUTS("x.dlls", "x.dlls|dlls|");
}

Test(words, numbers_hashes_and_guids_are_skipped)
{
	CUTS("42 2024 0", "");
	CUTS("4624-7", "4624-7|"); // a run with a joiner is itself; its parts are numbers
	CUTS("10.0.0.1", "10.0.0.1|");
	CUTS("deadbeefdeadbee", "deadbeefdeadbee|");
	CUTS("deadbeefdeadbeef", "");
	CUTS("DEADBEEFDEADBEEF0", "");
	CUTS("deadbeefdeadbeeg", "deadbeefdeadbeeg|");
	CUTS("{A1B2C3D4-E5F6-7890-abcd-ef0123456789}", "");
	CUTS("file_deadbeefdeadbeef.bin", "file_deadbeefdeadbeef.bin|file|bin|");
	CUTS("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "");
	CUTS("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8551", "");
}

Test(words, two_to_sixty_four_bytes)
{
	char text[200], want[200];

	for (size_t n = 1; n < 130; n++) {
		memset(text, 'x', n);
		memcpy(want, text, n);
		memcpy(want + n, "|", 2);
		cuts(LOF_STR(text, n), n >= 2 && n <= 64 ? want : "");
	}
	// Too long as a whole, but its parts are not.
	memset(text, 'x', 130);
	text[64] = '.';
	text[129] = '-';
	memset(want, 'x', 64);
	want[64] = '|';
	memset(want + 65, 'x', 64);
	memcpy(want + 129, "|", 2);
	cuts(LOF_STR(text, 130), want);
}

Test(words, beyond_ascii)
{
	CUTS("Größe ÄRGER", "größe|Ärger|"); // ASCII lowering only
	CUTS("administrators’ \xe2\x80\x9cpsexec\xe2\x80\x9d\xe2\x80\xa6", "administrators|psexec|");
	CUTS("red\xe2\x80\x94green\xc2\xa0" "blue", "red|green|blue|");
	CUTS("\xe2\x82\xac" "uro \xe2\x80", "\xe2\x82\xacuro|\xe2\x80|");
	CUTS("x\xff\xfey", "x\xff\xfey|");
	CUTS("a\xe2\x80\x93-b.cd", "b.cd|cd|");
}

Test(words, stop_words)
{
	CUTS("The legitimate use of this by an administrator may be a false positive", "administrator|");
	cr_assert(word_is_stop(LOF_LIT("the")) && word_is_stop(LOF_LIT("legitimately")));
	cr_assert(word_is_stop(LOF_LIT("positive")) && word_is_stop(LOF_LIT("e.g")));
	cr_assert_not(word_is_stop(LOF_LIT("exe")) || word_is_stop(LOF_LIT("powershell")) || word_is_stop(LOF_LIT("")));
	cr_assert_not(word_is_stop(LOF_LIT("admin")) || word_is_stop(LOF_LIT("scanner")) || word_is_stop(LOF_LIT("th")));
	cr_assert_not(word_is_stop(LOF_LIT("backup")) || word_is_stop(LOF_LIT("script")) || word_is_stop(LOF_LIT("it ")));
}

// An index holds these.
Test(words, hashes_are_pinned)
{
	static const struct {
		const char *word;
		uint64_t hash;
	} want[] = {
		{ "", UINT64_C(0x4384452157c5a90c) },
		{ "th", UINT64_C(0xc841aa8c990d3208) },
		{ "powershell", UINT64_C(0x1c0ba1df513cf939) },
		{ "powershell.exe", UINT64_C(0xf8da3657c4419cf5) },
		{ "0123456789abcdef", UINT64_C(0x06edc672db6e48d3) },
		{ "sixteen-and-a-bit", UINT64_C(0x0501757af9a2a576) },
		{ "microsoft.exchange.servicehost.exe-with-a-long-tail-to-sixty-four", UINT64_C(0x9678112fd2aec821) },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		cr_assert_eq(word_hash(lof_cstr(want[i].word)), want[i].hash, "%s", want[i].word);
}

// --- the same, written down plainly from the contract ------------------------------------------------------------

static bool
plain_core(unsigned char c)
{
	return lof_is_alnum(c) || c >= 0x80;
}

static bool
plain_joiner(unsigned char c)
{
	return c == '.' || c == '_' || c == '-';
}

static size_t
plain_punctuation(const unsigned char *p, size_t n)
{
	if (n >= 2 && p[0] == 0xc2 && p[1] < 0xc0)
		return 2;
	return n >= 3 && p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81) ? 3 : 0;
}

static bool
plain_hex(const unsigned char *p, size_t n, size_t *digits)
{
	*digits = 0;
	for (size_t i = 0; i < n; i++) {
		if (!plain_joiner(p[i]) && !memchr("0123456789abcdefABCDEF", p[i], 22))
			return false;
		*digits += !plain_joiner(p[i]);
	}
	return true;
}

static void
plain_word(struct list *l, const unsigned char *p, size_t n)
{
	char word[64];
	size_t numbers = 0, digits;

	for (size_t i = 0; i < n; i++)
		numbers += lof_is_digit(p[i]);
	if (n < 2 || n > 64 || numbers == n || (plain_hex(p, n, &digits) && digits >= 16))
		return;
	for (size_t i = 0; i < n; i++)
		word[i] = (char)lof_lower(p[i]);
	if (!word_is_stop(LOF_STR(word, n)))
		collect(l, LOF_STR(word, n), word_hash(LOF_STR(word, n)));
}

static void
plain_run(struct list *l, const unsigned char *p, size_t n)
{
	size_t digits, from = 0;
	bool joined = false;

	for (; n && plain_joiner(p[0]); p++)
		n--;
	while (n && plain_joiner(p[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++)
		joined |= plain_joiner(p[i]);
	if (plain_hex(p, n, &digits) && digits >= 16)
		return;
	plain_word(l, p, n);
	for (size_t i = 0; joined && i <= n; i++) {
		struct lof_str part = { (const char *)p + from, i - from };

		if (i < n && !plain_joiner(p[i]))
			continue;
		if (!(from && p[from - 1] == '.' && (lof_str_ieq(part, LOF_LIT("exe")) || lof_str_ieq(part, LOF_LIT("dll")) ||
		    lof_str_ieq(part, LOF_LIT("com")) || lof_str_ieq(part, LOF_LIT("sys")))))
			plain_word(l, p + from, i - from);
		from = i + 1;
	}
}

static void
plain_words(struct list *l, const unsigned char *p, size_t n)
{
	size_t from = 0, i = 0;

	while (i <= n) {
		size_t skip = i < n ? plain_punctuation(p + i, n - i) : 1;

		if (!skip && !plain_core(p[i]) && !plain_joiner(p[i]))
			skip = 1;
		if (skip) {
			plain_run(l, p + from, i - from);
			from = i + skip;
		}
		i += skip ? skip : 1;
	}
}

// Texts of every length at every place in a window, in memory that ends where they do.
Test(words, any_text_is_cut_as_the_contract_says)
{
	static const char *const pieces[] = {
		"a", "b", "Z", "7", "0", "f", ".", "_", "-", " ", "/", "\n", "\xc2", "\xa0", "\xe2", "\x80", "\x94", "\x81",
		"\xc3\xa4", "\xe2\x80\x99", "\xc2\xab", ".exe", ".DLL", "the", "deadbeef", "00000000", "PowerShell", "xyzzyxyzzy",
		"-4a5b-", "\xff", ".com.", "legitimate", "qwertyuiopasdfghjklzxcvbnmqwerty",
	};
	static struct list got, want;
	uint64_t x = 1;

	for (int round = 0; round < 60000; round++) {
		char text[2048], *copy;
		size_t n = 0, limit;

		x = x * 6364136223846793005u + 1442695040888963407u;
		limit = (x >> 33) % (round % 10 ? 150 : 1500);
		// In some rounds few kinds of pieces, so that runs get long.
		for (uint64_t kinds = 2 + (x >> 50) % 31, shift = (x >> 20) % 33; n < limit;) {
			const char *piece;

			x = x * 6364136223846793005u + 1442695040888963407u;
			piece = pieces[((x >> 40) % kinds + shift) % (sizeof(pieces) / sizeof(pieces[0]))];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		copy = malloc(n ? n : 1);
		memcpy(copy, text, n);
		got.n = want.n = 0;
		words_each(LOF_STR(copy, n), NULL, collect, &got);
		plain_words(&want, (const unsigned char *)copy, n);
		cr_assert(lof_str_eq(LOF_STR(got.text, got.n), LOF_STR(want.text, want.n)),
		    "round %d: \"%.*s\"\n got %.*s\nwant %.*s", round, (int)n, text, (int)got.n, got.text, (int)want.n,
		    want.text);
		free(copy);
	}
}
