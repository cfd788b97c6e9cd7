// The tokens of a text one after the other, window by window as block.h finds them; it knows places, not what stands there.
// One thread.
#ifndef LOF_JSON_TOKENS_H
#define LOF_JSON_TOKENS_H

#include "json/block.h"

// Those from here on in the window that begins at `base`.
struct tokens {
	const int16_t *next;
	const char *base;
};

// A text, or lines one behind the other: where a line ends is told as the end of a text is, and what follows is the next one's.
struct token_index {
	struct block_state st;
	struct tokens t;    // where the walk that is over came to; the caller's
	const char *resume; // the line that begins there, or NULL; the caller's
	const char *base;   // of the window in hand
	size_t blocks;      // in it
	const char *slash;  // the next backslash, where it is known, and no later
	struct block_tokens m;
};

enum { TOKENS_END = INT16_MIN }; // of a window

// Nothing of text[0, n) is indexed yet; the first tokens_peek asks for it. The offsets are many, and are not zeroed.
void tokens_begin(struct token_index *ix, const char *text, size_t n, bool lines);

// The next window. At the end of the text stands the complement of its place, as a closing quote would: whoever expects
// something to begin has one question to ask.
struct tokens tokens_window(struct token_index *ix);

// The next token, which stays the next; t->base is that of its window.
static inline __attribute__((always_inline)) int
tokens_peek(struct token_index *ix, struct tokens *t)
{
	int at = *t->next;
	if (__builtin_expect(at < 0, 0) && at == TOKENS_END) {
		*t = tokens_window(ix);
		at = *t->next;
	}
	return at;
}

// Looks in the window for the next backslash from `from` on.
bool tokens_next_slash(struct token_index *ix, const char *from, const char *to);

// Is there a backslash in [from, to)? Asked in the order of the text, so that most often the next one is known.
static inline bool
tokens_slash(struct token_index *ix, const char *from, const char *to)
{
	return ix->slash < to && tokens_next_slash(ix, from, to);
}

#endif
