#include "stream/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

volatile sig_atomic_t signals_stop, signals_usr1, signals_hup;

static volatile sig_atomic_t scratch_dir;
static const char *volatile scratch_name;

static void
drop_scratch(void)
{
	if (scratch_name)
		unlinkat(scratch_dir, scratch_name, 0);
}

void
signals_scratch(int dir, const char *name)
{
	static bool registered;
	if (!registered)
		atexit(drop_scratch); // for want of memory
	registered = true;
	scratch_name = NULL;
	scratch_dir = dir;
	scratch_name = name;
}

_Noreturn static void
end_at_once(int status)
{
	drop_scratch();
	_exit(status);
}

static void
on_stop(int sig)
{
	if (signals_stop)
		end_at_once(128 + sig);
	signals_stop = 1;
	alarm(SIGNALS_GRACE); // a reader that sleeps may not keep us for ever
}

static void
on_alarm(int sig)
{
	(void)sig;
	end_at_once(4);
}

static void
on_usr1(int sig)
{
	(void)sig;
	signals_usr1 = 1;
}

static void
on_hup(int sig)
{
	(void)sig;
	signals_hup = 1;
}

static void
install(int sig, void (*handler)(int))
{
	struct sigaction old, a = { .sa_handler = handler }; // no SA_RESTART: a blocked read must come back
	sigemptyset(&a.sa_mask);
	// A host that started us with SIGINT or SIGHUP ignored (rsyslog, nohup) meant it.
	if ((sig == SIGINT || sig == SIGHUP) && sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	sigaction(sig, &a, NULL);
}

void
signals_init(void)
{
	install(SIGTERM, on_stop);
	install(SIGINT, on_stop);
	install(SIGALRM, on_alarm);
	install(SIGUSR1, on_usr1);
	install(SIGXFSZ, SIG_IGN);
	install(SIGPIPE, SIG_DFL); // some parents ignore it
}

void
signals_take_hup(void)
{
	install(SIGHUP, on_hup);
}

bool
signals_leave(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return signals_stop && !(poll(&p, 1, 0) > 0 && (p.revents & POLLHUP));
}

bool
signals_ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	if (ms == 0)
		return poll(&p, 1, 0) > 0;
	// Between a look at the flag and the wait a signal would be missed, so they are let in only while waiting.
	const struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	sigset_t mine, before;
	sigemptyset(&mine);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGINT);
	sigaddset(&mine, SIGUSR1);
	sigaddset(&mine, SIGHUP);
	sigprocmask(SIG_BLOCK, &mine, &before);
	int n = 0;
	if (!signals_stop && !signals_usr1 && !signals_hup)
		n = ppoll(&p, 1, ms < 0 ? NULL : &limit, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n > 0 || (n < 0 && errno != EINTR); // let the read tell what is wrong
}
