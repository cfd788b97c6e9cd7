#include "base/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { SYSTEMD_FIRST = 3, PORT_MAX = 65535, HOST_MAX = 256 };

static enum lof_rc
add(struct addr_list *l, int fd, const char *text, struct lof_err *e)
{
	if (l->n == ADDR_MAX) {
		close(fd);
		return lof_err_set(e, LOF_E_USAGE, "too many addresses to listen on, from", lof_cstr(text));
	}
	struct addr *a = &l->v[l->n++];
	*a = (struct addr){ .fd = fd };
	addr_name(fd, true, a->name);
	return LOF_OK;
}

void
addr_close(struct addr_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct addr *a = &l->v[i];
		struct stat now;
		const char *path = a->name + strlen("unix:");
		if (a->file.st_ino && lstat(path, &now) == 0 && now.st_dev == a->file.st_dev && now.st_ino == a->file.st_ino)
			unlink(path);
		close(a->fd);
	}
	l->n = 0;
}

// --- names ----------------------------------------------------------------------------------------------------------

static void
unix_name(const struct sockaddr_un *a, socklen_t size, char out[ADDR_NAME])
{
	size_t n = size - offsetof(struct sockaddr_un, sun_path);
	bool no_file = n && !a->sun_path[0];
	if (!no_file)
		n = strnlen(a->sun_path, n);
	snprintf(out, ADDR_NAME, "unix:%s%.*s", no_file ? "@" : "", (int)(n - no_file), a->sun_path + no_file);
}

void
addr_name(int fd, bool ours, char out[ADDR_NAME])
{
	union addr_any a;
	socklen_t size = sizeof a;
	char host[64], port[8];
	snprintf(out, ADDR_NAME, "?");
	if ((ours ? getsockname : getpeername)(fd, &a.any, &size) != 0)
		return;
	if (a.any.sa_family == AF_UNIX)
		unix_name(&a.un, size, out);
	else if (getnameinfo(&a.any, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(out, ADDR_NAME, a.any.sa_family == AF_INET6 ? "tcp:[%s]:%s" : "tcp:%s:%s", host, port);
}

// --- who is meant ---------------------------------------------------------------------------------------------------

static enum lof_rc
find_unix(struct addr_set *s, const char *text, const char *path, struct lof_err *e)
{
	struct sockaddr_un *a = &s->v[0].un;
	size_t n = strlen(path);
	if (n == 0 || n >= sizeof a->sun_path)
		return lof_err_set(e, LOF_E_USAGE, "expected a path of 1 to 107 bytes behind unix:, not", lof_cstr(text));
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, path, n);
	if (*path == '@')
		a->sun_path[0] = 0;
	s->size[0] = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*path != '@'));
	s->n = 1;
	return LOF_OK;
}

// "PORT", ":PORT", "HOST:PORT", "[HOST]:PORT". An empty host is this machine alone.
static bool
split(const char *s, char host[HOST_MAX], const char **port)
{
	const char *colon = strrchr(s, ':');
	size_t n = colon ? (size_t)(colon - s) : 0;
	bool brackets = n >= 2 && s[0] == '[' && s[n - 1] == ']';
	*port = colon ? colon + 1 : s;
	if (n >= HOST_MAX || (!brackets && memchr(s, ':', n)) || (brackets && n == 2))
		return false;
	snprintf(host, HOST_MAX, "%.*s", (int)(brackets ? n - 2 : n), s + brackets);
	size_t digits = strspn(*port, "0123456789");
	return digits && digits <= 5 && !(*port)[digits] && atoi(*port) <= PORT_MAX;
}

static enum lof_rc
find_tcp(struct addr_set *s, const char *text, const char *where, struct lof_err *e)
{
	char host[HOST_MAX];
	const char *port;
	if (!split(where, host, &port))
		return lof_err_set(e, LOF_E_USAGE, "expected tcp:PORT, tcp:HOST:PORT or tcp:[IPv6]:PORT, not", lof_cstr(text));
	// No AI_PASSIVE: no host is the loopback then, not every interface there is.
	struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *all;
	int failed = getaddrinfo(*host ? host : NULL, port, &hints, &all);
	if (failed == EAI_SYSTEM)
		return lof_err_sys(e, text, "cannot be found");
	if (failed)
		return lof_err_at(e, LOF_E_IO, text, 0, 0, gai_strerror(failed), LOF_LIT(""));
	for (const struct addrinfo *a = all; a && s->n < ADDR_MAX; a = a->ai_next, s->n++) {
		s->size[s->n] = a->ai_addrlen;
		memcpy(&s->v[s->n], a->ai_addr, a->ai_addrlen);
	}
	freeaddrinfo(all);
	return LOF_OK;
}

enum lof_rc
addr_find(struct addr_set *s, const char *text, struct lof_err *e)
{
	s->n = 0;
	if (strncmp(text, "unix:", 5) == 0)
		return find_unix(s, text, text + 5, e);
	if (strncmp(text, "tcp:", 4) == 0)
		return find_tcp(s, text, text + 4, e);
	return lof_err_set(e, LOF_E_USAGE, "expected unix:PATH, tcp:PORT or tcp:HOST:PORT, not", lof_cstr(text));
}

static int
open_socket(const union addr_any *a)
{
	return socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void
close_keep(int fd)
{
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
}

int
addr_reach(const struct addr_set *s, size_t i, int *fd)
{
	if (*fd < 0)
		*fd = open_socket(&s->v[i]);
	if (*fd >= 0 && (connect(*fd, &s->v[i].any, s->size[i]) == 0 || errno == EISCONN))
		return 1;
	if (*fd >= 0 && (errno == EINPROGRESS || errno == EALREADY || errno == EINTR))
		return 0;
	close_keep(*fd);
	*fd = -1;
	return -1;
}

// --- listening ------------------------------------------------------------------------------------------------------

// The file of a server that is no more: a socket on which nobody answers. Else errno says what it is.
static bool
is_stale(const struct addr_set *s)
{
	struct stat st;
	if (lstat(s->v[0].un.sun_path, &st) != 0)
		return false;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return false;
	}
	int fd = -1;
	bool refused = addr_reach(s, 0, &fd) < 0 && errno == ECONNREFUSED;
	close_keep(fd);
	errno = EADDRINUSE;
	return refused;
}

static bool
bind_to(int fd, const struct addr_set *s, size_t i)
{
	const union addr_any *a = &s->v[i];
	int on = 1;
	if (a->any.sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, &a->any, s->size[i]) == 0)
		return true;
	return errno == EADDRINUSE && a->any.sa_family == AF_UNIX && a->un.sun_path[0] && is_stale(s) &&
	    unlink(a->un.sun_path) == 0 && bind(fd, &a->any, s->size[i]) == 0;
}

static in_port_t *
port_of(union addr_any *a)
{
	return a->any.sa_family == AF_INET6 ? &a->in6.sin6_port : a->any.sa_family == AF_INET ? &a->in.sin_port : NULL;
}

static int
open_door(const struct addr_set *s, size_t i)
{
	int fd = open_socket(&s->v[i]);
	if (fd >= 0 && bind_to(fd, s, i) && listen(fd, SOMAXCONN) == 0)
		return fd;
	close_keep(fd);
	return -1;
}

// Of a port that was any: the one it has become, for the others to be on too.
static void
same_port(struct addr_set *s, int fd)
{
	union addr_any a;
	socklen_t size = sizeof a;
	if (getsockname(fd, &a.any, &size) == 0)
		for (size_t i = 0; i < s->n; i++)
			*port_of(&s->v[i]) = *port_of(&a);
}

// What this machine has not (IPv6 that is switched off) is passed over if another is had.
static enum lof_rc
listen_all(struct addr_list *l, const char *text, struct addr_set *s, struct lof_err *e)
{
	bool any_port = s->n && port_of(&s->v[0]) && !*port_of(&s->v[0]), one = false;
	int why = 0;
	for (size_t i = 0; i < s->n; i++) {
		int fd = open_door(s, i);
		if (fd < 0) {
			why = errno;
			if (why != EAFNOSUPPORT && why != EADDRNOTAVAIL && !(one && any_port && why == EADDRINUSE))
				return lof_err_sys(e, text, "cannot listen");
			continue;
		}
		if (add(l, fd, text, e))
			return e->rc;
		if (s->v[i].any.sa_family == AF_UNIX && s->v[i].un.sun_path[0] && lstat(s->v[i].un.sun_path, &l->v[l->n - 1].file) != 0)
			l->v[l->n - 1].file.st_ino = 0;
		if (any_port && !one)
			same_port(s, fd);
		one = true;
	}
	errno = why;
	return one ? LOF_OK : lof_err_sys(e, text, "cannot listen");
}

// --- systemd --------------------------------------------------------------------------------------------------------

static int
option(int fd, int which)
{
	int v = -1;
	socklen_t size = sizeof v;
	return getsockopt(fd, SOL_SOCKET, which, &v, &size) == 0 ? v : -1;
}

static enum lof_rc
adopt(struct addr_list *l, const char *text, struct lof_err *e)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int n = pid && count && atol(pid) == (long)getpid() ? atoi(count) : 0;
	if (n <= 0)
		return lof_err_at(e, LOF_E_IO, text, 0, 0, "no socket was handed over (LISTEN_FDS, LISTEN_PID)", LOF_LIT(""));
	for (int fd = SYSTEMD_FIRST; fd < SYSTEMD_FIRST + n; fd++) {
		if (option(fd, SO_ACCEPTCONN) != 1 || option(fd, SO_TYPE) != SOCK_STREAM)
			return lof_err_at(e, LOF_E_IO, text, 0, 0, "expected stream sockets that listen (ListenStream=, Accept=no)",
			    LOF_LIT(""));
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		if (add(l, fd, text, e))
			return e->rc;
	}
	return LOF_OK;
}

enum lof_rc
addr_listen(struct addr_list *l, const char *text, struct lof_err *e)
{
	struct addr_set s;
	if (strcmp(text, "systemd") == 0)
		return adopt(l, text, e);
	return addr_find(&s, text, e) ? e->rc : listen_all(l, text, &s, e);
}
