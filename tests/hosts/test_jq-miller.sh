#!/bin/sh
# What other programs make of our output: jq and Miller read every line of it, find in it what was there before, and
# numbers are the same text still, those too that no double holds.
. tests/hosts/host.inc
need_host jq
jq=$program
{
	for sample in samples/*.ndjson; do
		[ "$sample" = samples/trouble.ndjson ] || grep '^{' "$sample"
	done
	for n in 0 -0 1.10 1e2 1E+2 12345678901234567890 -9223372036854775809 0.1000 1e400 -1e-400 3.141592653589793238462643383279; do
		printf '{"mitre_technique":"T1059.001","n":%s,"deep":[{"n":[%s]}],"zz":{"%s":true}}\n' $n $n $n
	done
} > "$tmp/alerts"
"$lofpipe" < "$tmp/alerts" > "$tmp/enriched"
n=$(lines "$tmp/alerts")
[ "$(lines "$tmp/enriched")" = "$n" ] || fail "$n lines became $(lines "$tmp/enriched")"
some=$(grep -c '"notes":\[{' "$tmp/enriched") || fail "the alerts of this test get no notes"

# By lines and byte by byte: an alert that has its member at the end began as it was.
paste -d '\n' "$tmp/alerts" "$tmp/enriched" | awk 'NR % 2 { before = $0; next }
    before != $0 && (at = index($0, ",\"lofp\":{")) && substr($0, 1, at - 1) "}" == before { spliced++ }
    END { print spliced + 0 }' > "$tmp/spliced"
[ "$(cat "$tmp/spliced")" -ge 11 ] || fail "only $(cat "$tmp/spliced") alerts are what they were, and more"

"$jq" -c . "$tmp/enriched" > "$tmp/jq" 2> "$tmp/jq.log" || fail "jq does not read it"
[ "$(lines "$tmp/jq")" = "$n" ] || fail "jq reads $(lines "$tmp/jq") of $n alerts"
"$jq" -c 'del(.. | .lofp?)' "$tmp/enriched" > "$tmp/without" 2> "$tmp/jq.log" || fail "jq cannot take the notes away"
"$jq" -c . "$tmp/alerts" | cmp -s - "$tmp/without" || fail "for jq, the alerts are not what they were"
"$jq" -e -s 'map(.. | .lofp? // empty | .notes | length) | (max <= 5) and (length > 20)' "$tmp/enriched" > "$tmp/jq" ||
    fail "the members that jq finds are not those that were to be"
# As the manual has it: a table by technique.
"$jq" -r '.. | .lofp? // empty | .notes[] | [.technique, .score, .text] | @tsv' "$tmp/enriched" > "$tmp/tsv" || fail "jq -r"
[ "$(awk -F '\t' 'NF != 3' "$tmp/tsv" | wc -l)" = 0 ] && [ -s "$tmp/tsv" ] || fail "a note has no technique, score or text"

tools="jq $("$jq" --version)"
if find_host mlr && "$program" --ijsonl --ojsonl cat /dev/null 2>/dev/null; then
	tail -n 11 "$tmp/alerts" | "$program" --ijsonl --ojsonl cut -f n > "$tmp/expected"
	tail -n 11 "$tmp/enriched" | "$program" --ijsonl --ojsonl cut -f n > "$tmp/got" 2> "$tmp/mlr.log" || fail "Miller does not read it"
	# It puts what it cannot count with between quotes.
	tail -n 11 "$tmp/alerts" | sed 's/.*"n":\([^,]*\),"deep".*/{"n": \1}/' > "$tmp/sent"
	sed 's/"\([-+.0-9eE]*\)"}/\1}/' "$tmp/got" | cmp -s - "$tmp/sent" || fail "for Miller, numbers are not what was sent"
	cmp -s "$tmp/expected" "$tmp/got" || fail "for Miller, numbers are not what they were"
	[ "$("$program" --ijsonl --ojsonl cat "$tmp/enriched" 2> "$tmp/mlr.log" | wc -l)" = "$n" ] || fail "Miller reads other than $n alerts"
	tools="$tools, $("$program" --version)"
fi
ok "$n alerts, $some with notes; $tools"
