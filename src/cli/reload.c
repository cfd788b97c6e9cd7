#include "cli/reload.h"

#include "base/hash.h"
#include "rules/attack.h"

#include <dirent.h>
#include <malloc.h>
#include <sys/stat.h>

// Takes what was loaded in place of what is there, or back again: the engine stays where it is, for others point to it.
static void
swap(struct session *s, struct session *with)
{
	struct session was = *s;
	s->rules = with->rules;
	s->book = with->book;
	s->engine.rules = s->rules;
	with->rules = was.rules;
	with->book = was.book;
}

// The files and folders that are loaded, one after the other; NULL behind the last.
static const char *
path_no(const struct options *o, size_t i)
{
	if (i < o->indexes.n)
		return o->indexes.v[i];
	i -= o->indexes.n;
	if (i < o->rules.n)
		return o->rules.v[i];
	i -= o->rules.n;
	return i < o->n_sources ? o->sources[i].path : NULL;
}

// A pipe has no second reading: it would be taken for an empty file, or waited for.
static bool
all_are_files(const struct options *o, FILE *log)
{
	struct stat st;
	const char *path;
	for (size_t i = 0; (path = path_no(o, i)); i++)
		if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
			struct lof_err e = { 0 };
			lof_err_at(&e, LOF_E_IO, path, 0, 0, "is no file, and cannot be read again", LOF_LIT(""));
			if (log)
				lof_err_print(log, &e);
			return false;
		}
	return true;
}

// One table of techniques serves the process: it is that of the new indexes while they are loaded, and the old one again
// when they are refused.
static bool
run(void *arg, struct enricher *e)
{
	struct reload_from *from = arg;
	struct session aside;
	if (!all_are_files(from->options, from->session->log))
		return false;
	struct attack_table *table = attack_aside();
	bool loaded = session_load(&aside, from->options, NEED_RULES | NEED_NOTES, from->session->log);
	if (loaded) {
		swap(from->session, &aside);
		if (!(loaded = enrich_again(e)))
			swap(from->session, &aside);
		session_drop(&aside);
	}
	if (loaded)
		attack_drop(table);
	else
		attack_back(table);
	return loaded;
}

// --- watching -------------------------------------------------------------------------------------------------------

static uint64_t look_below(const char *path, uint64_t sum);

// By what stat() says, not by inotify, which hears nothing of network file systems nor of a file that is replaced behind
// a symbolic link, as Kubernetes does it. Of a folder below a folder, links are not followed: no cycle.
static uint64_t
look_at(const char *path, bool below)
{
	struct stat st;
	uint64_t sum = lof_hash(0, lof_cstr(path)); // what is not there is told from what is
	if ((below ? lstat(path, &st) : stat(path, &st)) == 0 && S_ISDIR(st.st_mode))
		return look_below(path, sum);
	if (stat(path, &st) != 0)
		return sum;
	const uint64_t is[] = { (uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
		(uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec };
	return lof_hash(sum, LOF_STR((const char *)is, sizeof is));
}

static uint64_t
look_below(const char *path, uint64_t sum)
{
	DIR *d = opendir(path);
	for (struct dirent *entry; d && (entry = readdir(d));) {
		char below[4096];
		int n = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.' && n < (int)sizeof below)
			sum += look_at(below, true); // in any order
	}
	if (d)
		closedir(d);
	return sum;
}

static uint64_t
look(void *arg)
{
	const struct options *o = ((struct reload_from *)arg)->options;
	const char *path;
	uint64_t sum = 0;
	for (size_t i = 0; (path = path_no(o, i)); i++)
		sum += look_at(path, false);
	return sum;
}

struct reload
reload_of(struct reload_from *from)
{
	const struct options *o = from->options;
	if (!path_no(o, 0))
		return (struct reload){ 0 };
	// What is large goes back to the system when it is freed. Left to itself glibc keeps as much as was ever freed at once.
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	return (struct reload){ run, from, o->watch ? look : NULL, o->watch ? look(from) : 0 };
}
