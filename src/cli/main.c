#include "cli/cli.h"

#include "base/io.h"

#include "stream/signals.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// Descriptors 0 to 2 must be something before any file is opened, or a file would take their place. One that was closed
// becomes what cannot be used for its purpose, so that reading or writing it fails as it should.
static void
secure_descriptors(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDWR };
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
			_exit(STATUS_IO);
}

// What was printed may only now turn out not to be written.
static int
finish(int status)
{
	struct lof_err e = { 0 };
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	lof_err_sys(&e, "standard output", "writing failed");
	return fail(&e);
}

static int
print_version(const struct options *o)
{
	struct session s;
	int status = session_open(&s, o, NEED_NOTES);
	if (status)
		return status;
	printf("lofpipe " LOF_VERSION ", notes %s, scanner %s\n", s.book.version[0] ? s.book.version : "none", block_name());
	session_close(&s);
	return STATUS_OK;
}

// What the Makefile asks for: the OPTIONS of the man page, the packed index, the tables of the built-in rules. True if it
// was that.
static bool
build_step(const char *what)
{
	struct rules *r;
	struct rules_options none = { 0 };
	struct lof_err e = { 0 };
	if (strcmp(what, "--print-mdoc") == 0) {
		options_mdoc(stdout);
		return true;
	}
	if (strcmp(what, "--pack-index") == 0) {
		struct lof_buf index = { 0 }, packed = { 0 };
		if (io_slurp("-", &index, &e) || index_pack(buf_view(&index), &packed, &e))
			exit(fail(&e));
		buf_free(&index);
		exit(print_all(&packed));
	}
	if (strcmp(what, "--print-rules") != 0)
		return false;
	if (rules_load(&r, &none, NULL, NULL, &e))
		exit(fail(&e));
	rules_print(r, stdout);
	rules_free(r);
	return true;
}

int
main(int argc, char **argv)
{
	static int (*const run[])(const struct options *) = { cmd_filter, cmd_index, cmd_lookup, cmd_explain, cmd_dump, cmd_check,
		cmd_report };
	struct options o;
	struct lof_err e = { 0 };
	secure_descriptors();
	signals_init();
	rules_own_memory();
	if (argc == 2 && build_step(argv[1]))
		return finish(STATUS_OK);
	if (options_parse(&o, argc, argv, &e))
		return fail(&e);
	if (o.help == HELP_VERSION)
		return finish(print_version(&o));
	if (o.help) {
		options_help(stdout, o.help == HELP_LONG);
		return finish(STATUS_OK);
	}
	return finish(run[o.command - commands](&o));
}
