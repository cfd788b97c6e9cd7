// --listen ADDR: the filter behind sockets.
#include "cli/cli.h"

#include "stream/listen.h"

enum lof_rc
listen_check(const struct options *o, struct lof_err *e)
{
	if (!o->listen.n)
		return o->forward ? lof_err_set(e, LOF_E_USAGE, "without --listen there is nothing to --forward to", lof_cstr(o->forward)) : LOF_OK;
	if (o->n_operands)
		return lof_err_set(e, LOF_E_USAGE, "with --listen events come from connections, not from", lof_cstr(o->operands[0]));
	if (o->output || o->output_dir)
		return lof_err_set(e, LOF_E_USAGE, "with --listen events go back or to --forward, not to",
		    lof_cstr(o->output ? o->output : o->output_dir));
	return LOF_OK;
}

int
listen_all(struct pump *p, const struct options *o)
{
	struct addr_set to = { .n = 0 };
	const struct listen_options lo = { .max_connections = o->max_connections, .idle = o->idle, .to = o->forward ? &to : NULL };
	struct addr_list doors = { .n = 0 };
	struct lof_err e = { 0 };
	FILE *log = p->options->lane.log;
	if (o->forward)
		addr_find(&to, o->forward, &e);
	for (size_t i = 0; i < o->listen.n && !e.rc; i++)
		addr_listen(&doors, o->listen.v[i], &e);
	for (size_t i = 0; i < doors.n && !e.rc && log; i++)
		fprintf(log, "lofpipe: listening on %s\n", doors.v[i].name);
	if (log)
		fflush(log);
	if (!e.rc)
		listen_run(p, &doors, &lo, &e);
	addr_close(&doors);
	return e.rc ? fail(&e) : STATUS_OK;
}
