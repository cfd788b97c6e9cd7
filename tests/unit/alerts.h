// Random alerts as several producers write them, with all the freedom JSON leaves: spacing, escapes, the order of
// members, members twice, nesting. The same seed makes the same bytes on every machine.
#ifndef LOF_TESTS_ALERTS_H
#define LOF_TESTS_ALERTS_H

#include "run.h"

#include <stdio.h>

enum producer { WAZUH, SURICATA, ECS, HOMEGROWN, SPLUNK_HEC, NOBODY, PRODUCERS };

struct gen {
	struct lof_buf b;
	uint64_t seed;
	bool newlines; // between tokens too
	bool planted;  // a member of our own name may be there
	bool twice;    // members may come twice
	size_t owns;   // how many of our own name there are
	size_t depth;
};

static inline uint64_t
gen_below(struct gen *g, uint64_t n)
{
	return run_random(&g->seed) % n;
}

static inline void
gen_space(struct gen *g)
{
	static const char blanks[] = " \t\r\n";

	while (gen_below(g, 4) == 0)
		buf_char(&g->b, g->newlines ? blanks[gen_below(g, 4)] : blanks[gen_below(g, 2)]);
}

// In quotes; each byte of ASCII may be written as an escape.
static inline void
gen_string(struct gen *g, const char *s)
{
	bool odd = gen_below(g, 6) == 0;
	char esc[8];

	buf_char(&g->b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_char(&g->b, '\\');
		if (c < 0x20 || (odd && c < 0x7f && c != '"' && c != '\\' && gen_below(g, 3) == 0)) {
			snprintf(esc, sizeof esc, gen_below(g, 2) ? "\\u%04x" : "\\u%04X", c);
			buf_put(&g->b, esc, 6);
		} else {
			buf_char(&g->b, (char)c);
		}
	}
	buf_char(&g->b, '"');
}

static inline const char *
gen_text(struct gen *g)
{
	static const char *const texts[] = { "", "powershell.exe -enc SQBFAFgA",
	    "C:\\Windows\\System32\\cmd.exe /c \"echo T1048.003\"",
		"sccm client install", "W\xc3\xb6rk \xe2\x80\x94 \xf0\x9f\x98\x80", "/usr/bin/bash -c 'curl https://x/T1611.002'",
		    "line\none\ttab",
		"}{][,:\"", "\\\\server\\share$\\", "admin", "{\"not\":\"json", "Invoke-AtomicTest T1059.001", "\x01\x1f\x7f", "null",
		    "[\"a\"]" };
	return texts[gen_below(g, sizeof texts / sizeof *texts)];
}

static inline void
gen_number(struct gen *g)
{
	static const char *const numbers[] = { "0", "-0", "1", "-17", "3.25", "1e3", "-2.5E-7", "1700000000", "0.0e+0",
	    "9007199254740993", "1E2" };

	buf_str(&g->b, lof_cstr(numbers[gen_below(g, sizeof numbers / sizeof *numbers)]));
}

static inline const char *
gen_id(struct gen *g)
{
	static const char *const ids[] = { "T1059", "T1059.001", "T1059.003", "T1021", "T1021.002", "T1086", "T1562.001",
	    "T1110", "T1110.001", "T1078.004",
		"T1547.001", "t1569.002", "T1070.001", "T9999", "T1059.999", "T1003" };
	return ids[gen_below(g, sizeof ids / sizeof *ids)];
}

// A name that no format rule knows, so that noise is noise.
static inline void
gen_noise_key(struct gen *g)
{
	char key[24];

	snprintf(key, sizeof key, "zz_%c%u", (char)('a' + gen_below(g, 26)), (unsigned)gen_below(g, 1000));
	gen_string(g, key);
}

static inline void
gen_noise(struct gen *g)
{
	static const char *const words[] = { "true", "false", "null" };
	uint64_t kind = gen_below(g, g->depth > 5 ? 3 : 5), n = gen_below(g, 4);

	g->depth++;
	switch (kind) {
	case 0:
		gen_string(g, gen_text(g));
		break;
	case 1:
		gen_number(g);
		break;
	case 2:
		buf_str(&g->b, lof_cstr(words[gen_below(g, 3)]));
		break;
	default:
		buf_char(&g->b, kind == 3 ? '[' : '{');
		gen_space(g);
		for (uint64_t i = 0; i < n; i++) {
			if (i)
				buf_char(&g->b, ',');
			gen_space(g);
			if (kind == 4) {
				if (g->planted && gen_below(g, 8) == 0)
					gen_string(g, "lofp"); // not ours: it stands deeper
				else
					gen_noise_key(g);
				gen_space(g);
				buf_char(&g->b, ':');
				gen_space(g);
			}
			gen_noise(g);
			gen_space(g);
		}
		buf_char(&g->b, kind == 3 ? ']' : '}');
	}
	g->depth--;
}

// --- objects -----------------------------------------------------------------------------------------------------

struct gen_member {
	const char *key;
	void (*value)(struct gen *g);
	bool twice; // may it come twice? Discriminators may not: jansson keeps the last, the rules see both
};

static inline void
gen_member(struct gen *g, bool *first, const char *key)
{
	if (!*first)
		buf_char(&g->b, ',');
	*first = false;
	gen_space(g);
	if (key)
		gen_string(g, key);
	else
		gen_noise_key(g);
	gen_space(g);
	buf_char(&g->b, ':');
	gen_space(g);
}

static inline void
gen_own(struct gen *g, bool *first)
{
	gen_member(g, first, "lofp");
	if (gen_below(g, 2))
		buf_lit(&g->b, "{\"notes\":[{\"text\":\"all is well, T1486\"}]}");
	else
		gen_noise(g);
	gen_space(g);
	g->owns++;
}

static inline void
gen_object(struct gen *g, const struct gen_member *m, size_t n, bool top)
{
	size_t order[16] = { 0 };
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		size_t k = gen_below(g, i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	buf_char(&g->b, '{');
	gen_space(g);
	for (size_t i = 0; i <= n; i++) {
		while (gen_below(g, 3) == 0) {
			gen_member(g, &first, NULL);
			gen_noise(g);
			gen_space(g);
		}
		while (top && g->planted && gen_below(g, 6) == 0)
			gen_own(g, &first);
		if (i == n)
			break;
		for (bool again = true; again;) {
			again = g->twice && m[order[i]].twice && gen_below(g, 5) == 0;
			gen_member(g, &first, m[order[i]].key);
			m[order[i]].value(g);
			gen_space(g);
		}
	}
	buf_char(&g->b, '}');
}
#define GEN_OBJECT(g, members, top) gen_object(g, members, sizeof(members) / sizeof *(members), top)

// --- values with a meaning ---------------------------------------------------------------------------------------

static inline void gen_v_text(struct gen *g) { gen_string(g, gen_text(g)); }
static inline void gen_v_title(struct gen *g) { gen_string(g, gen_below(g, 2) ? "ET SCAN Port 445" : "GPL RESPONSE"); }
static inline void gen_v_alert(struct gen *g) { gen_string(g, "alert"); }
static inline void gen_v_id(struct gen *g) { gen_string(g, gen_below(g, 2) ? "92057" : "5710"); }
static inline void gen_v_level(struct gen *g) { buf_lit(&g->b, "12"); }
static inline void gen_v_sid(struct gen *g) { buf_lit(&g->b, "2024897"); }
static inline void gen_v_version(struct gen *g) { gen_string(g, "8.11.0"); }

static inline void
gen_v_ids(struct gen *g)
{
	uint64_t n = gen_below(g, 4);

	buf_char(&g->b, '[');
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			buf_char(&g->b, ',');
		gen_space(g);
		gen_string(g, gen_id(g));
		gen_space(g);
	}
	buf_char(&g->b, ']');
}

static inline void
gen_v_id_or_ids(struct gen *g)
{
	if (gen_below(g, 2))
		gen_v_ids(g);
	else
		gen_string(g, gen_id(g));
}

static inline void
gen_v_wazuh_mitre(struct gen *g)
{
	static const struct gen_member m[] = { { "id", gen_v_ids, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_wazuh_rule(struct gen *g)
{
	static const struct gen_member m[] = { { "id", gen_v_id, true }, { "level", gen_v_level, true }, { "description",
	    gen_v_text, true },
		{ "mitre", gen_v_wazuh_mitre, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_wazuh_agent(struct gen *g)
{
	static const struct gen_member m[] = { { "id", gen_v_id, true }, { "name", gen_v_text, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_technique(struct gen *g)
{
	static const struct gen_member m[] = { { "id", gen_v_id_or_ids, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_threat(struct gen *g)
{
	static const struct gen_member m[] = { { "technique", gen_v_technique, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_ecs(struct gen *g)
{
	static const struct gen_member m[] = { { "version", gen_v_version, false } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_suricata_metadata(struct gen *g)
{
	static const struct gen_member m[] = { { "mitre_technique_id", gen_v_ids, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_v_suricata_alert(struct gen *g)
{
	static const struct gen_member m[] = { { "signature_id", gen_v_sid, false }, { "signature", gen_v_title, false },
		{ "metadata", gen_v_suricata_metadata, true } };
	GEN_OBJECT(g, m, false);
}

static inline void
gen_wazuh(struct gen *g)
{
	static const struct gen_member m[] = { { "timestamp", gen_v_text, true }, { "rule", gen_v_wazuh_rule, true },
	    { "agent", gen_v_wazuh_agent, true },
		{ "full_log", gen_v_text, true }, { "location", gen_v_text, true } };
	GEN_OBJECT(g, m, true);
}

static inline void
gen_alert(struct gen *g, enum producer p)
{
	static const struct gen_member suricata[] = { { "event_type", gen_v_alert, false }, { "src_ip", gen_v_text, true },
		{ "alert", gen_v_suricata_alert, true } };
	static const struct gen_member ecs_nested[] = { { "ecs", gen_v_ecs, false }, { "threat", gen_v_threat, true },
	    { "message", gen_v_text, true } };
	static const struct gen_member ecs_dotted[] = { { "ecs.version", gen_v_version, false }, { "threat.technique.id",
	    gen_v_id_or_ids, true },
		{ "message", gen_v_text, true } };
	static const struct gen_member homegrown[] = { { "mitre_techniques", gen_v_ids, false }, { "command_line", gen_v_text,
	    true } };
	static const struct gen_member hec[] = { { "time", gen_v_level, true }, { "host", gen_v_text, false }, { "source",
	    gen_v_text, false },
		{ "event", gen_wazuh, false } };
	static const struct gen_member nobody[] = { { "zz_message", gen_v_text, true } };

	switch (p) {
	case WAZUH:
		gen_wazuh(g);
		break;
	case SURICATA:
		GEN_OBJECT(g, suricata, true);
		break;
	case ECS:
		if (gen_below(g, 2))
			GEN_OBJECT(g, ecs_nested, true);
		else
			GEN_OBJECT(g, ecs_dotted, true);
		break;
	case HOMEGROWN:
		GEN_OBJECT(g, homegrown, true);
		break;
	case SPLUNK_HEC:
		GEN_OBJECT(g, hec, false);
		break;
	default:
		GEN_OBJECT(g, nobody, true);
	}
}

// Breaks a text a little.
static inline void
gen_break(struct gen *g)
{
	static const char with[] = "\"\\{}[]:,0 \n\x01\xff\xc3T1";
	struct lof_buf *b = &g->b;

	for (uint64_t k = gen_below(g, 3) + 1; k > 0 && b->n > 0; k--) {
		size_t at = gen_below(g, b->n), n;

		switch (gen_below(g, 4)) {
		case 0:
			b->p[at] = with[gen_below(g, sizeof with - 1)];
			break;
		case 1: // bytes lost
			n = gen_below(g, 4) + 1;
			n = n < b->n - at ? n : b->n - at;
			memmove(b->p + at, b->p + at + n, b->n - at - n);
			b->n -= n;
			break;
		case 2: // a byte too many
			buf_room(b, 1);
			memmove(b->p + at + 1, b->p + at, b->n - at);
			b->p[at] = with[gen_below(g, sizeof with - 1)];
			b->n++;
			break;
		default:
			b->n = at;
		}
	}
}

#endif
