#include "json/tokens.h"

#include <string.h>

void
tokens_begin(struct token_index *ix, const char *text, size_t n, bool lines)
{
	ix->st = (struct block_state){ .text = (const uint8_t *)text, .n = n, .lines = lines };
	ix->base = ix->slash = text;
	ix->blocks = 0;
	ix->m.at[0] = TOKENS_END;
	ix->t = (struct tokens){ ix->m.at, text };
	ix->resume = NULL;
}

struct tokens
tokens_window(struct token_index *ix)
{
	do {
		ix->base = (const char *)ix->st.text + ix->st.at;
		ix->blocks = block_index(&ix->st, &ix->m);
	} while (ix->blocks && ix->m.n == 0);
	ix->slash = (const char *)ix->st.text;
	if (!ix->blocks)
		ix->m.at[ix->m.n++] = ~0;
	ix->m.at[ix->m.n] = TOKENS_END;
	return (struct tokens){ ix->m.at, ix->base };
}

bool
tokens_next_slash(struct token_index *ix, const char *from, const char *to)
{
	if (from < ix->base) // began in the window before
		return memchr(from, '\\', (size_t)(to - from)) != NULL;
	size_t at = (size_t)(from - ix->base), i = at / BLOCK;
	uint64_t slash = ix->m.slash[i] & ~(uint64_t)0 << at % BLOCK;
	while (!slash && ++i < ix->blocks)
		slash = ix->m.slash[i];
	ix->slash = ix->base + i * BLOCK + (slash ? (size_t)__builtin_ctzll(slash) : 0);
	return ix->slash < to;
}
