/*
 * usual: lofpipe's job done the usual way, for the bench to compare with.
 *
 *	lofpipe dump > notes.ndjson && usual notes.ndjson < alerts.ndjson
 *
 * Reads a line, parses it with jansson, takes the technique from where each of the bench's producers keeps it, follows
 * retired ids, adds a member with the notes of the technique, prints the whole again. The notes are parsed once, cut
 * to two when the program starts and shared by reference with every event: as many as lofpipe shows on these workloads.
 * They stand at even distances in the technique's list, so that they are of usual length: ranking is not part of this
 * program, writing as much is. This is what a competent programmer writes in a day: no needless copy, no needless look-up.
 */
#include <err.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define MAX_IDS 16
#define MAX_NOTES 2
#define ID_SIZE 16

/* The techniques of one event, canonical and each once. */
struct ids {
	char id[MAX_IDS][ID_SIZE];
	size_t n;
};

/* technique id -> {"total": n, "notes": [two of them]} */
static json_t *notes_of;

/* retired id -> its successor */
static json_t *redirects;

static const char *const RETIRED[][2] = {
	{ "T1028", "T1021.006" }, { "T1035", "T1569.002" }, { "T1050", "T1543.003" }, { "T1060", "T1547.001" },
	{ "T1076", "T1021.001" }, { "T1077", "T1021.002" }, { "T1085", "T1218.011" },
	{ "T1086", "T1059.001" }, { "T1088", "T1548.002" }, { "T1089", "T1685" }, { "T1117", "T1218.010" },
	{ "T1155", "T1059.002" }, { "T1170", "T1218.005" }, { "T1193", "T1566.001" }, { "T1562", "T1685" },
	{ "T1562.001", "T1685" }, { "T1562.002", "T1685.001" }, { "T1562.004", "T1686" }, { "T1562.008", "T1685.002" },
};

/* --- the notes ------------------------------------------------------------------------------------------------- */

static json_t *
slot_for(const char *id)
{
	json_t *slot = json_object_get(notes_of, id);

	if (slot == NULL) {
		slot = json_pack("{s:i, s:[]}", "total", 0, "notes");
		json_object_set_new(notes_of, id, slot);
	}
	return slot;
}

/* One line of `lofpipe dump`: what is to be printed of it is put together here, once. */
static void
add_note(json_t *note)
{
	static const char *const keep[] = { "text", "check", "source", "author", "url", "license" };
	json_t *techniques = json_object_get(note, "techniques"), *out = json_object(), *id;
	size_t i;

	for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		json_t *v = json_object_get(note, keep[i]);
		if (v != NULL && !(json_is_string(v) && json_string_length(v) == 0))
			json_object_set(out, keep[i], v);
	}
	json_array_foreach(techniques, i, id) {
		json_t *slot = slot_for(json_string_value(id)), *total = json_object_get(slot, "total");
		json_t *list = json_object_get(slot, "notes");

		json_integer_set(total, json_integer_value(total) + 1);
		json_array_append(list, out);
	}
	json_decref(out);
}

/* Leaves MAX_NOTES of each technique's notes, at even distances. */
static void
thin_out(void)
{
	const char *id;
	json_t *slot;

	json_object_foreach(notes_of, id, slot) {
		json_t *all = json_object_get(slot, "notes"), *few = json_array();
		size_t n = json_array_size(all), keep = n < MAX_NOTES ? n : MAX_NOTES;

		for (size_t i = 0; i < keep; i++)
			json_array_append(few, json_array_get(all, i * n / keep));
		json_object_set_new(slot, "notes", few);
	}
}

static void
load_notes(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (f == NULL)
		err(2, "%s", path);
	while ((len = getline(&line, &cap, f)) > 0) {
		json_t *note = json_loadb(line, (size_t)len, 0, NULL);
		if (note == NULL)
			errx(2, "%s: a line is no JSON", path);
		if (!json_is_true(json_object_get(note, "placeholder")))
			add_note(note);
		json_decref(note);
	}
	free(line);
	fclose(f);
	thin_out();
}

/* --- the techniques -------------------------------------------------------------------------------------------- */

/* Keep an id, upper case, successor for predecessor; what does not begin like one is passed over. */
static void
add_id(struct ids *ids, const char *s)
{
	char id[ID_SIZE];
	const char *use = id;
	json_t *to;
	size_t n;

	if (s == NULL || (s[0] != 'T' && s[0] != 't') || s[1] < '0' || s[1] > '9')
		return;
	n = strspn(s + 1, "0123456789.") + 1;
	if ((n != 5 && n != 9) || ids->n == MAX_IDS)
		return;
	memcpy(id, s, n);
	id[0] = 'T';
	id[n] = '\0';
	if ((to = json_object_get(redirects, id)) != NULL)
		use = json_string_value(to);
	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->id[i], use) == 0)
			return;
	memcpy(ids->id[ids->n++], use, strlen(use) + 1);
}

/* A string or an array of strings, each with a prefix to skip. */
static void
add_list(struct ids *ids, json_t *list, const char *prefix)
{
	size_t i, skip = strlen(prefix);
	json_t *v;

	if (json_is_string(list))
		add_id(ids, json_string_value(list));
	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);
		if (s != NULL && strncmp(s, prefix, skip) == 0)
			add_id(ids, s + skip);
	}
}

static void
from_elastic(struct ids *ids, json_t *threat)
{
	json_t *t, *tech, *sub;
	size_t i, j, k;

	json_array_foreach(threat, i, t)
		json_array_foreach(json_object_get(t, "technique"), j, tech) {
			add_id(ids, json_string_value(json_object_get(tech, "id")));
			json_array_foreach(json_object_get(tech, "subtechnique"), k, sub)
				add_id(ids, json_string_value(json_object_get(sub, "id")));
		}
}

static void
from_crowdstrike(struct ids *ids, json_t *ev)
{
	json_t *attack;
	size_t i;

	add_list(ids, json_object_get(ev, "technique_id"), "");
	json_array_foreach(json_object_get(ev, "mitre_attack"), i, attack)
		add_id(ids, json_string_value(json_object_get(attack, "technique_id")));
}

/* One look at the member that tells each producer from the others, then straight to its techniques. */
static void
find_ids(struct ids *ids, json_t *ev)
{
	json_t *v;

	ids->n = 0;
	if ((v = json_object_get(ev, "kibana.alert.rule.threat")) != NULL)
		from_elastic(ids, v);
	else if ((v = json_object_get(ev, "alert")) != NULL)
		add_list(ids, json_object_get(json_object_get(v, "metadata"), "mitre_technique_id"), "");
	else if ((v = json_object_get(ev, "mitreTechniques")) != NULL)
		add_list(ids, v, "");
	else if (json_object_get(ev, "composite_id") != NULL)
		from_crowdstrike(ids, ev);
	else if (json_object_get(ev, "output_fields") != NULL)
		add_list(ids, json_object_get(ev, "tags"), "");
	else if (json_object_get(ev, "logsource") != NULL)
		add_list(ids, json_object_get(ev, "tags"), "attack.");
	else if ((v = json_object_get(ev, "rule")) != NULL)
		add_list(ids, json_object_get(json_object_get(v, "mitre"), "id"), "");
}

/* --- an event -------------------------------------------------------------------------------------------------- */

static json_t *
find_notes(const char *id)
{
	json_t *slot = json_object_get(notes_of, id);
	char parent[6];

	if (slot != NULL || strlen(id) != 9)
		return slot;
	memcpy(parent, id, 5);
	parent[5] = '\0';
	return json_object_get(notes_of, parent);
}

static void
enrich(json_t *ev, const struct ids *ids)
{
	json_t *techniques = json_array(), *notes = json_array(), *lofp = json_object();
	json_int_t total = 0;

	for (size_t i = 0; i < ids->n; i++) {
		json_t *slot = find_notes(ids->id[i]), *list = json_object_get(slot, "notes"), *note;
		size_t j;

		json_array_append_new(techniques, json_string_nocheck(ids->id[i]));
		total += json_integer_value(json_object_get(slot, "total"));
		json_array_foreach(list, j, note)
			if (json_array_size(notes) < MAX_NOTES)
				json_array_append(notes, note);
	}
	json_object_set_new_nocheck(lofp, "techniques", techniques);
	json_object_set_new_nocheck(lofp, "total", json_integer(total));
	json_object_set_new_nocheck(lofp, "notes", notes);
	json_object_set_new_nocheck(ev, "lofp", lofp);
}

static bool
print_event(const json_t *ev)
{
	char *text = json_dumps(ev, JSON_COMPACT);

	if (text == NULL)
		return false;
	fputs(text, stdout);
	putchar('\n');
	free(text);
	return true;
}

/* False when the line is to be passed on as it came: it is bad, or there is nothing to add. */
static bool
print_enriched(const char *line, size_t len)
{
	json_t *ev = json_loadb(line, len, 0, NULL);
	struct ids ids = { .n = 0 };
	bool done = false;

	if (json_is_object(ev))
		find_ids(&ids, ev);
	if (ids.n > 0) {
		enrich(ev, &ids);
		done = print_event(ev);
	}
	json_decref(ev);
	return done;
}

int
main(int argc, char **argv)
{
	static char buffer[64 * 1024];
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (argc != 2)
		errx(2, "usage: usual NOTES < alerts.ndjson");
	notes_of = json_object();
	redirects = json_object();
	for (size_t i = 0; i < sizeof(RETIRED) / sizeof(RETIRED[0]); i++)
		json_object_set_new(redirects, RETIRED[i][0], json_string(RETIRED[i][1]));
	load_notes(argv[1]);
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	while ((len = getline(&line, &cap, stdin)) > 0)
		if (!print_enriched(line, (size_t)len))
			fwrite_unlocked(line, 1, (size_t)len, stdout);
	free(line);
	json_decref(notes_of);
	json_decref(redirects);
	return ferror(stdin) || fflush(stdout) != 0;
}
