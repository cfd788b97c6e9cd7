#include "notes/note.h"

#include <stdlib.h>

// A text says nothing when every one of its words is in this list: likelihoods, "false positives" itself, and what
// holds such sentences together ("No false positives have been identified at this time."). One word from outside, such
// as "administrators" or "sccm", makes it a note. Sorted.
static const char *const empty_word[] = {
	"a", "about", "alert", "alerts", "all", "an", "and", "any", "applicable", "are", "arise", "as", "at",
	"available", "be", "because", "been", "being", "but", "by", "can", "chance", "chances", "could", "count",
	"currently", "date", "detected", "detection", "detections", "determined", "do", "documented", "does", "empty",
	"exist", "exists", "expected", "extremely", "false", "far", "few", "fewer", "fill", "for", "found", "fp",
	"fps", "from", "fully", "generate", "generated", "given", "happen", "has", "have", "high", "highly",
	"identified", "if", "impossible", "in", "information", "is", "it", "its", "known", "less", "likelihood",
	"likely", "limited", "listed", "little", "low", "lower", "many", "may", "medium", "might", "minimal",
	"moderate", "moderately", "moment", "more", "most", "mostly", "much", "n", "na", "neglible", "negligible",
	"nil", "no", "none", "not", "noted", "nothing", "now", "null", "observed", "occasional", "occur", "occurs",
	"of", "on", "or", "other", "pending", "positive", "positives", "possibility", "possible", "possibly",
	"potential", "potentially", "present", "presently", "probability", "probable", "probably", "produce", "quite",
	"rare", "rarely", "rate", "rates", "reported", "result", "rule", "rules", "search", "seen", "should", "so",
	"some", "specific", "specified", "tbc", "tbd", "that", "the", "there", "these", "this", "time", "to", "todo",
	"triggered", "unable", "unclear", "undetermined", "unknown", "unknowns", "unlikely", "unspecified", "very",
	"was", "were", "will", "with", "would", "yet",
};

static int
against(const void *word, const void *entry)
{
	const char *const *e = entry;

	return lof_str_cmp(*(const struct lof_str *)word, lof_cstr(*e));
}

static bool
is_empty_word(const char *p, size_t n)
{
	char lower[16];
	struct lof_str word = { lower, n };

	if (n > sizeof(lower))
		return false;
	for (size_t i = 0; i < n; i++)
		lower[i] = (char)lof_lower((unsigned char)p[i]);
	return bsearch(&word, empty_word, sizeof(empty_word) / sizeof(empty_word[0]), sizeof(empty_word[0]), against);
}

bool
note_is_placeholder(struct lof_str text)
{
	for (size_t i = 0, from; i < text.n;) {
		unsigned char c = (unsigned char)text.p[i];

		if (!lof_is_alnum(c) && c < 0x80) {
			i++;
			continue;
		}
		from = i;
		while (i < text.n && (lof_is_alnum((unsigned char)text.p[i]) || (unsigned char)text.p[i] >= 0x80))
			i++;
		if (!is_empty_word(text.p + from, i - from))
			return false;
	}
	return true;
}
