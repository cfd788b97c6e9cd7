/*
 * measure: run a command or a pipeline and say what it cost.
 *
 *	measure [-i IN] [-o OUT] [-r RUNS] COMMAND [ARG]... [:: COMMAND [ARG]...]...
 *
 * IN is the first command's standard input and OUT the last one's standard output, both /dev/null by default. Prints
 * one line: wall seconds from the first fork to the last exit (the median of RUNS), processor seconds of all commands
 * in the last run, and the peak resident memory in KiB of the second command of a pipeline or the only one there is.
 *
 *	measure -l EVENTS -i IN COMMAND [ARG]...
 *
 * writes one line of IN to the command, waits for the line it answers, and so on; prints the median and the 99th
 * percentile of that wait in microseconds.
 *
 * Exits 1 when a command failed, so that a broken competitor cannot pass for a fast one.
 */
#include "clock.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_STAGES 8
#define MAX_RUNS 10000
#define MAX_LINES (64 << 20)

struct stages {
	char **argv[MAX_STAGES];
	int n;
};

struct cost {
	double wall, cpu;
	long rss_kib;
};

static double
seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

/* Cut argv at each "::" and end every piece with NULL. */
static void
split(struct stages *st, char **argv)
{
	st->n = 0;
	st->argv[st->n++] = argv;
	for (char **a = argv; *a != NULL; a++) {
		if (strcmp(*a, "::") != 0)
			continue;
		if (st->n == MAX_STAGES)
			errx(2, "more than %d commands", MAX_STAGES);
		*a = NULL;
		st->argv[st->n++] = a + 1;
	}
	for (int i = 0; i < st->n; i++)
		if (st->argv[i][0] == NULL)
			errx(2, "a command is missing");
}

/* Both descriptors are O_CLOEXEC, and so are all others here: dup2 leaves the child with 0, 1 and 2 alone. */
static pid_t
start(char **argv, int in, int out)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(126);
	execvp(argv[0], argv);
	warn("%s", argv[0]);
	_exit(127);
}

static int
open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void
collect(pid_t *pid, int n, struct cost *cost)
{
	struct rusage ru;
	int status;

	for (int i = 0; i < n; i++) {
		if (wait4(pid[i], &status, 0, &ru) < 0)
			err(1, "wait4");
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			errx(1, "command %d failed (wait status %d)", i + 1, status);
		cost->cpu += seconds(ru.ru_utime) + seconds(ru.ru_stime);
		if (i == (n > 1))
			cost->rss_kib = ru.ru_maxrss;
	}
}

static struct cost
run(const struct stages *st, const char *in, const char *out)
{
	pid_t pid[MAX_STAGES];
	struct cost cost = { 0, 0, 0 };
	int from = open_or_die(in, O_RDONLY);
	double began = now();

	for (int i = 0; i < st->n; i++) {
		int end[2] = { -1, -1 };

		if (i + 1 < st->n) {
			if (pipe2(end, O_CLOEXEC) < 0)
				err(1, "pipe");
		} else
			end[1] = open_or_die(out, O_WRONLY | O_CREAT | O_TRUNC);
		pid[i] = start(st->argv[i], from, end[1]);
		close(from);
		close(end[1]);
		from = end[0];
	}
	collect(pid, st->n, &cost);
	cost.wall = now() - began;
	return cost;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* One line there and one back; the answers of a line arrive in as many reads as they like. */
static double
round_trip(int to, int from, const char *line, size_t n)
{
	static char answer[1 << 16];
	double began = now();

	for (ssize_t k; n > 0; line += k, n -= (size_t)k)
		if ((k = write(to, line, n)) < 0)
			err(1, "write");
	for (ssize_t k = 0; k == 0 || answer[k - 1] != '\n';)
		if ((k = read(from, answer, sizeof(answer))) <= 0)
			errx(1, "the command ended");
	return (now() - began) * 1e6;
}

static void
latency(char **argv, const char *in, int events)
{
	static double wait[MAX_RUNS];
	char *lines = malloc(MAX_LINES), *at = lines, *nl;
	int there[2], back[2], fd = open_or_die(in, O_RDONLY);
	ssize_t n = lines == NULL ? -1 : read(fd, lines, MAX_LINES);

	if (n <= 0 || pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		err(1, "%s", in);
	pid_t pid = start(argv, there[0], back[1]);
	for (int i = -100; i < events; i++) { /* the first hundred warm it up */
		if ((nl = memchr(at, '\n', (size_t)(lines + n - at))) == NULL)
			nl = memchr(at = lines, '\n', (size_t)n);
		double us = round_trip(there[1], back[0], at, (size_t)(nl + 1 - at));
		if (i >= 0)
			wait[i] = us;
		at = nl + 1;
	}
	close(there[1]);
	if (waitpid(pid, NULL, 0) < 0)
		err(1, "waitpid");
	qsort(wait, (size_t)events, sizeof(wait[0]), by_size);
	printf("%.1f %.1f\n", wait[events / 2], wait[events * 99 / 100]);
}

int
main(int argc, char **argv)
{
	static double wall[MAX_RUNS];
	const char *in = "/dev/null", *out = "/dev/null";
	struct cost cost = { 0, 0, 0 };
	struct stages st;
	int c, runs = 1, events = 0;

	while ((c = getopt(argc, argv, "+i:l:o:r:")) != -1) {
		if (c == 'i')
			in = optarg;
		else if (c == 'o')
			out = optarg;
		else if (c == 'r')
			runs = atoi(optarg);
		else if (c == 'l')
			events = atoi(optarg);
		else
			return 2;
	}
	if (optind == argc || runs < 1 || runs > MAX_RUNS || events < 0 || events > MAX_RUNS)
		errx(2, "usage: measure [-i IN] [-o OUT] [-r RUNS | -l EVENTS] COMMAND [ARG]... [:: COMMAND...]");
	if (events > 0) {
		latency(argv + optind, in, events);
		return 0;
	}
	split(&st, argv + optind);
	for (int i = 0; i < runs; i++) {
		cost = run(&st, in, out);
		wall[i] = cost.wall;
	}
	qsort(wall, (size_t)runs, sizeof(wall[0]), by_size);
	printf("%.6f %.6f %ld\n", wall[runs / 2], cost.cpu, cost.rss_kib);
	return 0;
}
