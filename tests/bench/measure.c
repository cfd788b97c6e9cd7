/*
 * measure: run a command or a pipeline and say what it cost.
 *
 *	measure [-i IN] [-o OUT] [-r RUNS] COMMAND [ARG]... [:: COMMAND [ARG]...]...
 *
 * IN is the first command's standard input and OUT the last one's standard output, both /dev/null by default. Prints
 * one line: wall seconds from the first fork to the last exit (the median of RUNS), processor seconds of all commands
 * in the last run, and the peak resident memory in KiB of the second command of a pipeline or the only one there is.
 * Exits 1 when a command failed, so that a broken competitor cannot pass for a fast one.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_STAGES 8
#define MAX_RUNS 10000

struct stages {
	char **argv[MAX_STAGES];
	int n;
};

struct cost {
	double wall, cpu;
	long rss_kib;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

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

int
main(int argc, char **argv)
{
	static double wall[MAX_RUNS];
	const char *in = "/dev/null", *out = "/dev/null";
	struct cost cost = { 0, 0, 0 };
	struct stages st;
	int c, runs = 1;

	while ((c = getopt(argc, argv, "+i:o:r:")) != -1) {
		if (c == 'i')
			in = optarg;
		else if (c == 'o')
			out = optarg;
		else if (c == 'r')
			runs = atoi(optarg);
		else
			return 2;
	}
	if (optind == argc || runs < 1 || runs > MAX_RUNS)
		errx(2, "usage: measure [-i IN] [-o OUT] [-r RUNS] COMMAND [ARG]... [:: COMMAND...]");
	split(&st, argv + optind);
	for (int i = 0; i < runs; i++) {
		cost = run(&st, in, out);
		wall[i] = cost.wall;
	}
	qsort(wall, (size_t)runs, sizeof(wall[0]), by_size);
	printf("%.6f %.6f %ld\n", wall[runs / 2], cost.cpu, cost.rss_kib);
	return 0;
}
