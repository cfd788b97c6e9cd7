// What a query looks for, in each of the languages; and that no query, however it is cut, is read past its end.
#include "import/terms.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct {
	const char *query, *terms; // joined by '|'
} cases[] = {
	// KQL
	{ "host.os.type:windows and process.name:(cmd.exe or \"power shell.exe\") and not user.id:S-1-5-18",
	    "windows|cmd.exe|power shell.exe|S-1-5-18" },
	{ "event.dataset : aws.cloudtrail and event.outcome :success", "aws.cloudtrail|success" },
	{ "user_agent.original: \"say \\\"hi\\\"\"", "say \\\"hi\\\"" },
	{ "file.path:C\\:\\\\Windows\\\\*.dll", "C\\:\\\\Windows\\\\*.dll" },
	{ "a:true or b:false or c:null or not d:*", "*" },
	{ "a:(b or (c and not d)) and e", "b|c|d" },
	{ "process.args:(-enc or /c)", "-enc|/c" },
	// EQL
	{ "process where process.name : (\"a.exe\", \"b?.exe\") and process.args like~ \"*c*\"", "a.exe|b?.exe|*c*" },
	{ "sequence by host.id with maxspan=1m [process where event.type == \"start\"] [network where port == 445]",
	    "1m|start|445" },
	{ "any where x == \"\"\"C:\\a \"quoted\" b\"\"\" and y == \"\"", "C:\\a \"quoted\" b" },
	{ "process where name in~ (\"x\", \"y\") and length(args) > 5", "x|y" },
	// ES|QL
	{ "from logs-* | where process.name in (\"x.exe\", y) and n >= 5 | eval h = to_lower(host.name) | keep h",
	    "x.exe|y|5" },
	{ "from a, b\n| where x like \"*z*\" // a comment\n| stats c = count(*) by user", "*z*" },
	// Lucene
	{ "event.action:\"made up\" AND size:[1 TO 5] AND NOT name:/re.*gex/", "made up|1|5|/re.*gex/" },
	// SPL
	{ "| tstats `security_content_summariesonly` count from datamodel=Endpoint.Processes where Processes.process_name IN "
	  "(\"a.exe\",\"b.exe\") Processes.process=\"*-x*\" `process_certutil` by Processes.dest | `x_filter`",
	    "Endpoint.Processes|a.exe|b.exe|*-x*|certutil" },
	{ "index=main EventCode=4688 | eval a=lower(user), b=if(c=\"d\",1,0) | where e!=\"f\" | stats count by g",
	    "main|4688|d|f" },
	{ "`process_`", "" },
	// Cut short, and none at all.
	{ "x == \"open", "open" },
	{ "x == \"open\\", "open\\" },
	{ "x == \"\"\"open\"", "open\"" },
	{ "x:'open", "open" },
	{ "`process_open", "open" },
	{ "x:(open", "open" },
	{ "x:", "" }, { "x=", "" }, { ":", "" }, { "\"", "" }, { "\"\"\"", "" }, { "`", "" }, { ")", "" }, { "]]]]", "" },
	{ "", "" }, { " \t\r\n", "" }, { "word", "" }, { "::::", "" }, { "a:b:c", "b:c" },
};

static void
expect(const char *query, const char *terms)
{
	struct lof_buf found = { 0 }, got = { 0 };
	terms_of_query(lof_cstr(query), &found);
	const struct lof_str *v = (const void *)found.p;
	for (size_t i = 0; i < found.n / sizeof *v; i++) {
		cr_assert(v[i].n && v[i].p >= query && v[i].p + v[i].n <= query + strlen(query), "a span of the query");
		if (i)
			buf_char(&got, '|');
		buf_str(&got, v[i]);
	}
	cr_expect(lof_str_eq(buf_view(&got), lof_cstr(terms)), "%s\ngot  %.*s\nwant %s", query, (int)got.n, got.p, terms);
	buf_free(&found);
	buf_free(&got);
}

Test(terms, of_each_language)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect(cases[i].query, cases[i].terms);
}

// In memory that ends where the query does: a byte read behind it shows under the sanitizers.
Test(terms, cut_anywhere)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t n = 0; n <= strlen(cases[i].query); n++) {
			struct lof_buf found = { 0 };
			char *copy = malloc(n ? n : 1);
			memcpy(copy, cases[i].query, n);
			terms_of_query(LOF_STR(copy, n), &found);
			const struct lof_str *v = (const void *)found.p;
			for (size_t k = 0; k < found.n / sizeof *v; k++)
				cr_assert(v[k].n && v[k].p >= copy && v[k].p + v[k].n <= copy + n);
			buf_free(&found);
			free(copy);
		}
}

Test(terms, nul_bytes_are_no_words)
{
	struct lof_buf found = { 0 };
	terms_of_query(LOF_STR("a:\0b c:d\0e", 11), &found);
	cr_assert_eq(found.n, sizeof(struct lof_str));
	cr_assert(lof_str_eq(*(const struct lof_str *)(const void *)found.p, LOF_LIT("d")));
	buf_free(&found);
}
