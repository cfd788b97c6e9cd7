// The public face: the rooms below it seen through plain C types. See lofpipe.h for what is promised.
#include "lofpipe.h"

#include "json/block.h"
#include "json/jstr.h"
#include "stream/enrich.h"

#include <pthread.h>
#include <stdlib.h>

// What one thread needs to enrich.
struct worker {
	struct enricher enricher;
	struct worker *next;
};

struct lofpipe {
	struct rules *rules;
	struct book book;
	struct engine engine;
	char *key;
	pthread_mutex_t lock; // of idle
	struct worker *idle;
};

#define SAME(public_, inner) _Static_assert((int)(public_) == (int)(inner), "the public number is the inner one")
SAME(LOFPIPE_E_IO, LOF_E_IO);
SAME(LOFPIPE_E_MEMORY, LOF_E_MEM);
SAME(LOFPIPE_E_OPTION, LOF_E_USAGE);
SAME(LOFPIPE_E_RULE, LOF_E_RULE);
SAME(LOFPIPE_E_INDEX, LOF_E_INDEX);
SAME(LOFPIPE_ENRICHED, OUT_ENRICHED);
SAME(LOFPIPE_NO_NOTES, OUT_NO_NOTES);
SAME(LOFPIPE_NO_KEY, OUT_NO_KEY);
SAME(LOFPIPE_NOT_OBJECT, OUT_NOT_OBJECT);
SAME(LOFPIPE_BAD, OUT_BAD);
SAME(LOFPIPE_CUT, OUT_CUT);
SAME(LOFPIPE_TOO_LONG, OUT_TOO_LONG);
SAME(LOFPIPE_STYLE_FULL, STYLE_FULL);
SAME(LOFPIPE_STYLE_TEXT, STYLE_TEXT);
SAME(LOFPIPE_STYLE_IDS, STYLE_IDS);

// --- errors ---------------------------------------------------------------------------------------------------------

// An inner error as the caller sees it; with LOF_OK, none.
static void
tell(struct lofpipe_error *to, const struct lof_err *e)
{
	char text[96];

	if (!to)
		return;
	*to = (struct lofpipe_error){ .code = (int)e->rc, .line = e->line, .column = e->col };
	if (!e->rc)
		return;
	memcpy(to->file, e->file, sizeof(to->file));
	snprintf(to->message, sizeof(to->message), "%s%s%s%s%s%s%s%s%s", e->what ? e->what : "failed",
	    e->arg[0] ? " \"" : "", e->arg, e->arg[0] ? "\"" : "", e->hint ? " (did you mean \"" : "",
	    e->hint ? e->hint : "", e->hint ? "\"?)" : "", e->sys ? ": " : "",
	    e->sys ? strerror_r(e->sys, text, sizeof(text)) : "");
}
SAME(sizeof((struct lofpipe_error){ 0 }.file), sizeof((struct lof_err){ 0 }.file));

static void
tell_event(struct lofpipe_error *to, struct lof_str event, size_t at, const char *why)
{
	uint32_t line, column;

	if (!to)
		return;
	// What ends too early does so before its newline, not on the line behind it.
	if (at >= event.n) {
		struct lof_str trimmed = lof_str_trim(event);
		at = trimmed.n ? (size_t)(trimmed.p - event.p) + trimmed.n : 0;
	}
	lof_line_col(event, at, &line, &column);
	*to = (struct lofpipe_error){ .code = LOFPIPE_E_EVENT, .line = line, .column = column };
	snprintf(to->message, sizeof(to->message), "%s", why);
}

// --- options --------------------------------------------------------------------------------------------------------

void
lofpipe_options_init(struct lofpipe_options *options, size_t size)
{
	struct lofpipe_options defaults = { .size = size, .key = "lofp", .max_notes = 5, .max_bytes = 4096, .max_weak = 1 };

	memset(options, 0, size);
	memcpy(options, &defaults, size < sizeof(defaults) ? size : sizeof(defaults));
}

enum {
	// The members of the first version, and more than there will ever be: outside is chance, not a size.
	OPTIONS_FIRST = offsetof(struct lofpipe_options, no_default_index) + sizeof(int),
	OPTIONS_SANE = 4096,
};

// Our own copy of options that an older or newer program may have made: what it does not know has its default, what we
// do not know must be unused.
static enum lof_rc
options_take(struct lofpipe_options *o, const struct lofpipe_options *given, struct lof_err *e)
{
	const struct lof_str none = { NULL, 0 };

	lofpipe_options_init(o, sizeof(*o));
	if (!given)
		return LOF_OK;
	if (given->size < OPTIONS_FIRST || given->size > OPTIONS_SANE)
		return lof_err_set(e, LOF_E_USAGE, "options that lofpipe_options_init has not seen", none);
	for (size_t i = sizeof(*o); i < given->size; i++)
		if (((const char *)given)[i])
			return lof_err_set(e, LOF_E_USAGE, "an option that this version does not have", none);
	memcpy(o, given, given->size < sizeof(*o) ? given->size : sizeof(*o));
	if ((o->n_index_files && !o->index_files) || (o->n_rules_dirs && !o->rules_dirs))
		return lof_err_set(e, LOF_E_USAGE, "a list of files that is NULL", none);
	if (!o->key || !o->key[0])
		return lof_err_set(e, LOF_E_USAGE, "a key without a name", none);
	if (o->style < LOFPIPE_STYLE_FULL || o->style > LOFPIPE_STYLE_IDS)
		return lof_err_set(e, LOF_E_USAGE, "a style that there is not", none);
	if (!(o->min_score >= 0 && o->min_score <= 1))
		return lof_err_set(e, LOF_E_USAGE, "a score that is not from 0 to 1", none);
	return LOF_OK;
}

// --- opening --------------------------------------------------------------------------------------------------------

// What all handles share: the table of techniques, the choice of the scanner. A mutex, not pthread_once: older C
// libraries have only the mutex without a library of its own, and the program links this file too.
static enum lof_rc
load_shared(struct lof_err *e)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool done;
	enum lof_rc rc = LOF_OK;

	pthread_mutex_lock(&lock);
	if (!done && !(rc = attack_load(e)))
		done = block_choose(BLOCK_AUTO);
	pthread_mutex_unlock(&lock);
	return rc;
}

static struct worker *
worker_new(const struct engine *en)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w && !enrich_init(&w->enricher, en)) {
		enrich_free(&w->enricher);
		free(w);
		w = NULL;
	}
	return w;
}

static enum lof_rc
fill(struct lofpipe *h, const struct lofpipe_options *o, struct lof_err *e)
{
	const struct rules_options ro = { .dirs = o->rules_dirs, .n_dirs = o->n_rules_dirs };
	enum lof_rc rc = load_shared(e);

	rc = rc ? rc : rules_load(&h->rules, &ro, NULL, NULL, e);
	rc = rc ? rc : book_open(&h->book, o->no_default_index, o->index_files, o->n_index_files, e);
	if (rc)
		return rc;
	h->engine = (struct engine){
		.rules = h->rules, .book = &h->book, .want = { o->max_notes, o->max_weak, (float)o->min_score }, .max_bytes = o->max_bytes,
		.style = (enum style)o->style, .emit = EMIT_EVENT,
	};
	if (!(h->key = strdup(o->key)))
		return lof_err_set(e, LOF_E_MEM, "out of memory", LOF_STR(NULL, 0));
	h->engine.key = lof_cstr(h->key);
	if (!enrich_key_fits(h->engine.key))
		return lof_err_set(e, LOF_E_USAGE, "expected a key of 1 to 255 bytes of UTF-8, not", h->engine.key);
	// The first worker now: who lacks the memory for it should hear so here.
	h->idle = worker_new(&h->engine);
	return h->idle ? LOF_OK : lof_err_set(e, LOF_E_MEM, "out of memory", LOF_STR(NULL, 0));
}

// --- the pool of workers --------------------------------------------------------------------------------------------

// NULL when there is none and no memory for one.
static struct worker *
take(struct lofpipe *h)
{
	struct worker *w;

	pthread_mutex_lock(&h->lock);
	if ((w = h->idle))
		h->idle = w->next;
	pthread_mutex_unlock(&h->lock);
	return w ? w : worker_new(&h->engine);
}

// The last one back is the first to go out again: its scratch is still in the cache.
static void
give_back(struct lofpipe *h, struct worker *w)
{
	pthread_mutex_lock(&h->lock);
	w->next = h->idle;
	h->idle = w;
	pthread_mutex_unlock(&h->lock);
}

// --- public ---------------------------------------------------------------------------------------------------------

const char *
lofpipe_version(void)
{
	return LOF_VERSION;
}

struct lofpipe *
lofpipe_open(const struct lofpipe_options *options, struct lofpipe_error *error)
{
	struct lof_err e = { 0 };
	struct lofpipe_options o;
	struct lofpipe *h = calloc(1, sizeof(*h));

	if (!h) {
		lof_err_set(&e, LOF_E_MEM, "out of memory", LOF_STR(NULL, 0));
	} else {
		pthread_mutex_init(&h->lock, NULL);
		if (options_take(&o, options, &e) || fill(h, &o, &e)) {
			lofpipe_close(h);
			h = NULL;
		}
	}
	tell(error, &e);
	return h;
}

const char *
lofpipe_notes_version(const struct lofpipe *handle)
{
	return handle->book.version;
}

enum lofpipe_outcome
lofpipe_enrich(struct lofpipe *handle, const char *event, size_t size, struct lofpipe_buffer *out,
    struct lofpipe_error *error)
{
	struct sink sink = { .buf = { out->data, 0, out->capacity }, .fd = -1 };
	struct worker *w = take(handle);
	struct lof_err e = { 0 };
	enum outcome o = OUT_TOO_LONG;

	if (!w) {
		out->size = 0;
		lof_err_set(&e, LOF_E_MEM, "out of memory", LOF_STR(NULL, 0));
		tell(error, &e);
		return LOFPIPE_FAILED;
	}
	tell(error, &e);
	if (size < UINT32_MAX)
		o = enrich_text(&w->enricher, event, size, &sink);
	if (o == OUT_BAD || o == OUT_CUT)
		tell_event(error, LOF_STR(event, size), w->enricher.bad_at, w->enricher.why);
	if (o == OUT_BAD || o == OUT_CUT || o == OUT_TOO_LONG)
		sink_put(&sink, event, size); // nobody has yet
	give_back(handle, w);
	*buf_room(&sink.buf, 1) = 0;
	*out = (struct lofpipe_buffer){ sink.buf.p, sink.buf.n, sink.buf.cap };
	return (enum lofpipe_outcome)o;
}

void
lofpipe_buffer_free(struct lofpipe_buffer *buffer)
{
	if (!buffer)
		return;
	free(buffer->data);
	*buffer = (struct lofpipe_buffer){ 0 };
}

void
lofpipe_close(struct lofpipe *handle)
{
	if (!handle)
		return;
	for (struct worker *w = handle->idle, *next; w; w = next) {
		next = w->next;
		enrich_free(&w->enricher);
		free(w);
	}
	rules_free(handle->rules);
	book_free(&handle->book);
	pthread_mutex_destroy(&handle->lock);
	free(handle->key);
	free(handle);
}
