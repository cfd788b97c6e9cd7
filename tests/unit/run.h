// The path of an event in memory, for tests and fuzzers: rules and notes opened as the program opens them, a sink that
// only grows, and the loop of pump.c without descriptors.
#ifndef LOF_TESTS_RUN_H
#define LOF_TESTS_RUN_H

#include "json/block.h"
#include "notes/build.h"
#include "stream/enrich.h"
#include "stream/frame.h"

#include <stdlib.h>

struct run {
	struct rules *rules;
	struct book book;
	struct engine engine;
	struct enricher e;
	struct sink out;
	size_t max_event;
	enum frame_shape shape;
	bool exact; // run_stream: each window in memory of its own, so that a byte read behind it shows
};

static inline void
run_must(bool promise, const char *what)
{
	if (promise)
		return;
	fprintf(stderr, "run.h: %s\n", what);
	abort();
}

// `index` empty: the embedded one. `o` NULL: no options.
static inline void
run_open_with(struct run *r, const struct rules_options *o, struct lof_str index)
{
	static const struct rules_options none;
	struct index *ix;

	*r = (struct run){ .max_event = 16 << 20 };
	run_must(attack_load(NULL) == LOF_OK, "attack_load");
	run_must(rules_load(&r->rules, o ? o : &none, NULL, NULL, NULL) == LOF_OK, "rules_load");
	run_must((index.n ? index_load(&ix, index, "index", NULL) : index_builtin(&ix, true, NULL)) == LOF_OK, "index_load");
	run_must(book_add(&r->book, ix, NULL) == LOF_OK, "book_add");
	r->engine = (struct engine){ .rules = r->rules, .book = &r->book, .key = LOF_LIT("lofp"), .want = { .max = 5, .weak = 5 },
	    .max_bytes = 4096 };
	run_must(enrich_init(&r->e, &r->engine), "enrich_init");
	sink_init(&r->out, -1);
}

static inline void
run_open(struct run *r)
{
	run_open_with(r, NULL, LOF_LIT(""));
}

// After a change of r->engine.
static inline void
run_again(struct run *r)
{
	enrich_free(&r->e);
	run_must(enrich_init(&r->e, &r->engine), "enrich_init");
}

static inline void
run_close(struct run *r)
{
	enrich_free(&r->e);
	sink_free(&r->out);
	book_free(&r->book);
	rules_free(r->rules);
}

// One text. What comes out is in r->out.buf; of bad text, with no option for it, what went in.
static inline enum outcome
run_text(struct run *r, const char *text, size_t n)
{
	enum outcome o;

	r->out.buf.n = 0;
	r->e.around = 0;
	o = enrich_text(&r->e, text, n, &r->out);
	if (o == OUT_BAD || o == OUT_CUT)
		sink_put(&r->out, text, n);
	return o;
}

static inline struct lof_str
run_view(const struct run *r)
{
	return buf_view(&r->out.buf);
}

static inline void
run_take(struct run *r, struct piece p)
{
	enum outcome o = OUT_BAD;

	if (p.kind == FRAME_GONE)
		return;
	r->e.around = p.inside;
	if (p.kind == FRAME_EVENT)
		o = enrich_text(&r->e, p.bytes.p, p.bytes.n, &r->out);
	if (o == OUT_BAD || o == OUT_CUT)
		sink_put(&r->out, p.bytes.p, p.bytes.n);
}

// A stream that arrives in pieces: step(arg) says how many bytes the next read brings. Counts in *events, by kind, what
// the frame made of it, if not NULL.
static inline void
run_stream(struct run *r, const char *text, size_t n, size_t (*step)(void *arg), void *arg, size_t events[FRAME_KINDS])
{
	size_t used = 0, have = 0, idle = 0;
	bool end = false;
	struct frame f;

	struct opener opener = { enrich_opens, &r->e, r->engine.key };

	frame_init(&f, r->shape, r->max_event);
	f.opener = &opener;
	r->out.buf.n = 0;
	for (;;) {
		char *copy = r->exact ? malloc(have - used ? have - used : 1) : NULL;
		const char *window = r->exact ? copy : text + used;
		struct piece p;

		if (r->exact && have > used)
			memcpy(copy, text + used, have - used);
		p = frame_next(&f, window, have - used, end);
		run_must(p.bytes.n <= have - used && (p.bytes.n == 0 || p.bytes.p == window), "a piece outside the window");
		if (p.kind != FRAME_MORE) {
			run_take(r, p);
			used += p.bytes.n;
			if (events)
				events[p.kind]++;
		}
		idle = p.bytes.n ? 0 : idle + 1;
		run_must(idle < 8, "the frame stands still");
		free(copy);
		if (p.kind != FRAME_MORE)
			continue;
		if (end)
			break;
		idle = 0;
		if (have == n) {
			end = true;
			continue;
		}
		size_t more = step(arg);
		more = more ? more : 1;
		have += more < n - have ? more : n - have;
	}
	run_must(used == n, "bytes were left");
	frame_free(&f);
}

// Steps for run_stream.
static inline size_t
step_all(void *arg)
{
	(void)arg;
	return SIZE_MAX;
}
static inline size_t
step_one(void *arg)
{
	(void)arg;
	return 1;
}

// A small generator of numbers, the same on every machine.
static inline uint64_t
run_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

#endif
