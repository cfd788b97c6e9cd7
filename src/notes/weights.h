// All that is weighed, with why. Ranking is tuned here and nowhere else (`make relevance` tells by how much).
#ifndef LOF_NOTES_WEIGHTS_H
#define LOF_NOTES_WEIGHTS_H

#include "notes/rank.h"

// A score lies between the belief of its match before any word is looked at, and what that can rise to: evidence fills
// what is between. A site's own note goes before that of the very rule by its id, that before one by its name, and that
// before all others; of those a note of the very technique goes before one of its family with equal words, and words can
// turn that round.
static const struct {
	float from, to;
} belief[MATCH_COUNT] = {
	[MATCH_SITE] = { 0.95F, 1.0F }, [MATCH_RULE] = { 0.90F, 0.95F }, [MATCH_NAMED] = { 0.85F, 0.90F },
	[MATCH_SUB] = { 0.35F, 0.85F }, [MATCH_TECHNIQUE] = { 0.35F, 0.85F }, [MATCH_CHILD] = { 0.28F, 0.85F },
	[MATCH_PARENT] = { 0.25F, 0.85F }, [MATCH_TAG] = { 0.15F, 0.85F },
};
static const float evidence_half = 6.0F; // evidence (a sum of word weights) that fills half of what is left
// Terms name the cause: where a note has some and the event has none of them it is about another product, and its other
// words tell nothing; they tell all where the terms that are there weigh `named_enough`. Usual causes are told by what is done,
// and any product may do it.
static const float named_enough = 4.0F;
// Of a note without terms, whose rules look for nothing in the event, one word says little.
static const float by_chance = 0.6F;
// With less a note fits the technique, and hardly the event.
static const float sure = 0.6F;

// Readers found the commonest cause of a technique the right one far more often than any other of the same score. It stays
// within what its match can rise to.
static const float usual_lead[USUAL_MAX + 1] = { 0, 0.05F, 0.02F, 0.01F, 0 };
static const float detail = 0.03F;       // a note that says more goes before one that says less, all else equal
static const float wrong_platform = 0.15F; // factor for notes about other platforms than the event's: behind all that fit

// How much a word tells by where it stands (WORD_*): in a note, and in what is kept of a rule.
static const float in_note[8] = { [WORD_TEXT] = 0.8F, [WORD_TERM] = 1.4F, [WORD_TEXT | WORD_TERM] = 1.4F };
static const float in_rule[8] = {
	[WORD_DESCRIBES] = 0.5F, [WORD_NAME] = 0.9F, [WORD_NAME | WORD_DESCRIBES] = 1.0F,
	[WORD_SOUGHT] = 1.0F, [WORD_SOUGHT | WORD_DESCRIBES] = 1.2F, [WORD_SOUGHT | WORD_NAME] = 1.4F,
	[WORD_SOUGHT | WORD_NAME | WORD_DESCRIBES] = 1.5F,
};

// Of a word's weight so much is left when all notes that fit have it, and all of it when one has: what most notes of a
// technique say tells none of them from the others.
static const float telling_least = 0.5F;

// How much the words of a note that has many, and of a rule, count less (BM25's b), and how many is usual: long ones have
// more words to meet by chance.
static const float long_note = 0.4F, usual_note = 14.0F;
static const float long_rule = 0.3F, usual_rule = 40.0F;

// Of what silent notes are told apart by: how much they say, and for the rest how many collections say it.
static const float say_much = 0.6F;
static const float usual_said = 0.8F; // the usual causes go before them, the commonest first
static const float much_said = 20.0F; // words that are as good as any more

// So many words of an event count, and twice that when there is more than one index, for a word that two have is two words.
// (More would let noise in.) Of words that stand in more notes and rules than the second says only a few are taken, for
// want of others.
enum { TELLING_WORDS = 11, TELLING_USES = 600 };
// So many words of notes' terms count beside, of more notes and rules together than the second only the first three: by
// them the event names the product that a note is about.
enum { TELLING_TERMS = 6, TERM_USES = 300 };

#endif
