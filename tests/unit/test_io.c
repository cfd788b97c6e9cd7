#include "base/io.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[128];

static void
setup(void)
{
	strcpy(folder, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static unsigned
entries(void)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void
teardown(void)
{
	char command[128];

	chmod(folder, 0700);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

static void
holds(const char *name, struct lof_str want)
{
	struct lof_buf b = { 0 };
	struct lof_err e = { 0 };

	cr_assert_eq(io_slurp(name, &b, &e), LOF_OK);
	cr_assert(lof_str_eq(buf_view(&b), want), "%s holds %zu other bytes", name, b.n);
	buf_free(&b);
}

TestSuite(io, .init = setup, .fini = teardown, .timeout = 20);

// A pipe takes less than is offered; the reader is slow and the descriptor does not block.
Test(io, short_writes_and_eagain_lose_nothing)
{
	enum { SIZE = 3 << 20 };
	char *all = malloc(SIZE), got[4096];
	size_t done = 0, at = 0;
	int fd[2], status;
	pid_t child;

	for (size_t i = 0; i < SIZE; i++)
		all[i] = (char)(i * 2654435761u >> 13);
	cr_assert_eq(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		close(fd[0]);
		fcntl(fd[1], F_SETFL, O_NONBLOCK);
		_exit(io_write_all(fd[1], all, SIZE, &done) != 0 || done != SIZE);
	}
	close(fd[1]);
	for (ssize_t n; (n = io_read(fd[0], got, sizeof(got))) > 0; at += (size_t)n) {
		cr_assert_leq(at + (size_t)n, SIZE);
		cr_assert_eq(memcmp(all + at, got, (size_t)n), 0, "at %zu", at);
	}
	cr_assert_eq(at, SIZE);
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
	close(fd[0]);
	free(all);
}

Test(io, read_waits_on_a_descriptor_that_does_not_block)
{
	char got[8];
	int fd[2];
	pid_t child;

	cr_assert_eq(pipe(fd), 0);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	child = fork();
	if (child == 0) {
		usleep(50000);
		_exit(write(fd[1], "late", 4) != 4);
	}
	close(fd[1]);
	cr_assert_eq(io_read(fd[0], got, sizeof(got)), 4);
	cr_assert_eq(io_read(fd[0], got, sizeof(got)), 0);
	waitpid(child, NULL, 0);
	close(fd[0]);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

Test(io, read_shows_the_caller_a_signal)
{
	struct sigaction act = { .sa_handler = on_alarm }; // no SA_RESTART
	char c;
	int fd[2];

	cr_assert_eq(pipe(fd), 0);
	sigaction(SIGALRM, &act, NULL);
	ualarm(50000, 0);
	errno = 0;
	cr_assert_eq(io_read(fd[0], &c, 1), -1);
	cr_assert_eq(errno, EINTR);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	ualarm(50000, 0);
	errno = 0;
	cr_assert_eq(io_read(fd[0], &c, 1), -1);
	cr_assert_eq(errno, EINTR, "while waiting for bytes too");
	close(fd[0]);
	close(fd[1]);
}

Test(io, a_signal_does_not_cut_a_write)
{
	enum { SIZE = 1 << 20 };
	struct sigaction act = { .sa_handler = on_alarm };
	char *all = calloc(1, SIZE), got[16384];
	size_t done = 0, total = 0;
	int fd[2];
	pid_t child;

	cr_assert_eq(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		close(fd[1]);
		for (ssize_t n; (n = read(fd[0], got, sizeof(got))) > 0; total += (size_t)n)
			usleep(1000);
		_exit(total != SIZE);
	}
	close(fd[0]);
	sigaction(SIGALRM, &act, NULL);
	ualarm(2000, 2000);
	cr_assert_eq(io_write_all(fd[1], all, SIZE, &done), 0);
	ualarm(0, 0);
	cr_assert_eq(done, SIZE);
	close(fd[1]);
	int status;
	while (waitpid(child, &status, 0) < 0)
		;
	cr_assert_eq(status, 0);
	free(all);
}

Test(io, closed_pipe_and_full_disk_are_told)
{
	size_t done = 99;
	int fd[2], full = open("/dev/full", O_WRONLY);

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(fd), 0);
	close(fd[0]);
	cr_assert_eq(io_write_all(fd[1], "x", 1, &done), -1);
	cr_assert(errno == EPIPE && done == 0);
	close(fd[1]);
	cr_assert_geq(full, 0);
	cr_assert_eq(io_write_all(full, "x", 1, &done), -1);
	cr_assert(errno == ENOSPC && done == 0);
	close(full);
	cr_assert_eq(io_write_all(-1, "", 0, &done), 0, "nothing to write needs no descriptor");
}

Test(io, what_went_out_before_a_failure_is_counted)
{
	static char all[100000];
	struct rlimit limit = { 4096 + 17, RLIM_INFINITY };
	size_t done = 0;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_eq(io_write_all(fd, all, sizeof(all), &done), -1);
	cr_assert_eq(errno, EFBIG);
	cr_assert_eq(done, 4096 + 17);
	close(fd);
}

Test(io, slurp_appends_files_and_pipes)
{
	struct lof_buf b = { 0 };
	struct lof_err e = { 0 };
	char *big = malloc(300000);
	int fd[2];
	char name[32];
	pid_t child;

	memset(big, 'b', 300000);
	cr_assert_eq(io_replace(path, LOF_STR(big, 300000), &e), LOF_OK);
	buf_lit(&b, "head");
	cr_assert_eq(io_slurp(path, &b, &e), LOF_OK);
	cr_assert_eq(b.n, 300004);
	cr_assert_eq(memcmp(b.p, "headbbb", 7), 0);
	cr_assert_eq(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 30; i++)
			if (write(fd[1], big, 10000) != 10000)
				_exit(1);
		_exit(0);
	}
	close(fd[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd[0]);
	cr_assert_eq(io_slurp(name, &b, &e), LOF_OK);
	cr_assert_eq(b.n, 600004);
	waitpid(child, NULL, 0);
	cr_assert_eq(dup2(fd[0], 0), 0);
	cr_assert_eq(io_slurp("-", &b, &e), LOF_OK, "standard input, at its end");
	cr_assert_eq(io_slurp("/proc/self/status", &b, &e), LOF_OK);
	cr_assert_gt(b.n, 600004, "a file that says it has no bytes");
	buf_free(&b);
	free(big);
	close(fd[0]);
}

Test(io, slurp_refuses_folders_and_says_what_is_missing)
{
	struct lof_buf b = { 0 };
	struct lof_err e = { 0 };

	buf_lit(&b, "kept");
	cr_assert_eq(io_slurp(folder, &b, &e), LOF_E_IO);
	cr_assert_eq(e.sys, EISDIR);
	cr_assert_str_eq(e.file, folder);
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_slurp(path, &b, &e), LOF_E_IO);
	cr_assert_eq(e.sys, ENOENT);
	cr_assert(lof_str_eq(buf_view(&b), LOF_LIT("kept")));
	buf_free(&b);
}

Test(io, replace_makes_and_replaces)
{
	struct lof_err e = { 0 };
	struct stat st;

	umask(027);
	cr_assert_eq(io_replace(path, LOF_LIT("one"), &e), LOF_OK);
	holds(path, LOF_LIT("one"));
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
	cr_assert_eq(io_replace(path, LOF_LIT(""), &e), LOF_OK);
	holds(path, LOF_LIT(""));
	cr_assert_eq(entries(), 1);
	cr_assert_eq(chdir(folder), 0);
	cr_assert_eq(io_replace("plain", LOF_LIT("two"), &e), LOF_OK, "a name without a folder");
	holds("plain", LOF_LIT("two"));
	cr_assert_eq(entries(), 2);
}

Test(io, replace_is_a_new_file_to_who_has_the_old_one_open)
{
	struct lof_err e = { 0 };
	char got[8];
	int fd;

	cr_assert_eq(io_replace(path, LOF_LIT("old"), &e), LOF_OK);
	fd = open(path, O_RDONLY);
	cr_assert_eq(io_replace(path, LOF_LIT("newer"), &e), LOF_OK);
	cr_assert_eq(io_read(fd, got, sizeof(got)), 3);
	cr_assert_eq(memcmp(got, "old", 3), 0);
	close(fd);
}

Test(io, replace_that_fails_keeps_the_old_file)
{
	static char much[100000];
	struct rlimit limit = { 5000, RLIM_INFINITY };
	struct lof_err e = { 0 };

	cr_assert_eq(io_replace(path, LOF_LIT("old"), &e), LOF_OK);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_eq(io_replace(path, LOF_STR(much, sizeof(much)), &e), LOF_E_IO);
	cr_assert_eq(e.sys, EFBIG);
	holds(path, LOF_LIT("old"));
	cr_assert_eq(entries(), 1, "nothing is left beside it");
}

Test(io, replace_refuses_folders_and_folders_that_are_not_there)
{
	char below[160];
	struct lof_err e = { 0 };

	cr_assert_eq(io_replace(folder, LOF_LIT("x"), &e), LOF_E_IO);
	cr_assert_eq(e.sys, EISDIR);
	snprintf(below, sizeof(below), "%s/none/file", folder);
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_replace(below, LOF_LIT("x"), &e), LOF_E_IO);
	cr_assert_eq(e.sys, ENOENT);
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_replace("", LOF_LIT("x"), &e), LOF_E_IO);
	snprintf(below, sizeof(below), "%s/none/", folder);
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_replace(below, LOF_LIT("x"), &e), LOF_E_IO);
	cr_assert_eq(entries(), 0);
}

Test(io, replace_goes_through_a_link)
{
	char link[160];
	struct lof_err e = { 0 };
	struct stat st;

	snprintf(link, sizeof(link), "%s/link", folder);
	cr_assert_eq(io_replace(path, LOF_LIT("old"), &e), LOF_OK);
	cr_assert_eq(symlink("file", link), 0);
	cr_assert_eq(io_replace(link, LOF_LIT("new"), &e), LOF_OK);
	holds(path, LOF_LIT("new"));
	cr_assert_eq(lstat(link, &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_eq(entries(), 2);
}

Test(io, refresh_is_replace_for_files_alone)
{
	struct lof_err e = { 0 };
	struct stat st;

	umask(027);
	cr_assert_eq(io_refresh(path, LOF_LIT("one"), &e), LOF_OK);
	cr_assert_eq(io_refresh(path, LOF_LIT("two"), &e), LOF_OK);
	holds(path, LOF_LIT("two"));
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
	cr_assert_eq(io_refresh("/dev/null", LOF_LIT("x"), &e), LOF_E_IO);
	cr_assert_eq(stat("/dev/null", &st), 0);
	cr_assert(S_ISCHR(st.st_mode));
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_refresh("/dev/stdout", LOF_LIT("x"), &e), LOF_E_IO);
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_refresh(folder, LOF_LIT("x"), &e), LOF_E_IO);
	cr_assert_eq(entries(), 1);
}

Test(io, replace_writes_to_what_is_no_regular_file)
{
	struct lof_err e = { 0 };
	char got[8], name[32];
	int fd[2], out;

	cr_assert_eq(io_replace("/dev/null", LOF_LIT("x"), &e), LOF_OK);
	cr_assert_eq(io_replace("/dev/full", LOF_LIT("x"), &e), LOF_E_IO);
	cr_assert_eq(e.sys, ENOSPC);
	cr_assert_eq(pipe(fd), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd[1]);
	e = (struct lof_err){ 0 };
	cr_assert_eq(io_replace(name, LOF_LIT("abc"), &e), LOF_OK);
	cr_assert_eq(io_read(fd[0], got, sizeof(got)), 3);
	// A shell's `>> file`: what stood there stays, and the rest goes behind it.
	cr_assert_eq(io_replace(path, LOF_LIT("first,"), &e), LOF_OK);
	out = open(path, O_WRONLY | O_APPEND);
	fflush(stdout);
	int saved = dup(1);
	cr_assert_eq(dup2(out, 1), 1);
	enum lof_rc rc = io_replace("/dev/stdout", LOF_LIT("second,"), &e);
	enum lof_rc dash = io_replace("-", LOF_LIT("third"), &e);
	dup2(saved, 1);
	cr_assert(rc == LOF_OK && dash == LOF_OK);
	holds(path, LOF_LIT("first,second,third"));
}
