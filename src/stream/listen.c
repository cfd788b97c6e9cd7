#include "stream/listen.h"

#include "stream/signals.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	IN_BLOCK = 256 << 10,  // read at most in one turn, so that everybody has a turn soon
	OUT_BLOCK = 256 << 10, // unsent: a connection that has so much is neither read nor enriched any further
	SMALL = 16 << 10,      // left between two turns: so much is moved, more stays where it is
	EVENTS = 64,           // looked at between two waits
	TICK_MS = 250,         // while a clock runs for somebody
};
static const double LINGER = 1, PAUSE = 1, FAREWELL = SIGNALS_GRACE - 1; // seconds

struct conn {
	struct conn *next, **prev;
	int fd, to;         // in and out: the same, unless events go on; then `to` may be -1 for a while
	uint32_t hears[2];  // what epoll tells us of them
	size_t tried;       // addresses to go on to
	bool reached;       // the way out is open
	bool timed;         // the clock must be looked at for it: it lingers, or `to` was not to be had
	struct lane lane;
	struct sink out; // memory
	size_t sent;     // of out
	double touched;  // when a byte last came or went; or when it began to linger
	bool eof;        // the client's last byte has come
	bool cut;        // we read no further
	bool more;       // whole events may be in lane.in, which wait until `out` is sent
	bool done;       // nothing more will be added to `out`
	bool broken;     // the client went without an end, or what it sends cannot be read any further
	bool lingering;  // our side is shut; theirs is read away, for a close would take back what they have not read yet
	char name[ADDR_NAME + 24];
};

struct listener {
	struct pump *pump;
	struct addr_list *doors;
	const struct listen_options *options;
	struct conn *first, *dead; // dead: events of theirs may still be at hand
	size_t n, timed;
	int epoll;
	struct lof_buf in, out; // lent to the connection whose turn it is: one that is idle holds no memory
	bool hearing;           // the doors are looked at
	bool told, told_far;    // that somebody has to wait, or all for where events go on to, was told
	double now, looked;     // pump_seconds; when it was that the clock was looked at
	double deaf_until;      // after an accept that failed
};

// --- blocks ---------------------------------------------------------------------------------------------------------

static void
lend(struct lof_buf *block, size_t size, struct lof_buf *b)
{
	if (b->cap >= size)
		return;
	struct lof_buf small = *b;
	buf_room(block, size);
	*b = *block;
	*block = (struct lof_buf){ 0 };
	buf_put(b, small.p, small.n);
	buf_free(&small);
}

// What is left, unless it is much, moves to memory of its own size.
static void
give_back(struct lof_buf *block, size_t size, struct lof_buf *b, size_t *used)
{
	struct lof_buf small = { 0 };
	if (b->n - *used > SMALL)
		return;
	buf_put(&small, b->p + *used, b->n - *used);
	*used = b->n = 0;
	if (block->cap || b->cap > 2 * size)
		buf_free(b);
	else
		*block = *b;
	*b = small;
}

// --- connections ----------------------------------------------------------------------------------------------------

static size_t
unsent(const struct conn *c)
{
	return c->out.buf.n - c->sent;
}

static bool
heed(struct listener *l, struct conn *c, bool out, uint32_t want)
{
	struct epoll_event ev = { .events = want, .data.ptr = c };
	uint32_t *hears = &c->hears[out];
	int how = !*hears ? EPOLL_CTL_ADD : want ? EPOLL_CTL_MOD : EPOLL_CTL_DEL; // an end would be told though nothing is wanted
	if (*hears == want)
		return true;
	*hears = want;
	return epoll_ctl(l->epoll, how, out ? c->to : c->fd, &ev) == 0;
}

static bool
watch(struct listener *l, struct conn *c)
{
	bool held = !c->reached || c->more || c->eof || c->cut;
	uint32_t in = held ? 0 : EPOLLIN, out = !c->reached || c->more || unsent(c) ? EPOLLOUT : 0;
	if (c->to == c->fd)
		return heed(l, c, false, in | out);
	return heed(l, c, false, in) && (c->to < 0 || heed(l, c, true, out | EPOLLRDHUP));
}

static void
set_timed(struct listener *l, struct conn *c, bool timed)
{
	l->timed += (size_t)timed - (size_t)c->timed;
	c->timed = timed;
	c->touched = l->now;
}

static void
drop(struct listener *l, struct conn *c, bool lost)
{
	struct counters *n = &l->pump->enricher.count;
	n->lines += c->lane.frame.line - 1;
	n->lost += lost || c->broken;
	l->n--;
	l->deaf_until = 0;
	set_timed(l, c, false);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (c->to >= 0 && c->to != c->fd)
		close(c->to);
	close(c->fd);
	c->fd = -1;
	c->next = l->dead;
	l->dead = c;
}

static void
bury(struct listener *l)
{
	for (struct conn *c; (c = l->dead); free(c)) {
		l->dead = c->next;
		lane_free(&c->lane);
		sink_free(&c->out);
	}
}

static void
tune(int fd)
{
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // of no use to a unix socket, and no harm
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static void
tell_once(struct listener *l, bool *told, const char *what, const char *why)
{
	FILE *log = l->pump->options->lane.log;
	if (log && !*told)
		fprintf(log, "lofpipe: %zu connections, %s: %s\n", l->n, what, why);
	*told = true;
}

// Opens the way on. False: not yet; there will be news, or the clock has it tried again.
static bool
reach(struct listener *l, struct conn *c)
{
	const struct addr_set *to = l->options->to;
	for (; c->tried < to->n; c->tried++) {
		int got = addr_reach(to, c->tried, &c->to);
		if (got > 0) {
			tune(c->to);
			l->told_far = false; // when they have gone it is told again
			set_timed(l, c, false);
		}
		if (got >= 0)
			return c->reached = got > 0;
		c->hears[true] = 0; // it was closed
	}
	tell_once(l, &l->told_far, "they wait for where events go on to", strerror(errno));
	c->tried = 0;
	set_timed(l, c, true);
	return false;
}

static void
welcome(struct listener *l, int fd)
{
	struct pump *p = l->pump;
	struct conn *c = calloc(1, sizeof *c);
	char peer[ADDR_NAME];
	if (!c)
		lof_no_memory();
	*c = (struct conn){ .next = l->first, .prev = &l->first, .fd = fd, .to = l->options->to ? -1 : fd, .touched = l->now };
	if (c->next)
		c->next->prev = &c->next;
	l->first = c;
	l->n++;
	p->enricher.count.connections++;
	tune(fd);
	addr_name(fd, false, peer);
	snprintf(c->name, sizeof c->name, "%s#%llu", peer, (unsigned long long)p->enricher.count.connections);
	sink_init(&c->out, -1);
	lane_init(&c->lane, &p->enricher, &p->options->lane, &c->out, p->options->reject >= 0 ? &p->reject : NULL);
	c->lane.full = OUT_BLOCK;
	lane_restart(&c->lane, c->name);
	c->reached = !l->options->to || reach(l, c);
	if (!watch(l, c))
		drop(l, c, true);
}

// --- a turn ---------------------------------------------------------------------------------------------------------

// False when the other end is gone.
static bool
receive(struct listener *l, struct conn *c)
{
	struct lof_buf *in = &c->lane.in;
	lane_room(&c->lane, IN_BLOCK);
	size_t room = in->cap - in->n;
	ssize_t n = recv(c->fd, in->p + in->n, room < IN_BLOCK ? room : IN_BLOCK, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0) { // what it has said may go on nevertheless, but for a line without its end
		c->broken = c->cut = true;
		return c->to != c->fd;
	}
	c->eof = n == 0;
	c->touched = l->now;
	in->n += (size_t)n;
	l->pump->enricher.count.bytes_in += (uint64_t)n;
	return true;
}

static void
take(struct conn *c)
{
	struct lof_buf *out = &c->out.buf;
	bool stopped;
	if (c->sent)
		memmove(out->p, out->p + c->sent, unsent(c));
	out->n -= c->sent;
	c->sent = 0;
	bool on = lane_take(&c->lane, c->eof, &stopped);
	c->more = on && out->n >= OUT_BLOCK;
	if (on && !c->more && c->cut && !c->eof) { // all that is left is a line without its end
		c->lane.cut_short = true;
		lane_take(&c->lane, true, &stopped);
	}
	c->done = !on || (!c->more && (c->eof || c->cut));
	c->broken |= c->lane.broken != NULL;
	if (c->lane.broken && c->lane.options->log) {
		struct lof_err e = { 0 };
		lof_err_offset(&e, LOF_E_IO, c->name, c->lane.frame.offset, c->lane.broken, LOF_LIT(""));
		lof_err_print(c->lane.options->log, &e);
	}
}

// False when the other end is gone.
static bool
push(struct listener *l, struct conn *c)
{
	if (!unsent(c))
		return true;
	ssize_t n = send(c->to, c->out.buf.p + c->sent, unsent(c), MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	c->touched = l->now;
	l->pump->out.written += (uint64_t)n;
	return true;
}

static bool
serve(struct listener *l, struct conn *c, uint32_t events)
{
	if (c->reached && events & EPOLLRDHUP) // nobody is where events go on to
		return false;
	if (!c->reached && !c->cut && !reach(l, c))
		return true;
	if (events & ~(uint32_t)EPOLLIN && !push(l, c))
		return false;
	if (c->done || unsent(c) >= OUT_BLOCK)
		return true;
	if (events & ~(uint32_t)EPOLLOUT && c->reached && !c->more && !c->eof && !receive(l, c))
		return false;
	take(c);
	return push(l, c);
}

// All that goes back has gone. With their end open still, what they sent meanwhile would turn our close into a reset.
static void
finish(struct listener *l, struct conn *c)
{
	if (c->eof || c->to != c->fd || shutdown(c->fd, SHUT_WR) != 0 || !heed(l, c, false, EPOLLIN)) {
		drop(l, c, false);
		return;
	}
	c->lingering = true;
	set_timed(l, c, true);
}

static void
linger(struct listener *l, struct conn *c)
{
	buf_room(&l->in, IN_BLOCK);
	ssize_t n = recv(c->fd, l->in.p, IN_BLOCK, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(l, c, false);
}

// What a connection does with its turn. It may be gone afterwards.
static void
turn(struct listener *l, struct conn *c, uint32_t events)
{
	if (c->fd < 0)
		return;
	if (c->lingering) {
		linger(l, c);
		return;
	}
	lend(&l->in, IN_BLOCK, &c->lane.in);
	lend(&l->out, 2 * OUT_BLOCK, &c->out.buf);
	bool there = serve(l, c, events);
	give_back(&l->in, IN_BLOCK, &c->lane.in, &c->lane.used);
	give_back(&l->out, 2 * OUT_BLOCK, &c->out.buf, &c->sent);
	if (there && c->done && !unsent(c)) {
		finish(l, c);
		return;
	}
	if (!there || !watch(l, c))
		drop(l, c, true);
}

// --- doors ----------------------------------------------------------------------------------------------------------

// Doors are looked at while there is room for whoever comes. The others wait behind them, and lose nothing.
static void
hear(struct listener *l)
{
	bool full = l->options->max_connections && l->n >= l->options->max_connections, hearing = !full && l->now >= l->deaf_until;
	struct epoll_event ev = { .events = hearing ? EPOLLIN : 0 };
	if (hearing == l->hearing)
		return;
	l->hearing = hearing;
	for (size_t i = 0; i < l->doors->n; i++)
		epoll_ctl(l->epoll, EPOLL_CTL_MOD, l->doors->v[i].fd, &ev);
	if (full)
		tell_once(l, &l->told, "further ones wait", "--max-connections");
}

// Lets in who waits there.
static void
answer_door(struct listener *l, int door)
{
	for (int i = 0; i < EVENTS && l->hearing; i++) {
		int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			welcome(l, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			// It would be told again at once: not before somebody has gone, or a while.
			tell_once(l, &l->told, "further ones wait", strerror(errno));
			l->deaf_until = l->now + PAUSE;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
		hear(l);
	}
}

// --- the loop -------------------------------------------------------------------------------------------------------

// Those whose time is up: idle, or lingering for too long.
static void
look_at_clock(struct listener *l)
{
	double idle = (double)l->options->idle;
	l->looked = l->now;
	for (struct conn *c = l->first, *next; c; c = next) {
		next = c->next;
		if (c->lingering && l->now - c->touched >= LINGER) {
			drop(l, c, false);
		} else if (!c->reached && c->timed && l->now - c->touched >= PAUSE) {
			turn(l, c, 0);
		} else if (!c->lingering && c->reached && idle > 0 && !unsent(c) && !c->more && l->now - c->touched >= idle) {
			c->cut = true;
			turn(l, c, 0);
		}
	}
}

// What has happened, with nobody waiting for what we hold if we must wait for it ourselves.
static int
wait_events(struct listener *l, struct epoll_event ev[EVENTS])
{
	int ms = chores_wait_ms(&l->pump->chores);
	if ((l->timed || l->deaf_until > l->now || (l->options->idle && l->n)) && (ms < 0 || ms > TICK_MS))
		ms = TICK_MS;
	int n = epoll_wait(l->epoll, ev, EVENTS, 0);
	if (n == 0) {
		sink_flush(&l->pump->reject);
		if (l->pump->options->lane.log)
			fflush(l->pump->options->lane.log);
		if (signals_stop) // what else comes ends us at once
			n = epoll_wait(l->epoll, ev, EVENTS, TICK_MS);
		else if (signals_ready(l->epoll, ms))
			n = epoll_wait(l->epoll, ev, EVENTS, 0);
	}
	l->now = pump_seconds(l->pump);
	return n;
}

static void
go_round(struct listener *l)
{
	struct epoll_event ev[EVENTS];
	hear(l);
	int n = wait_events(l, ev);
	for (int i = 0; i < n; i++) {
		if (ev[i].data.ptr)
			turn(l, ev[i].data.ptr, ev[i].events);
		for (size_t d = 0; !ev[i].data.ptr && d < l->doors->n; d++)
			answer_door(l, l->doors->v[d].fd);
	}
	if (l->now - l->looked >= TICK_MS / 1e3)
		look_at_clock(l);
	bury(l);
}

// A signal has come: whoever knocked comes in, everybody has one more turn, and nobody is read any further.
static void
stop(struct listener *l)
{
	for (size_t i = 0; i < l->doors->n; i++) {
		answer_door(l, l->doors->v[i].fd);
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->doors->v[i].fd, NULL); // systemd has it open too: a close does not tell epoll
	}
	addr_close(l->doors);
	double end = l->now + FAREWELL;
	for (struct conn *c = l->first, *next; c; c = next) {
		next = c->next;
		c->cut = true;
		turn(l, c, EPOLLIN);
	}
	while (l->first && l->now < end)
		go_round(l);
	while (l->first)
		drop(l, l->first, !l->first->lingering);
	bury(l);
}

enum lof_rc
listen_run(struct pump *p, struct addr_list *doors, const struct listen_options *o, struct lof_err *e)
{
	struct listener l = { .pump = p, .doors = doors, .options = o, .epoll = epoll_create1(EPOLL_CLOEXEC), .hearing = true };
	struct epoll_event ev = { .events = EPOLLIN };
	enum lof_rc rc = LOF_OK;
	for (size_t i = 0; i < doors->n && !rc; i++)
		if (l.epoll < 0 || epoll_ctl(l.epoll, EPOLL_CTL_ADD, doors->v[i].fd, &ev) != 0)
			rc = lof_err_sys(e, doors->v[i].name, "cannot listen");
	while (!rc && !signals_stop) {
		pump_attend(p); // between two events of every connection
		go_round(&l);
	}
	stop(&l);
	buf_free(&l.in);
	buf_free(&l.out);
	if (l.epoll >= 0)
		close(l.epoll);
	return rc;
}
