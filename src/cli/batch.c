// lofpipe --output-dir DIR FILE...: what becomes of each FILE in a file of its own, which is put in place when it is whole.
#include "cli/cli.h"

#include "base/io.h"
#include "stream/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	const char *path;
	char *name; // in DIR
	struct stat is; // st_ino 0: nothing there
};

struct batch {
	const struct options *o;
	struct pump *p;
	FILE *table;
	int dir;
	struct job *jobs;
	size_t n, done;
	int width; // of the column of names
};

// --- names ----------------------------------------------------------------------------------------------------------

static char *
name_of(const char *path)
{
	static const char *const dropped[] = { ".gz", ".zst" };
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	if (!name)
		lof_no_memory();
	for (size_t i = 0, n = strlen(name); i < 2; i++) {
		size_t end = strlen(dropped[i]);
		if (n > end && strcmp(name + n - end, dropped[i]) == 0) {
			name[n - end] = 0;
			break;
		}
	}
	return name;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum lof_rc
batch_check(const struct options *o, struct lof_err *e)
{
	char **names = calloc(o->n_operands + 1, sizeof *names);
	if (!names)
		lof_no_memory();
	if (o->output)
		lof_err_set(e, LOF_E_USAGE, "not both --output-dir and", LOF_LIT("--output"));
	if (o->n_operands == 0)
		lof_err_set(e, LOF_E_USAGE, "expected at least one FILE with", LOF_LIT("--output-dir"));
	for (size_t i = 0; i < o->n_operands; i++) {
		if (strcmp(o->operands[i], "-") == 0)
			lof_err_set(e, LOF_E_USAGE, "expected a FILE that has a name with --output-dir, not", LOF_LIT("-"));
		names[i] = name_of(o->operands[i]);
	}
	qsort(names, o->n_operands, sizeof *names, by_name);
	for (size_t i = 1; i < o->n_operands; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			lof_err_set(e, LOF_E_USAGE, "two FILEs would be one in --output-dir:", lof_cstr(names[i]));
	for (size_t i = 0; i < o->n_operands; i++)
		free(names[i]);
	free(names);
	return e->rc;
}

// --- the table ------------------------------------------------------------------------------------------------------

enum { NAME_LEAST = 5, NAME_MOST = 48 };

static void
put_name(struct batch *b, const char *name)
{
	char shown[NAME_MOST + 1];
	lof_shown(shown, sizeof shown, lof_cstr(name));
	progress_clear(&b->p->progress);
	fprintf(b->table, "%-*s", b->width, shown);
}

// What has been counted since `was`.
static void
put_row(struct batch *b, const char *name, const struct counters *was, double seconds)
{
	const struct counters *c = &b->p->enricher.count;
	if (!b->table)
		return;
	put_name(b, name);
	fprintf(b->table, " %11llu %11llu %9llu %9.1f MB %8.2f s\n", (unsigned long long)(c->events - was->events),
	    (unsigned long long)(c->of[OUT_ENRICHED] - was->of[OUT_ENRICHED]),
	    (unsigned long long)(c->of[OUT_BAD] + c->of[OUT_CUT] - was->of[OUT_BAD] - was->of[OUT_CUT]),
	    (double)(c->bytes_in - was->bytes_in) / 1e6, seconds);
}

static void
put_head(struct batch *b)
{
	b->width = NAME_LEAST;
	for (size_t i = 0; i < b->n; i++) {
		size_t n = strlen(b->jobs[i].name);
		b->width = n > NAME_MOST ? NAME_MOST : (int)n > b->width ? (int)n : b->width;
	}
	if (b->table)
		fprintf(b->table, "%-*s %11s %11s %9s %12s %10s\n", b->width, "file", "events", "enriched", "bad", "bytes", "time");
}

// --- one file -------------------------------------------------------------------------------------------------------

// Would what is written to `path` take the place of something that is to be read?
static bool
is_input(const struct batch *b, const struct job *j)
{
	struct stat st;
	if (fstatat(b->dir, j->name, &st, 0) != 0)
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (b->jobs[i].is.st_ino == st.st_ino && b->jobs[i].is.st_dev == st.st_dev)
			return true;
	return false;
}

// From fd to a file aside, and in place. *stopped: it was not.
static enum lof_rc
write_one(struct batch *b, const struct job *j, int fd, uint64_t size, const char *path, bool *stopped, struct lof_err *e)
{
	struct pump *p = b->p;
	struct io_aside aside;
	if (is_input(b, j))
		return lof_err_set(e, LOF_E_IO, "input file is output file:", lof_cstr(path));
	enum lof_rc rc = io_aside_open(&aside, b->dir, j->is.st_mode & 0666, path, e);
	if (rc)
		return rc;
	signals_scratch(b->dir, aside.name);
	pump_output(p, aside.fd);
	rc = pump_run(p, fd, j->path, size, stopped, e);
	sink_flush(&p->out);
	if (!rc && p->out.error) {
		errno = p->out.error;
		rc = lof_err_sys(e, path, "writing failed");
	}
	p->out.error = 0;
	if (rc || *stopped)
		io_aside_drop(&aside);
	else
		rc = io_aside_place(&aside, j->name, path, e);
	signals_scratch(-1, NULL);
	return rc;
}

static void
run_one(struct batch *b, const struct job *j, bool *stopped)
{
	struct counters was = b->p->enricher.count;
	double begun = pump_seconds(b->p);
	struct lof_err e = { 0 };
	char path[4096];
	uint64_t size;
	int fd = open_input(j->path, &size, &e);
	snprintf(path, sizeof path, "%s/%s", b->o->output_dir, j->name);
	enum lof_rc rc = fd < 0 ? e.rc : write_one(b, j, fd, size, path, stopped, &e);
	if (fd >= 0)
		close(fd);
	if (rc) {
		progress_clear(&b->p->progress);
		lof_err_print(stderr, &e);
	}
	if (!rc && !*stopped) {
		b->done++;
		put_row(b, j->name, &was, pump_seconds(b->p) - begun);
	} else if (b->table) {
		put_name(b, j->name);
		fputs(" not written\n", b->table);
	}
}

// --- all of them ----------------------------------------------------------------------------------------------------

static int
open_folder(const char *path, struct lof_err *e)
{
	if (mkdir(path, 0777) != 0 && errno != EEXIST) {
		lof_err_sys(e, path, "cannot create the folder");
		return -1;
	}
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		lof_err_sys(e, path, "cannot open the folder");
	return fd;
}

static int
run_jobs(struct batch *b, struct lof_err *e)
{
	static const struct counters none;
	bool stopped = false;
	put_head(b);
	for (size_t i = 0; i < b->n && !stopped && !signals_stop; i++)
		run_one(b, &b->jobs[i], &stopped);
	put_row(b, "total", &none, pump_seconds(b->p));
	if ((stopped || signals_stop) && b->done < b->n) {
		progress_clear(&b->p->progress);
		fprintf(stderr, "lofpipe: stopped by a %s; %zu of %zu files were not written\n", signals_stop ? "signal" : "bad event",
		    b->n - b->done, b->n);
	}
	if (io_sync_folder(b->dir) != 0) {
		lof_err_sys(e, b->o->output_dir, "files are in place, but cannot sync the folder");
		return fail(e);
	}
	return b->done < b->n ? STATUS_BAD : STATUS_OK;
}

int
batch_run(struct pump *p, const struct options *o, FILE *table)
{
	struct batch b = { .o = o, .p = p, .table = table, .n = o->n_operands };
	struct lof_err e = { 0 };
	b.dir = open_folder(o->output_dir, &e);
	if (b.dir < 0)
		return fail(&e);
	b.jobs = calloc(b.n, sizeof *b.jobs);
	if (!b.jobs)
		lof_no_memory();
	for (size_t i = 0; i < b.n; i++) {
		b.jobs[i] = (struct job){ .path = o->operands[i], .name = name_of(o->operands[i]) };
		if (stat(o->operands[i], &b.jobs[i].is) != 0)
			b.jobs[i].is = (struct stat){ 0 };
	}
	int status = run_jobs(&b, &e);
	for (size_t i = 0; i < b.n; i++)
		free(b.jobs[i].name);
	free(b.jobs);
	close(b.dir);
	return status;
}
