// lofpipe [FILE...]: the filter.
#include "cli/cli.h"
#include "cli/reload.h"

#include "base/io.h"
#include "stream/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
same_file(const struct stat *a, int fd)
{
	struct stat b;
	return fd >= 0 && fstat(fd, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

// Is the file that fd writes to one that is to be read?
static bool
is_input(int fd, const struct options *o)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	bool same = o->n_operands == 0 && same_file(&st, STDIN_FILENO);
	for (size_t i = 0; !same && i < o->n_operands; i++) {
		bool is_stdin = strcmp(o->operands[i], "-") == 0;
		int in = is_stdin ? STDIN_FILENO : open(o->operands[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		same = same_file(&st, in);
		if (in >= 0 && !is_stdin)
			close(in);
	}
	return same;
}

// Opens for writing; -1 with *e. What is to be read is not emptied first.
static int
open_out(const char *path, const struct options *o, struct lof_err *e)
{
	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0 && is_input(fd, o)) {
		close(fd);
		lof_err_set(e, LOF_E_IO, "input file is output file:", lof_cstr(path));
		return -1;
	}
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && ftruncate(fd, 0) != 0)) {
		lof_err_sys(e, path, "cannot write");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int
open_input(const char *path, uint64_t *size, struct lof_err *e)
{
	struct stat st;
	*size = 0;
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		lof_err_sys(e, path, "cannot read");
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		lof_err_sys(e, path, "cannot read");
		close(fd);
		return -1;
	}
	if (S_ISREG(st.st_mode))
		*size = (uint64_t)st.st_size;
	return fd;
}

// A file without an end to its last line would run into the next.
static void
end_line(struct pump *p)
{
	const struct frame *f = &p->lane.frame;
	bool ended = p->enricher.engine->emit != EMIT_EVENT && f->shape == SHAPE_VALUES; // each answer was
	if (f->shape < SHAPE_LENGTH && p->lane.last && p->lane.last != f->delimiter && !ended)
		sink_put(&p->out, &f->delimiter, 1);
}

// One FILE. A file that cannot be read does not stop the others. Status.
static int
run_file(struct pump *p, const char *path, bool *stopped)
{
	struct lof_err e = { 0 };
	uint64_t size;
	int fd = open_input(path, &size, &e);
	enum lof_rc rc = fd < 0 ? e.rc : pump_run(p, fd, path, size, stopped, &e);
	if (fd > STDIN_FILENO)
		close(fd);
	if (rc) {
		progress_clear(&p->progress);
		lof_err_print(stderr, &e);
	}
	return rc ? STATUS_BAD : STATUS_OK;
}

static int
run_all(struct pump *p, const struct options *o)
{
	struct lof_err e = { 0 };
	bool stopped = false;
	int status = STATUS_OK;
	if (o->listen.n) {
		status = listen_all(p, o);
	} else if (o->n_operands == 0) {
		if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !o->quiet)
			fputs("lofpipe: reading events from the terminal (see lofpipe -h)\n", stderr);
		if (pump_run(p, STDIN_FILENO, "standard input", 0, &stopped, &e))
			status = fail(&e);
	}
	for (size_t i = 0; i < o->n_operands && !stopped && !p->out.error; i++) {
		int one = run_file(p, o->operands[i], &stopped);
		status = one ? one : status;
		if (i + 1 < o->n_operands)
			end_line(p);
	}
	return status;
}

// What is still to be written, and what the counters say of the status.
static int
end(struct pump *p, const struct options *o, int status)
{
	struct lof_err e = { 0 };
	enum lof_rc rc = pump_end(p, &e);
	if (rc) {
		if (e.sys != EPIPE)
			lof_err_print(stderr, &e);
		return STATUS_IO;
	}
	const struct counters *c = &p->enricher.count;
	if (!status && (c->of[OUT_BAD] || c->of[OUT_CUT]) && (o->strict || o->on_bad == BAD_STOP))
		status = STATUS_BAD;
	return status;
}

static bool
wants_summary(const struct options *o, FILE *log)
{
	return log && (o->verbose || isatty(fileno(log)) || o->log);
}

static int
report(struct pump *p, const struct options *o, FILE *log)
{
	struct lof_buf b = { 0 };
	struct lof_err e = { 0 };
	int status = STATUS_OK;
	if (wants_summary(o, log)) {
		count_line(&p->enricher.count, pump_seconds(p), &b);
		progress_clear(&p->progress);
		fprintf(log, "lofpipe: %.*s\n", (int)b.n, b.p);
	}
	b.n = 0;
	chores_end(&p->chores);
	if (o->stats) {
		chores_stats(&p->chores, &b);
		if (io_replace(o->stats, buf_view(&b), &e))
			status = fail(&e);
	}
	buf_free(&b);
	return status;
}

static bool
has_progress(const struct options *o, const struct session *s)
{
	return s->log == stderr && isatty(STDERR_FILENO) && o->n_operands;
}

// Over all FILEs that have a size.
static struct progress
progress_over(const struct options *o, double begun)
{
	struct progress g = { .to = stderr, .begun = begun };
	struct winsize w;
	struct stat st;
	for (size_t i = 0; i < o->n_operands; i++)
		if (stat(o->operands[i], &st) == 0 && S_ISREG(st.st_mode))
			g.all += (uint64_t)st.st_size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0)
		g.width = w.ws_col;
	return g;
}

static int
run(const struct options *o, struct session *s, const struct pump_options *po)
{
	struct pump p;
	if (!pump_init(&p, &s->engine, po)) {
		struct lof_err e = { 0 };
		lof_err_set(&e, LOF_E_MEM, "not enough memory", LOF_LIT(""));
		lof_err_print(stderr, &e);
		return STATUS_REFUSED;
	}
	if (has_progress(o, s))
		p.progress = progress_over(o, p.chores.started);
	int status = o->output_dir ? batch_run(&p, o, wants_summary(o, s->log) ? s->log : NULL) : run_all(&p, o);
	status = end(&p, o, status);
	int told = report(&p, o, s->log);
	pump_free(&p);
	return status ? status : told;
}

int
cmd_filter(const struct options *o)
{
	struct session s;
	struct reload_from from = { &s, o };
	struct lof_err e = { 0 };
	if (listen_check(o, &e) || (o->output_dir && batch_check(o, &e)))
		return fail(&e);
	signals_take_hup(); // from here on what changes is loaded again
	const struct reload reload = reload_of(&from);
	int status = session_open(&s, o, NEED_RULES | NEED_NOTES);
	if (status)
		return status;
	// Who wants an answer to each line waits for it: no value is looked for over lines then.
	struct pump_options po = {
		.lane = { .max_event = o->max_event, .on_bad = o->on_bad, .log = s.log, .wipe = has_progress(o, &s),
		    .prefix_until = lof_cstr(o->prefix_until && strcmp(o->prefix_until, "\\t") == 0 ? "\t" : o->prefix_until),
		    .shape = o->input == SHAPE_AUTO && (o->emit != EMIT_EVENT || o->prefix_until || o->listen.n) ? SHAPE_LINES : o->input },
		.reject = -1, .reload = reload, .metrics = o->metrics,
		.tally = o->stats || o->metrics ? tally_new(s.rules) : NULL,
		.out = o->output_dir || o->listen.n ? -1 : open_out(o->output ? o->output : "-", o, &e),
		.out_name = o->output ? o->output : "standard output",
	};
	if (!e.rc && o->reject)
		po.reject = open_out(o->reject, o, &e);
	status = e.rc ? fail(&e) : run(o, &s, &po);
	if (o->output && po.out > STDERR_FILENO && close(po.out) != 0 && !status) {
		lof_err_sys(&e, o->output, "writing failed");
		status = fail(&e);
	}
	tally_free(po.tally);
	session_close(&s);
	return status;
}
