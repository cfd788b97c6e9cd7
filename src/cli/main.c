#include "cli/cli.h"

#include "stream/signals.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// Descriptors 0 to 2 must be something before any file is opened, or a file would take their place.
static void
secure_descriptors(void)
{
	int fd;
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd > STDERR_FILENO)
		close(fd);
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

// What the Makefile asks for: the OPTIONS of the man page, the tables of the built-in rules. True if it was that.
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
	static int (*const run[])(const struct options *) = { cmd_filter, cmd_index, cmd_lookup, cmd_explain, cmd_dump, cmd_check };
	struct options o;
	struct lof_err e = { 0 };
	secure_descriptors();
	signals_init();
	if (argc == 2 && build_step(argv[1]))
		return STATUS_OK;
	if (options_parse(&o, argc, argv, &e))
		return fail(&e);
	if (o.help == HELP_VERSION)
		return print_version(&o);
	if (o.help) {
		options_help(stdout, o.help == HELP_LONG);
		return STATUS_OK;
	}
	return run[o.command - commands](&o);
}
