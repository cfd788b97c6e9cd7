// Addresses as a person writes them, and the stream sockets they become, to listen on or to reach somebody:
//
//   unix:PATH        a socket file, its mode by the umask; unix:@NAME needs no file
//   tcp:PORT         this machine alone, by IPv4 and IPv6; tcp::PORT is the same; PORT 0 is any that is free
//   tcp:HOST:PORT    a name, 0.0.0.0, or IPv6 in brackets: tcp:[::]:9400
//   systemd          to listen: what systemd opened for us, which is told in LISTEN_FDS and LISTEN_PID (sd_listen_fds(3))
//
// Knows nothing of what is said over them. One thread.
#ifndef LOF_BASE_ADDR_H
#define LOF_BASE_ADDR_H

#include "base/err.h"

#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { ADDR_MAX = 16, ADDR_NAME = 128 };

struct addr {
	int fd;               // listens; does not block, and is closed by exec
	char name[ADDR_NAME]; // as above, with the port it has: "tcp:[::1]:9400"
	struct stat file;     // of a socket file that we made; st_ino 0: none
};

struct addr_list {
	struct addr v[ADDR_MAX];
	size_t n;
};

// What one address stands for.
struct addr_set {
	union addr_any {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} v[ADDR_MAX];
	socklen_t size[ADDR_MAX];
	size_t n;
};

// Who is meant by unix: or tcp:. LOF_E_USAGE: text is no such address; LOF_E_IO: its host has no address.
enum lof_rc addr_find(struct addr_set *s, const char *text, struct lof_err *e);
// Reaches for the i-th without waiting: with *fd -1 first, then again with what it has become. 1: reached; 0: not yet,
// *fd can be written when there is news; -1 with errno: not to be reached, *fd is closed and -1 again.
int addr_reach(const struct addr_set *s, size_t i, int *fd);

// Adds the sockets of one address. A socket file on which nobody answers is replaced. LOF_E_USAGE: text is no address;
// LOF_E_IO: it cannot be had. Then too the caller ends with addr_close.
enum lof_rc addr_listen(struct addr_list *l, const char *text, struct lof_err *e);

// Closes all of them; removes the socket files that are still ours. The list is empty then.
void addr_close(struct addr_list *l);

// The other end of a connection, or with `ours` this one, as text in out: "tcp:127.0.0.1:4242", "unix:PATH", "unix:" for
// who has no name.
void addr_name(int fd, bool ours, char out[ADDR_NAME]);

#endif
