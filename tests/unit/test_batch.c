// --output-dir in the machine: signals, a terminal, files that are whole or not there whatever fails; and the line that
// tells how far it is.
#include "child.h"
#include "folder.h"

#include "stream/progress.h"
#include "stream/signals.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

TestSuite(batch, .timeout = 60);

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })

static struct folder f;
static char in[3][sizeof f.file], out[sizeof f.file];

static void
make_files(void)
{
	folder_make(&f);
	for (int i = 0; i < 3; i++) {
		char name[8] = { (char)('a' + i), 0 };
		folder_put(&f, name, "{\"a\":1}\n{\"a\":2}\n");
		strcpy(in[i], f.file);
	}
	strcpy(out, folder_at(&f, "out"));
}

static void
drop_files(void)
{
	folder_drop(&f);
}

// The names in the output folder, one behind the other, in order.
static const char *
written(void)
{
	static char names[256];
	struct dirent **list;
	int n = scandir(out, &list, NULL, alphasort);
	names[0] = 0;
	for (int i = 0; i < n; i++) {
		if (strcmp(list[i]->d_name, ".") != 0 && strcmp(list[i]->d_name, "..") != 0)
			strncat(names, list[i]->d_name, sizeof names - strlen(names) - 1);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return names;
}

static bool
said(const struct lof_buf *b, const char *what)
{
	return b->n && memmem(b->p, b->n, what, strlen(what));
}

// --- signals --------------------------------------------------------------------------------------------------------

// The second of three FILEs is a pipe that never ends: the first stays, of the second nothing does, the third is not begun.
Test(batch, sigterm_drops_the_file_in_hand, .init = make_files, .fini = drop_files)
{
	struct child c;
	unlink(in[1]);
	cr_assert_eq(mkfifo(in[1], 0600), 0);
	int fifo = open(in[1], O_RDWR | O_CLOEXEC);
	child_start(&c, PLAN(.args = ARGS("--output-dir", out, in[0], in[1], in[2])));
	cr_assert_eq(write(fifo, "{\"a\":1}\n", 8), 8);
	while (strlen(written()) < 10) // "a" and what stands aside
		usleep(2000);
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	child_end(&c);
	close(fifo);
	cr_assert_eq(c.status, 1, "status %d", c.status);
	cr_assert_str_eq(written(), "a");
	cr_assert(said(&c.errors, "stopped by a signal; 2 of 3 files were not written"), "%.*s", (int)c.errors.n, c.errors.p);
	child_free(&c);
}

// A signal that ends the process at once takes the file that stands aside along.
static void
scratch_goes(int first, int second, int status)
{
	int st, dir = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t pid;
	folder_put(&f, "scratch", "x");
	fflush(NULL);
	if ((pid = fork()) == 0) {
		signals_init();
		signals_scratch(dir, "scratch");
		raise(first);
		raise(second);
		_exit(99);
	}
	cr_assert_eq(waitpid(pid, &st, 0), pid);
	cr_assert(WIFEXITED(st) && WEXITSTATUS(st) == status, "status %x", st);
	cr_assert_neq(access(folder_at(&f, "scratch"), F_OK), 0, "it is still there");
	close(dir);
}

Test(batch, a_second_signal_leaves_nothing_aside, .init = make_files, .fini = drop_files)
{
	scratch_goes(SIGTERM, SIGTERM, 128 + SIGTERM);
	scratch_goes(SIGTERM, SIGINT, 128 + SIGINT);
	scratch_goes(SIGTERM, SIGALRM, 4);
}

// --- what cannot be written -----------------------------------------------------------------------------------------

static void
small_files(void)
{
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 10000, 10000 });
}

Test(batch, a_file_that_cannot_be_written_does_not_stop_the_others, .init = make_files, .fini = drop_files)
{
	struct child c;
	FILE *big = fopen(in[1], "w");
	for (int i = 0; i < 10000; i++)
		fputs("{\"a\":1}\n", big);
	cr_assert_eq(fclose(big), 0);
	child_run(&c, PLAN(.args = ARGS("--output-dir", out, in[0], in[1], in[2]), .prepare = small_files), LOF_LIT(""));
	cr_assert_eq(c.status, 1, "status %d", c.status);
	cr_assert_str_eq(written(), "ac");
	cr_assert(said(&c.errors, "/b: writing failed: File too large\n"), "%.*s", (int)c.errors.n, c.errors.p);
	struct lof_buf got = file_bytes(folder_at(&f, "out/c"));
	cr_assert_eq(got.n, 16, "the rest of the file before went into the next");
	buf_free(&got);
	child_free(&c);
}

// More FILEs than a shell's * seldom gives.
Test(batch, ten_thousand_files, .init = make_files, .fini = drop_files)
{
	enum { MANY = 10000 };
	static char names[MANY][16];
	static const char *args[MANY + 4] = { "lofpipe", "--output-dir", "out" };
	int st;
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		args[3 + i] = names[i];
		if (i % 1000 == 0)
			folder_put(&f, names[i], "{\"a\":1}\n");
	}
	char bin[4096];
	cr_assert_not_null(realpath(program(), bin));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		char *words[MANY + 4];
		memcpy(words, args, sizeof words);
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 2);
		if (chdir(f.path) == 0)
			execv(bin, words);
		_exit(126);
	}
	cr_assert_eq(waitpid(pid, &st, 0), pid);
	cr_assert(WIFEXITED(st) && WEXITSTATUS(st) == 1, "status %x", st); // most are not there
	cr_assert_str_eq(written(), "n0n1000n2000n3000n4000n5000n6000n7000n8000n9000");
}

// --- for a person ---------------------------------------------------------------------------------------------------

Test(batch, on_a_terminal_there_is_a_bar_and_a_table, .init = make_files, .fini = drop_files)
{
	struct child c;
	struct lof_buf seen = { 0 };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(slave, 0);
	folder_put(&f, "b", "{\"a\":1}\n{\"a\":\n");
	child_run(&c, PLAN(.args = ARGS("--output-dir", out, in[0], in[1], in[2]), .err = slave), LOF_LIT(""));
	cr_assert_eq(c.status, 0);
	fcntl(master, F_SETFL, O_NONBLOCK);
	for (ssize_t n; (n = read(master, buf_room(&seen, 4096), 4096)) > 0;)
		seen.n += (size_t)n;
	buf_char(&seen, 0);
	cr_assert(said(&seen, "\r\033[K[======              ]  35 %"), "%s", seen.p);
	cr_assert(said(&seen, "\r\033[Ka               2           0         0"), "%s", seen.p);
	cr_assert(said(&seen, "\r\033[Klofpipe: ") && said(&seen, "/b:2:6: expected a value"), "%s", seen.p);
	cr_assert(said(&seen, "\r\033[Kb               2           0         1"), "%s", seen.p);
	cr_assert(said(&seen, "total           6           0         1"), "%s", seen.p);
	close(slave);
	close(master);
	buf_free(&seen);
	child_free(&c);
}

Test(batch, the_line_of_progress)
{
	static const struct {
		uint64_t all, done, taken;
		double now;
		unsigned width;
		const char *want;
	} cases[] = {
		{ 0, 0, 0, 100, 0, "\r\033[K0 MB, 0 MB/s: name" },
		{ 0, 0, 7000000, 102, 0, "\r\033[K7 MB, 4 MB/s: name" },
		{ 100000000, 0, 0, 100, 0, "\r\033[K[                    ]   0 %, 0 of 100 MB, 0 MB/s: name" },
		{ 100000000, 20000000, 30000000, 110, 0, "\r\033[K[==========          ]  50 %, 50 of 100 MB, 5 MB/s, 0:10 left: name" },
		{ 100000000, 0, 50000, 105, 0, "\r\033[K[                    ]   0 %, 0 of 100 MB, 0 MB/s, 2:46:35 left: name" },
		{ 100000000, 90000000, 20000000, 110, 0,
		    "\r\033[K[====================] 100 %, 110 of 100 MB, 11 MB/s, 0:00 left: name" }, // it grew
		{ 0, 0, 7000000, 102, 17, "\r\033[K7 MB, 4 MB/s: na" },
		{ 0, 0, 7000000, 102, 5, "\r\033[K7 MB, 4 MB/s" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char got[256] = "";
		FILE *to = fmemopen(got, sizeof got, "w");
		struct progress g = { .to = to, .all = cases[i].all, .done = cases[i].done, .begun = 100, .width = cases[i].width };
		progress_show(&g, "name", cases[i].taken, cases[i].now);
		progress_show(&g, "again", cases[i].taken, cases[i].now + 0.1);
		fclose(to);
		cr_assert_str_eq(got, cases[i].want);
	}
	struct progress nobody = { 0 };
	progress_show(&nobody, "name", 1, 1);
	progress_clear(&nobody);
}
