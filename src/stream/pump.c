#include "stream/pump.h"

#include "base/io.h"
#include "stream/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

// How much is read at once; also the size we ask for on pipes, where one full write is one full read of the neighbour.
enum { READ_BLOCK = 256 * 1024, PIPE_BLOCK = 256 * 1024, WARNINGS_MAX = 20 };

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double
pump_seconds(const struct pump *p)
{
	return now() - p->started;
}

static void
widen_pipe(int fd)
{
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fcntl(fd, F_GETPIPE_SZ) < PIPE_BLOCK)
		fcntl(fd, F_SETPIPE_SZ, PIPE_BLOCK); // may be refused: then it stays as it was
}

bool
pump_init(struct pump *p, const struct engine *engine, const struct pump_options *o)
{
	*p = (struct pump){ .options = o, .started = now() };
	sink_init(&p->out, o->out);
	sink_init(&p->reject, o->reject);
	frame_init(&p->frame, o->shape, o->max_event);
	widen_pipe(o->out);
	return enrich_init(&p->enricher, engine);
}

void
pump_free(struct pump *p)
{
	enrich_free(&p->enricher);
	sink_free(&p->out);
	sink_free(&p->reject);
	frame_free(&p->frame);
	buf_free(&p->in);
}

// With --emit patch every line has an answer, though it be an empty one.
static void
answer(struct pump *p)
{
	if (p->enricher.engine->emit != EMIT_EVENT && !p->enricher.patched)
		sink_put(&p->out, "{}", 2);
	if (p->enricher.engine->emit != EMIT_EVENT && p->frame.shape != SHAPE_LINES)
		sink_put(&p->out, "\n", 1);
}

static void
pass(struct pump *p, struct lof_str bytes)
{
	if (p->enricher.engine->emit == EMIT_EVENT)
		sink_put(&p->out, bytes.p, bytes.n);
}

// --- bad events -----------------------------------------------------------------------------------------------------

static void
warn(struct pump *p, const char *name, uint32_t line, uint32_t col, const char *why)
{
	FILE *log = p->options->log;
	if (!log || p->warned++ >= WARNINGS_MAX) {
		if (log && p->warned == WARNINGS_MAX + 1)
			fprintf(log, "lofpipe: more bad events follow; they are counted\n");
		return;
	}
	struct lof_err e = { 0 };
	lof_err_at(&e, LOF_OK, name, line, col, why, LOF_LIT(""));
	lof_err_print(log, &e);
}

// One line of where and why, then the event's own bytes.
static void
reject(struct pump *p, const char *name, struct lof_str bytes, uint32_t line, uint32_t col, const char *why)
{
	if (p->options->reject < 0)
		return;
	char head[512];
	int n = snprintf(head, sizeof head, "#lofpipe %s:%u:%u: %s\n", name, line, col, why);
	sink_put(&p->reject, head, n < (int)sizeof head ? (size_t)n : sizeof head - 1);
	sink_put(&p->reject, bytes.p, bytes.n);
	sink_put(&p->reject, "\n", 1);
}

// A bad event: told, kept aside, and passed on or not. False when it ends the stream.
static bool
bad_event(struct pump *p, const char *name, struct lof_str bytes, uint64_t first_line, size_t at, const char *why)
{
	uint32_t line, col;
	lof_line_col(bytes, at, &line, &col);
	line += (uint32_t)first_line - 1;
	warn(p, name, line, col, why);
	reject(p, name, bytes, line, col, why);
	if (p->options->on_bad == BAD_PASS && !p->cut_short) {
		pass(p, bytes);
		answer(p);
	}
	p->dropped = p->options->on_bad == BAD_DROP || p->cut_short;
	return p->options->on_bad != BAD_STOP;
}

// --- pieces ---------------------------------------------------------------------------------------------------------

static void
count_bad(struct pump *p, enum outcome o)
{
	p->enricher.count.events++;
	p->enricher.count.of[o]++;
}

static bool
take_event(struct pump *p, const char *name, struct lof_str bytes, uint64_t line)
{
	struct enricher *e = &p->enricher;
	enum outcome o = enrich_text(e, bytes.p, bytes.n, &p->out);
	if (o == OUT_BAD || o == OUT_CUT)
		return bad_event(p, name, bytes, line, e->bad_at, e->why);
	answer(p);
	return true;
}

static bool
take(struct pump *p, const char *name, const struct piece *piece, uint64_t line)
{
	struct enricher *e = &p->enricher;
	e->patched = false;
	p->dropped &= piece->kind == FRAME_BETWEEN;
	switch (piece->kind) {
	case FRAME_EVENT:
		return take_event(p, name, piece->bytes, line);
	case FRAME_WRECK:
		count_bad(p, OUT_BAD);
		return bad_event(p, name, piece->bytes, line, piece->bytes.n, "expected the value to go on");
	case FRAME_LONG:
		count_bad(p, OUT_TOO_LONG);
		warn(p, name, (uint32_t)line, 1, "event over --max-event, passed through as it is");
		pass(p, piece->bytes);
		answer(p);
		return true;
	case FRAME_BLANK:
		e->count.blank++;
		pass(p, piece->bytes);
		answer(p);
		return true;
	case FRAME_BETWEEN:
		if (p->dropped && p->frame.shape == SHAPE_LINES) // a line that is dropped takes its end along
			p->dropped = false;
		else if (e->engine->emit == EMIT_EVENT || (p->frame.shape == SHAPE_LINES && *piece->bytes.p == '\n'))
			sink_put(&p->out, piece->bytes.p, piece->bytes.n);
		return true;
	default:
		pass(p, piece->bytes);
		return true;
	}
}

// --- the loop -------------------------------------------------------------------------------------------------------

// Room for more input: what is left moves to the front, and the buffer grows as far as one event may.
static void
make_room(struct pump *p, size_t used)
{
	if (used) {
		memmove(p->in.p, p->in.p + used, p->in.n - used);
		p->in.n -= used;
	}
	if (p->in.cap - p->in.n < READ_BLOCK / 4)
		buf_room(&p->in, READ_BLOCK);
}

// SIGUSR1: the counters, where they were asked for or else where a person looks.
static void
tell_counters(struct pump *p)
{
	struct lof_buf b = { 0 };
	FILE *f = p->options->log ? p->options->log : stderr;
	signals_usr1 = 0;
	count_line(&p->enricher.count, pump_seconds(p), &b);
	fprintf(f, "lofpipe: %.*s\n", (int)b.n, b.p);
	fflush(f);
	buf_free(&b);
}

// A signal ends the stream, maybe within a line: what is there already of its rest is taken, and not a byte of the
// next, which is for whoever reads on from the same pipe. If it still has no end it is no record, and is not put out.
static void
finish_line(struct pump *p, int fd)
{
	bool lines = p->frame.shape != SHAPE_VALUES, inside = p->in.n || p->frame.skipping;
	char last = 0;
	while (lines && inside && last != '\n' && p->in.n < p->in.cap && signals_wait(fd, true) &&
	    io_read(fd, p->in.p + p->in.n, 1) == 1) {
		last = p->in.p[p->in.n++];
		p->enricher.count.bytes_in++;
	}
	p->cut_short = last != '\n';
}

// Reads on. 1: bytes came; 0: the end, or a signal; -1: failed.
static int
fill(struct pump *p, int fd)
{
	bool ready = signals_wait(fd, true);
	if (!ready) { // nobody may wait for what we hold while we wait ourselves
		sink_flush(&p->out);
		sink_flush(&p->reject);
	}
	while (!signals_stop && !p->out.error) {
		if (signals_usr1)
			tell_counters(p);
		if (!ready && !(ready = signals_wait(fd, false)))
			continue;
		size_t room = p->in.cap - p->in.n;
		ssize_t n = io_read(fd, p->in.p + p->in.n, room < READ_BLOCK ? room : READ_BLOCK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		p->in.n += (size_t)n;
		p->enricher.count.bytes_in += (uint64_t)n;
		return 1;
	}
	finish_line(p, fd);
	return 0;
}

static void
progress(struct pump *p, const char *name, uint64_t done, uint64_t size)
{
	static double last;
	double t = now();
	if (!p->options->progress || !p->options->log || t - last < 0.2)
		return;
	last = t;
	fprintf(p->options->log, "\r\033[K%s: %.0f MB", name, (double)done / 1e6);
	if (size)
		fprintf(p->options->log, " of %.0f, %.0f %%", (double)size / 1e6, 100 * (double)done / (double)size);
	fflush(p->options->log);
}

enum lof_rc
pump_run(struct pump *p, int fd, const char *name, uint64_t size, bool *stopped, struct lof_err *e)
{
	size_t used = 0;
	bool end = false;
	uint64_t begun = p->enricher.count.bytes_in;
	enum lof_rc rc = LOF_OK;
	frame_restart(&p->frame);
	widen_pipe(fd);
	p->in.n = 0;
	*stopped = false;
	p->last = 0;
	make_room(p, 0);
	for (;;) {
		uint64_t line = p->frame.line;
		struct piece piece = frame_next(&p->frame, p->in.p + used, p->in.n - used, end);
		if (piece.kind != FRAME_MORE) {
			used += piece.bytes.n;
			if (!take(p, name, &piece, line)) {
				*stopped = true;
				return LOF_OK;
			}
			if (piece.bytes.n && !p->dropped)
				p->last = piece.bytes.p[piece.bytes.n - 1];
			if (p->out.error)
				break;
			continue;
		}
		if (end)
			break;
		make_room(p, used);
		used = 0;
		int got = fill(p, fd);
		if (got < 0) // what has been read still goes out
			rc = lof_err_sys(e, name, "reading failed");
		end = got <= 0;
		progress(p, name, p->enricher.count.bytes_in - begun, size);
	}
	p->enricher.count.lines += p->frame.line - 1;
	*stopped = signals_stop;
	return rc;
}

enum lof_rc
pump_end(struct pump *p, struct lof_err *e)
{
	sink_flush(&p->out);
	sink_flush(&p->reject);
	p->enricher.count.bytes_out = p->out.written;
	errno = p->out.error ? p->out.error : p->reject.error;
	if (p->out.error)
		return lof_err_sys(e, p->options->out_name, "writing failed");
	return p->reject.error ? lof_err_sys(e, "--reject", "writing failed") : LOF_OK;
}
