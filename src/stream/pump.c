#include "stream/pump.h"

#include "base/io.h"
#include "stream/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

// How much is read at once; also the size we ask for on pipes, where one full write is one full read of the neighbour.
enum { READ_BLOCK = 256 * 1024, PIPE_BLOCK = 256 * 1024 };

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
	*p = (struct pump){ .options = o };
	sink_init(&p->out, o->out);
	sink_init(&p->reject, o->reject);
	lane_init(&p->lane, &p->enricher, &o->lane, &p->out, o->reject >= 0 ? &p->reject : NULL);
	chores_init(&p->chores, &p->enricher, &o->reload, o->metrics, o->lane.log);
	widen_pipe(o->out);
	bool ready = enrich_init(&p->enricher, engine);
	p->enricher.tally = o->tally;
	return ready;
}

void
pump_free(struct pump *p)
{
	enrich_free(&p->enricher);
	sink_free(&p->out);
	sink_free(&p->reject);
	lane_free(&p->lane);
	source_free(&p->source);
}

void
pump_output(struct pump *p, int out)
{
	p->out.fd = out;
	p->out.error = 0;
	p->out.buf.n = 0;
	buf_room(&p->out.buf, SINK_BLOCK);
}

// --- the loop -------------------------------------------------------------------------------------------------------

static void
flush(struct pump *p)
{
	sink_flush(&p->out);
	sink_flush(&p->reject);
}

void
pump_attend(struct pump *p)
{
	if (!chores_due(&p->chores))
		return;
	flush(p); // nobody may wait for what we hold
	progress_clear(&p->progress);
	p->enricher.count.bytes_out = p->out.written;
	chores_do(&p->chores);
}

double
pump_seconds(const struct pump *p)
{
	return chores_seconds(&p->chores);
}

// A signal ends the stream, maybe within an event: what is there already of its rest is taken, and not a byte of the
// next, which is for whoever reads on from the same pipe. If it still has no end it is none, and is not put out.
static void
finish_event(struct pump *p)
{
	struct lane *l = &p->lane;
	size_t wants, room;
	while ((wants = frame_wants(&l->frame, l->in.p, l->in.n)) && (room = l->in.cap - l->in.n) &&
	    (source_holds(&p->source) || signals_ready(p->source.fd, 0))) {
		ssize_t n = source_read(&p->source, l->in.p + l->in.n, wants < room ? wants : room);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		l->in.n += n > 0 ? (size_t)n : 0;
		p->enricher.count.bytes_in += n > 0 ? (uint64_t)n : 0;
	}
	l->cut_short = wants || l->frame.shape == SHAPE_VALUES;
}

// Nobody may wait for what we hold while we wait ourselves. False when a signal came first.
static bool
wait_for_more(struct pump *p)
{
	if (source_holds(&p->source) || signals_ready(p->source.fd, 0))
		return true;
	flush(p);
	return !p->out.error && signals_ready(p->source.fd, chores_wait_ms(&p->chores));
}

// Reads on. 1: bytes came; 0: the end, or a signal; -1: failed.
static int
fill(struct pump *p)
{
	while (!signals_leave(p->source.fd) && !p->out.error) {
		pump_attend(p);
		if (!wait_for_more(p) || signals_leave(p->source.fd)) // both may be: then the next event is for who comes after us
			continue;
		size_t room = p->lane.in.cap - p->lane.in.n;
		ssize_t n = source_read(&p->source, p->lane.in.p + p->lane.in.n, room < READ_BLOCK ? room : READ_BLOCK);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return (int)n;
		p->lane.in.n += (size_t)n;
		p->enricher.count.bytes_in += (uint64_t)n;
		return 1;
	}
	finish_event(p);
	return 0;
}

enum lof_rc
pump_run(struct pump *p, int fd, const char *name, uint64_t size, bool *stopped, struct lof_err *e)
{
	bool end = false;
	enum lof_rc rc = LOF_OK;
	lane_restart(&p->lane, name);
	source_start(&p->source, fd);
	lane_room(&p->lane, READ_BLOCK);
	widen_pipe(fd);
	while (lane_take(&p->lane, end, stopped) && !end) {
		lane_room(&p->lane, READ_BLOCK);
		int got = fill(p);
		if (got < 0) // what has been read still goes out
			rc = source_error(&p->source, name, e);
		end = got <= 0;
		progress_show(&p->progress, name, p->source.taken, chores_clock());
	}
	p->progress.done += size;
	if (p->lane.broken)
		rc = lof_err_offset(e, LOF_E_IO, name, p->lane.frame.offset, p->lane.broken, LOF_LIT(""));
	if (*stopped)
		return rc;
	p->enricher.count.lines += p->lane.frame.line - 1;
	*stopped = signals_stop;
	return rc;
}

enum lof_rc
pump_end(struct pump *p, struct lof_err *e)
{
	flush(p);
	p->enricher.count.bytes_out = p->out.written;
	errno = p->out.error ? p->out.error : p->reject.error;
	if (p->out.error)
		return lof_err_sys(e, p->options->out_name, "writing failed");
	return p->reject.error ? lof_err_sys(e, "--reject", "writing failed") : LOF_OK;
}
