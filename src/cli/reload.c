#include "cli/reload.h"

#include "rules/attack.h"

#include <malloc.h>

// Takes what was loaded in place of what is there, or back again: the engine stays where it is, for others point to it.
static void
swap(struct session *s, struct session *with)
{
	struct session was = *s;
	s->rules = with->rules;
	s->book = with->book;
	s->engine.rules = s->rules;
	with->rules = was.rules;
	with->book = was.book;
}

// One table of techniques serves the process: it is that of the new indexes while they are loaded, and the old one again
// when they are refused.
static bool
run(void *arg, struct enricher *e)
{
	struct reload_from *from = arg;
	struct session aside;
	struct attack_table *table = attack_aside();
	bool loaded = session_load(&aside, from->options, NEED_RULES | NEED_NOTES, from->session->log);
	if (loaded) {
		swap(from->session, &aside);
		if (!(loaded = enrich_again(e)))
			swap(from->session, &aside);
		session_drop(&aside);
	}
	if (loaded)
		attack_drop(table);
	else
		attack_back(table);
	return loaded;
}

struct reload
reload_of(struct reload_from *from)
{
	const struct options *o = from->options;
	bool files = o->indexes.n || o->rules.n;
	// What is large goes back to the system when it is freed. Left to itself glibc keeps as much as was ever freed at once.
	if (files)
		mallopt(M_MMAP_THRESHOLD, 256 << 10);
	return (struct reload){ files ? run : NULL, from };
}
