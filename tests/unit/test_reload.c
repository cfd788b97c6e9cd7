// Rules and notes loaded anew while events pass: nothing lost, each event wholly by the one version or by the other, and
// what is broken is never taken.
#include "child.h"
#include "folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

TestSuite(reload, .timeout = 60);

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })
#define LINE "{\"mitre_technique\":\"T1021.004\",\"acme\":{\"tid\":\"T1059.001\"}}\n"

// A folder with an index in use, and two that may take its place.
struct site {
	struct folder f;
	char index[64], a[64], b[64], stats[64], log[64];
};

static void
make_index(struct site *s, const char *out, const char *pack, const char *const *more)
{
	const char *args[16] = { "index", "-q", "-o", out, "--notes", "-" };
	struct child c;
	for (size_t i = 0; more && more[i]; i++)
		args[6 + i] = more[i];
	(void)s;
	child_run(&c, PLAN(.args = args), lof_cstr(pack));
	cr_assert_eq(c.status, 0, "%.*s", (int)c.errors.n, c.errors.p);
	child_free(&c);
}

static void
put(const char *path, struct lof_str bytes)
{
	FILE *f = fopen(path, "wbe");
	cr_assert_not_null(f);
	cr_assert_eq(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	cr_assert_eq(fclose(f), 0);
}

// As an index is replaced: aside, then renamed.
static void
in_place(struct site *s, const char *of)
{
	char aside[64];
	struct lof_buf bytes = file_bytes(of);
	snprintf(aside, sizeof aside, "%s/aside", s->f.path);
	put(aside, buf_view(&bytes));
	cr_assert_eq(rename(aside, s->index), 0);
	buf_free(&bytes);
}

static void
site_make(struct site *s)
{
	folder_make(&s->f);
	snprintf(s->index, sizeof s->index, "%s/site.idx", s->f.path);
	snprintf(s->a, sizeof s->a, "%s/a.idx", s->f.path);
	snprintf(s->b, sizeof s->b, "%s/b.idx", s->f.path);
	snprintf(s->stats, sizeof s->stats, "%s/stats.json", s->f.path);
	snprintf(s->log, sizeof s->log, "%s/log", s->f.path);
	make_index(s, s->a, "{\"text\":\"the note of the first version\",\"techniques\":[\"T1021.004\"]}\n", NULL);
	make_index(s, s->b, "{\"text\":\"another, of the second one, which is a longer note\",\"techniques\":[\"T1021.004\"]}\n",
	    NULL);
	in_place(s, s->a);
}

static const char *const *
args_of(struct site *s)
{
	static const char *args[16];
	const char *const a[] = { "--no-default-index", "--index", s->index, "--stats", s->stats, "--log", s->log, NULL };
	memcpy(args, a, sizeof a);
	return args;
}

// What is made of LINE.
static struct lof_buf
answer_with(const char *const *args)
{
	struct child c;
	child_run(&c, PLAN(.args = args), LOF_LIT(LINE));
	cr_assert_eq(c.status, 0, "%.*s", (int)c.errors.n, c.errors.p);
	cr_assert_gt(c.output.n, sizeof LINE);
	buf_free(&c.errors);
	return c.output;
}

static struct lof_buf
answer_by(const char *index)
{
	return answer_with(ARGS("--no-default-index", "--index", index));
}

static void
answers(struct child *c, const struct lof_buf *want)
{
	size_t before = c->output.n;
	child_feed(c, LOF_LIT(LINE), true);
	child_read(c, want->n);
	cr_assert_eq(memcmp(c->output.p + before, want->p, want->n), 0, "%.*s", (int)want->n, c->output.p + before);
}

static void
hup(const struct child *c)
{
	child_wait_asleep(c);
	kill(c->pid, SIGHUP);
	child_wait_asleep(c);
}

static void
has(const char *path, const char *text)
{
	struct lof_buf b = file_bytes(path);
	cr_assert_not_null(memmem(b.p, b.n, text, strlen(text)), "%s expected in %.*s", text, (int)b.n, b.p);
	buf_free(&b);
}

static uint64_t
counted(const char *path, const char *member)
{
	struct lof_buf b = file_bytes(path);
	char name[64];
	snprintf(name, sizeof name, "\"%s\":", member);
	buf_char(&b, 0);
	const char *at = strstr(b.p, name);
	cr_assert_not_null(at, "%s: %s", name, b.p);
	uint64_t v = strtoull(at + strlen(name), NULL, 10);
	buf_free(&b);
	return v;
}

static void
end(struct child *c, struct site *s)
{
	if (c->status < 0)
		child_end(c);
	cr_assert_eq(c->status, 0, "status %d: %.*s", c->status, (int)c->errors.n, c->errors.p);
	cr_assert_eq(c->errors.n, 0, "%.*s", (int)c->errors.n, c->errors.p);
	child_free(c);
	folder_drop(&s->f);
}

// --- SIGHUP ---------------------------------------------------------------------------------------------------------

Test(reload, a_new_index_between_two_events)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a), b = answer_by(s.b);
	child_start(&c, PLAN(.args = args_of(&s)));
	answers(&c, &a);
	in_place(&s, s.b);
	answers(&c, &a); // not before it is told
	hup(&c);
	answers(&c, &b);
	answers(&c, &b);
	in_place(&s, s.a);
	hup(&c);
	answers(&c, &a);
	child_feed(&c, LOF_STR(LINE, 10), true); // and within one
	in_place(&s, s.b);
	hup(&c);
	child_feed(&c, LOF_STR(&LINE[10], sizeof LINE - 11), true);
	child_read(&c, b.n);
	child_feed(&c, LOF_LIT(""), false);
	child_end(&c);
	cr_assert_eq(counted(s.stats, "reloads"), 3);
	cr_assert_eq(counted(s.stats, "reloads_failed"), 0);
	cr_assert_eq(counted(s.stats, "events"), 6);
	has(s.log, "loaded anew");
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
}

// Cut, empty, gone, not an index: each is told by name and counted, and what was loaded before goes on.
Test(reload, what_is_broken_is_not_taken)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a), b = answer_by(s.b), bytes = file_bytes(s.b);
	child_start(&c, PLAN(.args = args_of(&s)));
	answers(&c, &a);
	put(s.index, LOF_STR(bytes.p, bytes.n - 1));
	hup(&c);
	answers(&c, &a);
	has(s.log, s.index);
	has(s.log, "going on with what was loaded before");
	bytes.p[bytes.n / 2] ^= 1;
	put(s.index, buf_view(&bytes));
	hup(&c);
	answers(&c, &a);
	put(s.index, LOF_LIT(""));
	hup(&c);
	answers(&c, &a);
	unlink(s.index);
	hup(&c);
	answers(&c, &a);
	in_place(&s, s.b);
	hup(&c);
	answers(&c, &b);
	unlink(s.index);
	hup(&c);
	answers(&c, &b);
	child_end(&c);
	cr_assert_eq(counted(s.stats, "reloads"), 1);
	cr_assert_eq(counted(s.stats, "reloads_failed"), 5);
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
	buf_free(&bytes);
}

// A refused one is no reason to speak where nobody asked.
Test(reload, silent_without_a_log)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a);
	child_start(&c, PLAN(.args = ARGS("--no-default-index", "--index", s.index)));
	answers(&c, &a);
	hup(&c);
	put(s.index, LOF_LIT("rubbish"));
	hup(&c);
	answers(&c, &a);
	end(&c, &s);
	buf_free(&a);
}

Test(reload, rules_too)
{
	static const char *const rule = "{\"name\":\"acme\",\"title\":\"Acme\",\"doc\":\"https://acme.example\","
		"\"when\":[{\"acme\":true}],\"technique\":[\"%s\"]}";
	char by_tid[256], by_other[256];
	struct site s;
	struct child c;
	struct lof_buf with, without;
	site_make(&s);
	snprintf(by_tid, sizeof by_tid, rule, "acme.tid");
	snprintf(by_other, sizeof by_other, rule, "mitre_technique");
	folder_put(&s.f, "rules/acme.json", by_other);
	char dir[64];
	snprintf(dir, sizeof dir, "%s/rules", s.f.path);
	const char *const args[] = { "--rules", dir, "--style", "ids", "--stats", s.stats, "--log", s.log, NULL };
	without = answer_with(args);
	cr_assert_not_null(memmem(without.p, without.n, "[\"T1021.004\"]", 13), "%.*s", (int)without.n, without.p);
	folder_put(&s.f, "rules/acme.json", by_tid);
	with = answer_with(args);
	cr_assert_not_null(memmem(with.p, with.n, "[\"T1059.001\"]", 13), "%.*s", (int)with.n, with.p);
	child_start(&c, PLAN(.args = args));
	answers(&c, &with);
	folder_put(&s.f, "rules/acme.json", by_other);
	hup(&c);
	answers(&c, &without);
	folder_put(&s.f, "rules/acme.json", "{\"name\":\"acme\",\n\"pahts\":1}");
	hup(&c);
	answers(&c, &without);
	has(s.log, "rules/acme.json:2:");
	folder_put(&s.f, "rules/acme.json", by_tid);
	folder_put(&s.f, "rules/aaa.json", "{\"name\":\"aaa\",\"title\":\"A\",\"doc\":\"https://a.example\","
		"\"when\":[{\"aaa\":true}],\"technique\":[\"aaa\"]}"); // every other rule has another number now
	hup(&c);
	answers(&c, &with);
	child_end(&c);
	cr_assert_eq(counted(s.stats, "reloads"), 2);
	cr_assert_eq(counted(s.stats, "reloads_failed"), 1);
	has(s.stats, "\"formats\":{\"acme\":{\"enriched\":4,\"no_notes\":0,\"no_key\":0}}"); // by name, whatever its number
	end(&c, &s);
	buf_free(&with);
	buf_free(&without);
}

// A site's own notes, with conditions, and state of their own in the enricher.
Test(reload, notes_too)
{
	static const char *const note = "{\"text\":\"%s\",\"techniques\":[\"T1021.004\"],\"when\":{\"acme.tid\":%s}}\n";
	char packs[3][256], path[64];
	struct lof_buf want[3];
	struct site s;
	struct child c;
	site_make(&s);
	snprintf(packs[0], 256, note, "the backup", "{\"regex\":\"^T1059\"}");
	snprintf(packs[1], 256, note, "another", "\"*.001\"");
	snprintf(packs[2], 256, note, "of others", "{\"regex\":\"^T2000\"}");
	snprintf(path, sizeof path, "%s/packs/site.ndjson", s.f.path);
	const char *const args[] = { "--notes", path, "--stats", s.stats, "--log", s.log, NULL };
	for (int i = 0; i < 3; i++) {
		folder_put(&s.f, "packs/site.ndjson", packs[i]);
		want[i] = answer_with(args);
		cr_assert_eq(!memmem(want[i].p, want[i].n, "\"match\":\"site\"", 14), i == 2);
	}
	child_start(&c, PLAN(.args = args));
	for (int i = 0; i < 9; i++) {
		answers(&c, &want[i ? (i - 1) % 3 : 2]);
		folder_put(&s.f, "packs/site.ndjson", i % 2 ? "{\"text\":1}\n" : packs[i % 3]);
		if (i % 2) {
			hup(&c);
			answers(&c, &want[(i - 1) % 3]);
			folder_put(&s.f, "packs/site.ndjson", packs[i % 3]);
		}
		hup(&c);
	}
	answers(&c, &want[8 % 3]);
	has(s.log, "packs/site.ndjson:1:");
	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	hup(&c); // what has no second reading is not waited for
	answers(&c, &want[8 % 3]);
	has(s.log, "cannot be read again");
	child_end(&c);
	cr_assert_eq(counted(s.stats, "reloads"), 9);
	cr_assert_eq(counted(s.stats, "reloads_failed"), 5);
	end(&c, &s);
	for (int i = 0; i < 3; i++)
		buf_free(&want[i]);
}

// An id that has not come before, so that the table is asked.
static void
becomes_id(struct child *c, int id, const char *want)
{
	char line[64], text[64];
	size_t before = c->output.n;
	snprintf(line, sizeof line, "{\"mitre_technique\":\"T1003.%03d\"}\n", id);
	snprintf(text, sizeof text, "\"techniques\":[\"%s\"]", want);
	child_feed(c, lof_cstr(line), true);
	while (c->output.n == before || c->output.p[c->output.n - 1] != '\n')
		child_read(c, 1);
	cr_assert_not_null(memmem(c->output.p + before, c->output.n - before, text, strlen(text)), "%s: %.*s", text,
	    (int)(c->output.n - before), c->output.p + before);
}

// The table of techniques goes and comes with the index that brings it.
Test(reload, the_attack_table_too)
{
	struct site s;
	struct child c;
	site_make(&s);
	char pack[64];
	snprintf(pack, sizeof pack, "%s/table.ndjson", s.f.path);
	struct lof_buf lines = { 0 };
	for (int i = 1; i <= 5; i++)
		lines.n += (size_t)sprintf(buf_room(&lines, 100), "{\"attack\":\"T1003.%03d\\te\\t>T1059.001\\tMoved\\t\\t\"}\n", i);
	buf_lit(&lines, "{\"attack\":\"T1021.004\\te\\t>T1059.001\\tMoved\\t\\t\"}\n"
	    "{\"text\":\"a note of what it became\",\"techniques\":[\"T1059.001\"]}\n");
	put(pack, buf_view(&lines));
	buf_free(&lines);
	make_index(&s, s.b, "", ARGS("--notes", pack));
	struct lof_buf a = answer_by(s.a), b = answer_by(s.b), bytes = file_bytes(s.b);
	cr_assert_not_null(memmem(a.p, a.n, "\"techniques\":[\"T1021.004\"]", 26), "%.*s", (int)a.n, a.p);
	cr_assert_not_null(memmem(b.p, b.n, "\"techniques\":[\"T1059.001\"]", 26), "%.*s", (int)b.n, b.p);
	static const char *const own[] = { "T1003.001", "T1003.002", "T1003.003", "T1003.004", "T1003.005" };
	child_start(&c, PLAN(.args = args_of(&s)));
	for (int i = 0; i < 5; i++) {
		in_place(&s, s.a);
		hup(&c);
		answers(&c, &a);
		put(s.index, LOF_STR(bytes.p, bytes.n / 2));
		hup(&c);
		answers(&c, &a);
		becomes_id(&c, i + 1, own[i]);
		in_place(&s, s.b);
		hup(&c);
		answers(&c, &b);
		put(s.index, LOF_STR(bytes.p, bytes.n / 2));
		hup(&c);
		answers(&c, &b);
		becomes_id(&c, i + 1, "T1059.001");
	}
	child_end(&c);
	has(s.stats, "\"T1021.004\":{\"with_notes\":10,\"without_notes\":0},\"T1059.001\":{\"with_notes\":15,\"without_notes\":0}}");
	has(s.stats, "\"T1021.004\":{\"today\":\"T1059.001\",\"events\":10}}");
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
	buf_free(&bytes);
}

static void
ignore_sighup(void)
{
	signal(SIGHUP, SIG_IGN);
}

static void
goes_on(const char *const *args, void (*prepare)(void))
{
	struct child c, once;
	child_run(&once, PLAN(.args = args), LOF_LIT(LINE));
	child_start(&c, PLAN(.args = args, .prepare = prepare));
	for (int i = 0; i < 5; i++) {
		answers(&c, &once.output);
		hup(&c);
	}
	child_end(&c);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.errors.n, 0);
	child_free(&c);
	child_free(&once);
}

Test(reload, nothing_to_load_is_harmless)
{
	goes_on(ARGS(NULL), NULL);
	goes_on(ARGS("--technique", "acme.tid"), NULL);
}

// As nohup starts it.
Test(reload, sighup_ignored_at_start_stays_ignored)
{
	struct site s;
	struct child c;
	site_make(&s);
	goes_on(ARGS(NULL), ignore_sighup);
	struct lof_buf a = answer_by(s.a);
	child_start(&c, PLAN(.args = args_of(&s), .prepare = ignore_sighup));
	answers(&c, &a);
	in_place(&s, s.b);
	hup(&c);
	answers(&c, &a);
	end(&c, &s);
	buf_free(&a);
}

// Commands that end by themselves end by it, as ever.
Test(reload, other_commands_end_by_sighup)
{
	struct child c;
	child_start(&c, PLAN(.args = ARGS("explain")));
	child_wait_asleep(&c);
	kill(c.pid, SIGHUP);
	int in = c.in;
	c.in = -1;
	child_end(&c);
	close(in);
	cr_assert_eq(c.status, 128 + SIGHUP);
	child_free(&c);
}

Test(reload, memory_does_not_grow)
{
	struct site s;
	struct child c;
	site_make(&s);
	char pack[64];
	snprintf(pack, sizeof pack, "%s/table.ndjson", s.f.path);
	folder_put(&s.f, "table.ndjson", "{\"attack\":\"T1021.004\\te\\t>T1059.001\\tMoved\\t\\t\"}\n");
	make_index(&s, s.index, "", ARGS("--notes", pack)); // with a table, the largest of what hangs on an index
	child_start(&c, PLAN(.args = ARGS("--index", s.index)));
	unsigned long long kib[2];
	for (int half = 0; half < 2; half++) {
		for (int i = 0; i < 30; i++) {
			child_feed(&c, LOF_LIT(LINE), true);
			hup(&c);
		}
		kib[half] = child_status(&c, "VmRSS:", 10);
	}
	if (!SANITIZED)
		cr_assert_lt(kib[1], kib[0] + 512, "%llu KiB, then %llu", kib[0], kib[1]);
	child_end(&c);
	end(&c, &s);
}

// --- under load -----------------------------------------------------------------------------------------------------

enum { EVENTS = SANITIZED ? 100000 : 200000, DIGITS = 7 };
#define HEAD "{\"n\":\""
#define REST "\",\"mitre_technique\":\"T1021.004\"}\n"

static void
put_event(struct lof_buf *b, unsigned n)
{
	char number[16];
	snprintf(number, sizeof number, "%0*u", DIGITS, n);
	buf_lit(b, HEAD);
	buf_put(b, number, DIGITS);
	buf_lit(b, REST);
}

// What an event is followed by, with an index.
static struct lof_buf
rest_by(const char *index)
{
	struct lof_buf one = { 0 }, rest = { 0 };
	struct child c;
	put_event(&one, 0);
	child_run(&c, PLAN(.args = ARGS("--no-default-index", "--index", index)), buf_view(&one));
	buf_put(&rest, c.output.p + sizeof HEAD - 1 + DIGITS, c.output.n - (sizeof HEAD - 1 + DIGITS));
	child_free(&c);
	buf_free(&one);
	return rest;
}

static pid_t
feed_from_aside(struct child *c, struct lof_str all)
{
	pid_t feeder = fork();
	cr_assert_geq(feeder, 0);
	if (feeder == 0) {
		close(c->out);
		c->out = -1;
		alarm(CHILD_SECONDS);
		child_feed(c, all, false);
		_exit(0);
	}
	close(c->in);
	c->in = -1;
	return feeder;
}

// One of the two, whole. Where the next event begins, or NULL; seen[which] counts.
static const char *
is_event(const char *p, const char *to, unsigned n, const struct lof_buf rest[2], size_t seen[2])
{
	struct lof_buf want = { 0 };
	put_event(&want, n);
	size_t head = sizeof HEAD - 1 + DIGITS;
	bool begins = (size_t)(to - p) >= head && memcmp(p, want.p, head) == 0;
	buf_free(&want);
	for (int i = 0; begins && i < 2; i++)
		if ((size_t)(to - p) >= head + rest[i].n && memcmp(p + head, rest[i].p, rest[i].n) == 0) {
			seen[i]++;
			return p + head + rest[i].n;
		}
	return NULL;
}

// 200,000 events while the index flips between two versions, with a broken one now and then.
Test(reload, under_load_nothing_is_lost)
{
	struct site s;
	struct child c;
	site_make(&s);
	const struct lof_buf rest[2] = { rest_by(s.a), rest_by(s.b) };
	struct lof_buf in = { 0 };
	cr_assert_neq(rest[0].n, rest[1].n);
	for (unsigned n = 0; n < EVENTS; n++)
		put_event(&in, n);
	child_start(&c, PLAN(.args = args_of(&s)));
	child_wait_asleep(&c); // it has begun
	pid_t feeder = feed_from_aside(&c, buf_view(&in));
	// One file after the other is put in place, each when the log tells what became of the one before.
	char got[64 << 10];
	unsigned step = 0;
	for (ssize_t n; (n = read(c.out, got, sizeof got)) > 0;) {
		buf_put(&c.output, got, (size_t)n);
		struct stat st;
		static off_t told = -1;
		if (stat(s.log, &st) != 0 || st.st_size == told)
			continue;
		told = st.st_size;
		if (++step % 3 == 2)
			put(s.index, LOF_LIT("broken"));
		else
			in_place(&s, step % 2 ? s.b : s.a);
		kill(c.pid, SIGHUP);
	}
	child_end(&c);
	kill(feeder, SIGKILL);
	const char *p = c.output.p, *to = p + c.output.n;
	size_t seen[2] = { 0 };
	for (unsigned n = 0; n < EVENTS; n++) {
		const char *next = is_event(p, to, n, rest, seen);
		cr_assert_not_null(next, "event %u: %.*s", n, (int)(to - p < 300 ? to - p : 300), p);
		p = next;
	}
	cr_assert_eq(p, to);
	cr_assert(seen[0] && seen[1], "%zu by the one version, %zu by the other", seen[0], seen[1]);
	cr_assert_eq(counted(s.stats, "events"), EVENTS);
	cr_assert_eq(counted(s.stats, "enriched"), EVENTS);
	cr_assert_gt(step, 5, "%u files", step);
	cr_assert_geq(counted(s.stats, "reloads"), step / 3);
	cr_assert_geq(counted(s.stats, "reloads_failed"), (step - 1) / 3);
	for (int i = 0; i < 2; i++)
		buf_free((struct lof_buf *)(uintptr_t)&rest[i]);
	buf_free(&in);
	end(&c, &s);
}

// A signal after the other, without end, does not keep it from its events.
Test(reload, a_storm_of_signals)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a);
	child_start(&c, PLAN(.args = args_of(&s)));
	answers(&c, &a); // it has begun
	pid_t storm = fork();
	if (storm == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); // the number may be another's once this test has failed
		while (kill(c.pid, SIGHUP) == 0)
			;
		_exit(0);
	}
	for (int i = 0; i < 300; i++)
		answers(&c, &a);
	kill(storm, SIGKILL);
	end(&c, &s);
	buf_free(&a);
}

// --- watching -------------------------------------------------------------------------------------------------------

static const char *const *
watching(struct site *s)
{
	static const char *args[16];
	const char *const a[] = { "--watch", "--no-default-index", "--index", s->index, "--stats", s->stats, "--log", s->log, NULL };
	memcpy(args, a, sizeof a);
	return args;
}

// Events go on until the answer is another one; in between it is the old one.
static void
becomes(struct child *c, const struct lof_buf *was, const struct lof_buf *want)
{
	for (int i = 0; i < 200; i++) {
		size_t before = c->output.n;
		child_feed(c, LOF_LIT(LINE), true);
		child_read(c, was->n < want->n ? was->n : want->n);
		bool is_new = memcmp(c->output.p + before, want->p, c->output.n - before) == 0;
		const struct lof_buf *got = is_new ? want : was;
		child_read(c, got->n - (c->output.n - before));
		cr_assert_eq(memcmp(c->output.p + before, got->p, got->n), 0, "%.*s", (int)got->n, c->output.p + before);
		if (is_new)
			return;
		usleep(50000);
	}
	cr_assert_fail("it was not seen");
}

static size_t
times_in(const char *path, const char *text)
{
	struct lof_buf b = file_bytes(path);
	size_t n = 0;
	buf_char(&b, 0);
	for (const char *p = b.p; (p = strstr(p, text)); p++)
		n++;
	buf_free(&b);
	return n;
}

static const char refused[] = "going on with what was loaded before";

Test(reload, watch_sees_a_file_renamed_into_place)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a), b = answer_by(s.b);
	child_start(&c, PLAN(.args = watching(&s)));
	answers(&c, &a);
	in_place(&s, s.b);
	becomes(&c, &a, &b);
	in_place(&s, s.a);
	becomes(&c, &b, &a);
	in_place(&s, s.b);
	kill(c.pid, SIGHUP); // both at once load once
	child_wait_asleep(&c);
	answers(&c, &b);
	folder_put(&s.f, "unrelated", "text");
	usleep(2500000);
	child_end(&c);
	cr_assert_eq(counted(s.stats, "reloads"), 3);
	cr_assert_eq(counted(s.stats, "reloads_failed"), 0);
	cr_assert_lt(c.cpu_ms, SANITIZED ? 10000 : 500, "it spins: %ld ms of processor", c.cpu_ms);
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
}

// Written in place, slowly, and gone for a while: what is not whole is told once and then left alone.
Test(reload, watch_waits_for_the_writer)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a), b = answer_by(s.b), bytes = file_bytes(s.b);
	child_start(&c, PLAN(.args = watching(&s)));
	answers(&c, &a);
	for (int i = 0; i < 30; i++) { // always a little more of it
		put(s.index, LOF_STR(bytes.p, bytes.n / 60 * (size_t)(i + 1)));
		usleep(50000);
	}
	cr_assert_eq(times_in(s.log, refused), 0);
	usleep(2500000);
	cr_assert_eq(times_in(s.log, refused), 1);
	answers(&c, &a);
	put(s.index, buf_view(&bytes));
	becomes(&c, &a, &b);
	unlink(s.index);
	usleep(2500000);
	cr_assert_eq(times_in(s.log, refused), 2);
	answers(&c, &b);
	in_place(&s, s.a);
	becomes(&c, &b, &a);
	child_end(&c);
	cr_assert_eq(counted(s.stats, "reloads"), 2);
	cr_assert_eq(counted(s.stats, "reloads_failed"), 2);
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
	buf_free(&bytes);
}

// A rule that is added, changed, taken away; and an index behind a link whose folder is exchanged, as Kubernetes does it.
Test(reload, watch_sees_folders_and_what_is_behind_links)
{
	struct site s;
	struct child c;
	char dir[64], data[64], notes[64];
	site_make(&s);
	snprintf(notes, sizeof notes, "%s/notes", s.f.path);
	folder_put(&s.f, "notes/a.ndjson", "{\"text\":\"elsewhere\",\"techniques\":[\"T1195\"]}\n");
	snprintf(dir, sizeof dir, "%s/rules", s.f.path);
	snprintf(data, sizeof data, "%s/..data", s.f.path);
	for (int i = 0; i < 2; i++) {
		char below[32];
		struct lof_buf bytes = file_bytes(i ? s.b : s.a);
		snprintf(below, sizeof below, "..%d/site.idx", i);
		folder_put(&s.f, below, "");
		put(s.f.file, buf_view(&bytes));
		buf_free(&bytes);
	}
	folder_put(&s.f, "rules/README", "");
	unlink(s.index);
	cr_assert_eq(symlink("..0", data), 0);
	cr_assert_eq(symlink("..data/site.idx", s.index), 0);
	const char *const args[] = { "--watch", "--rules", dir, "--notes", notes, "--no-default-index", "--index", s.index, NULL };
	struct lof_buf a = answer_with(args), b, with_rule, with_note;
	child_start(&c, PLAN(.args = args));
	answers(&c, &a);
	cr_assert_eq(symlink("..1", folder_at(&s.f, "..data_tmp")), 0);
	cr_assert_eq(rename(s.f.file, data), 0);
	b = answer_with(args);
	becomes(&c, &a, &b);
	folder_put(&s.f, "rules/acme.json", "{\"name\":\"acme\",\"title\":\"Acme\",\"doc\":\"https://acme.example\","
		"\"when\":[{\"acme\":true}],\"technique\":[\"acme.tid\"]}");
	with_rule = answer_with(args);
	becomes(&c, &b, &with_rule);
	unlink(folder_at(&s.f, "rules/acme.json"));
	becomes(&c, &with_rule, &b);
	folder_put(&s.f, "notes/site/b.ndjson", "{\"text\":\"the backup of this very site\",\"techniques\":[\"T1021.004\"]}\n");
	with_note = answer_with(args);
	becomes(&c, &b, &with_note);
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
	buf_free(&with_rule);
	buf_free(&with_note);
}

// Input that never pauses holds up no look.
Test(reload, watch_under_load)
{
	struct site s;
	struct child c;
	site_make(&s);
	struct lof_buf a = answer_by(s.a), b = answer_by(s.b), in = { 0 };
	for (int i = 0; i < 10000; i++)
		buf_lit(&in, LINE);
	child_start(&c, PLAN(.args = watching(&s)));
	pid_t feeder = fork();
	if (feeder == 0) {
		close(c.out);
		alarm(CHILD_SECONDS);
		for (;;)
			if (write(c.in, in.p, in.n) < 0)
				_exit(0);
	}
	close(c.in);
	c.in = -1;
	bool is_new = false;
	for (size_t n = 0; !is_new; n++) {
		if (n == 1000)
			in_place(&s, s.b);
		c.output.n = 0;
		child_read(&c, a.n < b.n ? a.n : b.n);
		is_new = memcmp(c.output.p, b.p, c.output.n) == 0;
		const struct lof_buf *got = is_new ? &b : &a;
		child_read(&c, got->n - c.output.n);
		cr_assert_eq(memcmp(c.output.p, got->p, got->n), 0);
	}
	kill(feeder, SIGKILL);
	end(&c, &s);
	buf_free(&a);
	buf_free(&b);
	buf_free(&in);
}
