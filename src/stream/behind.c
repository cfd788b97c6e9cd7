#include "stream/behind.h"

#include "base/io.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

struct behind {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; // busy or ended, and only the other one waits for it
	bool busy, ended;
	// the thread's while busy
	struct lof_buf block;
	int fd, error;
	size_t done;
};

static void *
run(void *arg)
{
	struct behind *b = arg;
	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (!b->busy && !b->ended)
			pthread_cond_wait(&b->changed, &b->lock);
		if (!b->busy)
			break;
		pthread_mutex_unlock(&b->lock);
		if (io_write_all(b->fd, b->block.p, b->block.n, &b->done) != 0)
			b->error = errno ? errno : EIO;
		pthread_mutex_lock(&b->lock);
		b->busy = false;
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

static bool
is_of_use(int fd)
{
	struct stat st;
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 1 && fstat(fd, &st) == 0 && !S_ISCHR(st.st_mode);
}

struct behind *
behind_new(int fd)
{
	sigset_t all, before;
	struct behind *b = is_of_use(fd) ? calloc(1, sizeof *b) : NULL;
	if (!b)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &all, &before); // which the thread begins with
	int error = pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		free(b);
		return NULL;
	}
	return b;
}

static void
tell(struct behind *b, bool *what)
{
	pthread_mutex_lock(&b->lock);
	*what = true;
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

void
behind_free(struct behind *b)
{
	if (!b)
		return;
	tell(b, &b->ended);
	pthread_join(b->thread, NULL);
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->changed);
	buf_free(&b->block);
	free(b);
}

void
behind_put(struct behind *b, struct lof_buf *full, int fd)
{
	struct lof_buf empty = b->block;
	b->block = *full;
	b->fd = fd;
	empty.n = 0;
	buf_room(&empty, full->cap);
	*full = empty;
	tell(b, &b->busy);
}

int
behind_wait(struct behind *b, uint64_t *written)
{
	pthread_mutex_lock(&b->lock);
	while (b->busy)
		pthread_cond_wait(&b->changed, &b->lock);
	pthread_mutex_unlock(&b->lock);
	int error = b->error;
	*written += b->done;
	b->done = 0;
	b->error = 0; // told once: the next may go to another file
	return error;
}
