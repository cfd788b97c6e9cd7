/*
 * clients: N connections at once to a program that listens on a unix socket, and what they cost.
 *
 *	clients PATH N FILE
 *
 * Each connection sends its share of FILE, whole lines, and reads what comes back to the end. Prints the wall seconds
 * from the first byte to the last. Exits 1 unless as many lines came back as went in.
 */
#include "clock.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (256 << 10)

struct share {
	const char *at, *end;
};

static size_t
lines(const char *p, size_t n)
{
	size_t count = 0;

	for (const char *nl; n && (nl = memchr(p, '\n', n)) != NULL; count++) {
		n -= (size_t)(nl + 1 - p);
		p = nl + 1;
	}
	return count;
}

static int
dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	/* A program that is just being started has no socket yet. */
	for (int i = 0; connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0; i++) {
		if (i == 1000)
			err(1, "%s", path);
		usleep(2000);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
hand_in(struct pollfd *p, struct share *s)
{
	size_t n = (size_t)(s->end - s->at);
	ssize_t sent = n ? write(p->fd, s->at, n < BLOCK ? n : BLOCK) : 0;

	if (sent < 0 && errno != EAGAIN)
		err(1, "write");
	if (sent > 0)
		s->at += sent;
	if (s->at == s->end) {
		shutdown(p->fd, SHUT_WR);
		p->events = POLLIN;
	}
}

int
main(int argc, char **argv)
{
	static char block[BLOCK];
	struct stat st;
	size_t came = 0;

	if (argc != 4)
		errx(2, "usage: clients PATH N FILE");
	int n = atoi(argv[2]), left = n, fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	struct pollfd *p = calloc((size_t)n, sizeof(*p));
	struct share *share = calloc((size_t)n, sizeof(*share));
	if (fd < 0 || fstat(fd, &st) != 0 || p == NULL || share == NULL)
		err(1, "%s", argv[3]);
	size_t size = (size_t)st.st_size;
	const char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0), *from = text;
	if (text == MAP_FAILED)
		err(1, "%s", argv[3]);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < n; i++) {
		const char *cut = text + size / (size_t)n * (size_t)(i + 1), *nl = NULL;

		if (cut < from)
			cut = from;
		if (i + 1 < n && cut < text + size)
			nl = memchr(cut, '\n', (size_t)(text + size - cut));
		share[i] = (struct share){ from, nl != NULL ? nl + 1 : text + size };
		from = share[i].end;
		p[i] = (struct pollfd){ dial(argv[1]), POLLIN | POLLOUT, 0 };
	}
	double began = now();
	while (left > 0) {
		if (poll(p, (nfds_t)n, -1) < 0)
			err(1, "poll");
		for (int i = 0; i < n; i++) {
			if (p[i].revents & POLLOUT)
				hand_in(&p[i], &share[i]);
			if (!(p[i].revents & (POLLIN | POLLHUP | POLLERR)))
				continue;
			ssize_t got = read(p[i].fd, block, sizeof(block));
			if (got > 0)
				came += lines(block, (size_t)got);
			if (got == 0) {
				close(p[i].fd);
				p[i].fd = -1;
				left--;
			}
			if (got < 0 && errno != EAGAIN)
				err(1, "read");
		}
	}
	printf("%.6f\n", now() - began);
	if (came != lines(text, size))
		errx(1, "%zu lines came back of %zu", came, lines(text, size));
	return 0;
}
