// Any bytes as a file of a note source. The first byte chooses the kind, a digit: 0 Sigma, 1 Elastic TOML, 2 JSON,
// 3 NDJSON, 4 Splunk YAML, 5 savedsearches.conf, 6 a LoFP page, 7 an ATT&CK bundle, 8 NDJSON of notes, 9 CSV; the rest
// is the file. Whatever is taken makes an index that loads, the same index when it is read twice, and the same again
// from its dump.
#include "base/io.h"
#include "import/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *name;
	import_fn *import;
} kinds[] = {
	{ "rule.yml", import_sigma }, { "rule.toml", import_elastic }, { "rule.json", import_elastic },
	{ "export.ndjson", import_elastic }, { "detection.yml", import_splunk }, { "savedsearches.conf", import_splunk },
	{ "page.txt", import_lofp }, { "bundle.json", import_attack }, { "notes.ndjson", import_notes },
	{ "notes.csv", import_notes },
};
enum { KINDS = sizeof kinds / sizeof kinds[0], PACK = 8 };

static char folder[] = "/tmp/lofpipe-fuzz-XXXXXX", path[64];

static void
insist(bool promise, const char *what)
{
	if (promise)
		return;
	fprintf(stderr, "fuzz_import: not %s\n", what);
	abort();
}

static void
drop_folder(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, kinds[i].name);
		unlink(path);
	}
	rmdir(folder);
}

static void
open_folder(void)
{
	insist(mkdtemp(folder) != NULL, "a folder for the file");
	atexit(drop_folder);
}

// Not io_replace, which waits for the disk.
static void
put_file(size_t kind, struct lof_str text)
{
	snprintf(path, sizeof path, "%s/%s", folder, kinds[kind].name);
	FILE *f = fopen(path, "wb");
	insist(f && (text.n == 0 || fwrite(text.p, 1, text.n, f) == text.n), "written");
	insist(fclose(f) == 0, "closed");
}

static void
warned(void *arg, const struct lof_err *e)
{
	size_t *n = arg;
	insist(e->rc != LOF_OK && e->what && e->file[0], "a warning that names its file");
	++*n;
}

// Reads the file `times` times and makes an index of it. False if it was not taken.
static bool
make(size_t kind, bool strict, int times, struct import_stats *st, struct lof_buf *out)
{
	size_t warnings = 0;
	const struct import_opts o = { .strict = strict, .warn = warned, .arg = &warnings };
	struct lof_err e = { .rc = LOF_OK };
	struct build *b = build_new();
	enum lof_rc rc = LOF_OK;
	*st = (struct import_stats){ 0 };
	attack_forget();
	for (int i = 0; i < times && !rc; i++)
		rc = kinds[kind].import(path, &o, b, st, &e);
	insist(rc == e.rc && (rc == LOF_OK || (e.what && e.file[0])), "an error that names its file");
	insist(strict || rc || warnings == st->errors, "every error told");
	insist(st->placeholders <= st->notes, "at most all placeholders");
	if (!rc)
		insist(build_finish(b, LOF_LIT("fuzz"), out, NULL, &e) == LOF_OK, "finished");
	build_free(b);
	return !rc;
}

// What the index was made of, as the file to be read next.
static void
put_dump(const struct lof_buf *index)
{
	struct index *ix;
	struct lof_buf dump = { 0 };
	insist(index_load(&ix, buf_view(index), "fuzz", NULL) == LOF_OK, "an index");
	index_dump(ix, &dump);
	index_free(ix);
	put_file(PACK, dump.n ? buf_view(&dump) : LOF_LIT(""));
	buf_free(&dump);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_stats st, again;
	struct lof_buf once = { 0 }, twice = { 0 }, dumped = { 0 }, strict = { 0 };
	if (size == 0)
		return 0;
	if (!path[0]) {
		insist(attack_load(NULL) == LOF_OK, "a built-in table");
		open_folder();
	}
	size_t kind = (uint8_t)(data[0] - '0') % KINDS;
	put_file(kind, LOF_STR((const char *)data + 1, size - 1));
	bool taken = make(kind, false, 1, &st, &once);
	insist(make(kind, true, 1, &again, &strict) == (taken && st.errors == 0), "refused by --strict for errors alone");
	if (taken) {
		insist(make(kind, false, 2, &again, &twice) && lof_str_eq(buf_view(&once), buf_view(&twice)),
		    "the same when read twice");
		put_dump(&once);
		insist(make(PACK, true, 1, &again, &dumped) && lof_str_eq(buf_view(&once), buf_view(&dumped)),
		    "the same from its dump");
	}
	buf_free(&once);
	buf_free(&twice);
	buf_free(&dumped);
	buf_free(&strict);
	return 0;
}
