// Transcripts: every tests/cli/THEME/NAME.sh is run by sh in a fresh empty folder, as a user would type it, with the
// program on PATH as `lofpipe` and the repository's folders as $ROOT, $SAMPLES, $DATA and $FIXTURES. What must come
// out stands beside it: NAME.out (exactly that on stdout), NAME.err (the same for stderr; none: silence), NAME.status
// (none: 0).
// LOF_BLESS=1 writes these files anew instead: read the difference before committing it.
#include "child.h"

#include "base/err.h"
#include "base/io.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SCRIPT_SECONDS = 20, SCRIPTS_MAX = 500, NAME_LENGTH = 120 };

struct script {
	char stem[NAME_LENGTH]; // without .sh, from the root of the repository
};

static void
path_to(char out[PATH_MAX], const char *root, const struct script *s, const char *ending)
{
	cr_assert_lt(snprintf(out, PATH_MAX, "%s/%s%s", root, s->stem, ending), PATH_MAX);
}

// --- running --------------------------------------------------------------------------------------------------------

static void
set(const char *name, const char *root, const char *below)
{
	char value[PATH_MAX];
	snprintf(value, sizeof value, "%s%s", root, below);
	setenv(name, value, 1);
}

// In the child: the folder, the environment, the descriptors.
static void
become_script(const char *root, const char *folder, const struct script *s)
{
	char script[PATH_MAX], bin[PATH_MAX], out[PATH_MAX], err[PATH_MAX], cwd[PATH_MAX];
	path_to(script, root, s, ".sh");
	snprintf(bin, sizeof bin, "%s/bin", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	snprintf(err, sizeof err, "%s/err", folder);
	snprintf(cwd, sizeof cwd, "%s/cwd", folder);
	clearenv();
	setenv("LC_ALL", "C", 1);
	set("PATH", bin, ":/usr/local/bin:/usr/bin:/bin");
	set("ROOT", root, "");
	set("SAMPLES", root, "/samples");
	set("DATA", root, "/data");
	set("FIXTURES", root, "/tests/cli/fixtures");
	setpgid(0, 0);
	if (chdir(cwd) || !freopen("/dev/null", "r", stdin) || !freopen(out, "w", stdout) || !freopen(err, "w", stderr))
		_exit(125);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", script, (char *)NULL);
	_exit(126);
}

// Its exit status; 128 and more: the signal that ended it. Everything it started is ended after SCRIPT_SECONDS.
static int
run_script(const char *root, const char *folder, const struct script *s)
{
	int st = 0;
	fflush(NULL);
	pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0)
		become_script(root, folder, s);
	for (int ms = 0; waitpid(pid, &st, WNOHANG) == 0; ms += 2) {
		usleep(2000);
		if (ms > SCRIPT_SECONDS * 1000) {
			kill(-pid, SIGKILL);
			waitpid(pid, &st, 0);
			cr_assert_fail("%s.sh: not done in %d seconds", s->stem, SCRIPT_SECONDS);
		}
	}
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

// --- comparing ------------------------------------------------------------------------------------------------------

static struct lof_buf
expected(const char *root, const struct script *s, const char *ending)
{
	char path[PATH_MAX];
	path_to(path, root, s, ending);
	return access(path, F_OK) == 0 ? file_bytes(path) : (struct lof_buf){ 0 };
}

static void
bless(const char *root, const struct script *s, const char *ending, const struct lof_buf *got, bool keep_empty)
{
	char path[PATH_MAX];
	struct lof_err e = { 0 };
	path_to(path, root, s, ending);
	if (got->n || keep_empty)
		cr_assert_eq(io_replace(path, buf_view(got), &e), LOF_OK);
	else
		unlink(path);
}

// On a difference both are shown by diff, or by their bytes when that sees none.
static bool
same(const char *root, const char *folder, const struct script *s, const char *ending, const char *name,
    const struct lof_buf *got)
{
	struct lof_buf want = expected(root, s, ending);
	bool equal = lof_str_eq(buf_view(&want), buf_view(got));
	buf_free(&want);
	if (equal)
		return true;
	char path[PATH_MAX], command[3 * PATH_MAX];
	path_to(path, root, s, ending);
	snprintf(command, sizeof command, "test -f '%s' || set -- /dev/null; "
	    "diff -a -u --label expected --label got \"${1:-%s}\" '%s/%s' | cut -c1-600 | head -n 60 >&2",
	    path, path, folder, name);
	fprintf(stderr, "%s%s differs:\n", s->stem, ending);
	if (system(command))
		fprintf(stderr, "(diff failed)\n");
	return false;
}

static struct lof_buf
status_bytes(int status)
{
	char text[16];
	struct lof_buf b = { 0 };
	if (status)
		buf_put(&b, text, (size_t)snprintf(text, sizeof text, "%d\n", status));
	return b;
}

static void
judge(const char *root, const char *folder, const struct script *s, int status)
{
	char path[2][PATH_MAX];
	snprintf(path[0], PATH_MAX, "%s/out", folder);
	snprintf(path[1], PATH_MAX, "%s/err", folder);
	struct lof_buf out = file_bytes(path[0]), err = file_bytes(path[1]), st = status_bytes(status);
	if (getenv("LOF_BLESS")) {
		bless(root, s, ".out", &out, true);
		bless(root, s, ".err", &err, false);
		bless(root, s, ".status", &st, false);
	} else {
		struct lof_buf want = expected(root, s, ".status");
		bool status_good = lof_str_eq(buf_view(&want), buf_view(&st));
		bool out_good = same(root, folder, s, ".out", "out", &out);
		bool err_good = same(root, folder, s, ".err", "err", &err);
		cr_assert(out_good && err_good && status_good, "%s.sh%s%d", s->stem,
		    status_good ? ": status " : ": another status: ", status);
		buf_free(&want);
	}
	buf_free(&out);
	buf_free(&err);
	buf_free(&st);
}

// --- all of them ----------------------------------------------------------------------------------------------------

ParameterizedTestParameters(cli, transcript)
{
	static struct script scripts[SCRIPTS_MAX];
	size_t n = 0;
	glob_t found;
	if (glob("tests/cli/*/*.sh", 0, NULL, &found) == 0) {
		for (; n < found.gl_pathc && n < SCRIPTS_MAX; n++)
			snprintf(scripts[n].stem, NAME_LENGTH, "%.*s", (int)strlen(found.gl_pathv[n]) - 3, found.gl_pathv[n]);
		globfree(&found);
	}
	return cr_make_param_array(struct script, scripts, n);
}

ParameterizedTest(struct script *s, cli, transcript, .timeout = 60)
{
	char folder[] = "/tmp/lofpipe-cli-XXXXXX", root[PATH_MAX], bin[PATH_MAX], link[PATH_MAX], command[PATH_MAX];
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_not_null(getcwd(root, sizeof root));
	cr_assert_not_null(realpath(program(), bin), "%s is missing", program());
	snprintf(command, sizeof command, "mkdir '%s/bin' '%s/cwd'", folder, folder);
	cr_assert_eq(system(command), 0);
	snprintf(link, sizeof link, "%s/bin/lofpipe", folder);
	cr_assert_eq(symlink(bin, link), 0);
	int status = run_script(root, folder, s);
	judge(root, folder, s, status);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

// Were they not found, all would seem well.
Test(cli, transcripts_are_found)
{
	glob_t found;
	cr_assert_eq(glob("tests/cli/*/*.sh", 0, NULL, &found), 0, "to be run from the root of the repository");
	cr_assert_geq(found.gl_pathc, 50);
	cr_assert_leq(found.gl_pathc, SCRIPTS_MAX);
	globfree(&found);
}
