#!/bin/sh
# The manual does what it says: pages render without a warning, the example of lofpipe(3) compiles by the pkg-config
# file and answers as the filter does, and the examples of lofpipe(1) that begin with lofpipe run.
#   manual.sh BUILD
set -eu
build=$(cd "$1" && pwd)
root=$(pwd)
fail() { echo "manual.sh: $*" >&2; exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# --- pages ---
pages="$build/lofpipe.1 $(ls docs/*.3 docs/*.5)"
! grep -l '^@' $pages >&2 || fail "a marker was not replaced"
if command -v groff >/dev/null && groff -mdoc -Tutf8 /dev/null >/dev/null 2>&1; then
	for page in $pages; do
		groff -mdoc -ww -Tutf8 "$page" 2> "$tmp/warnings" > "$tmp/rendered"
		[ ! -s "$tmp/warnings" ] || fail "${page##*/}: $(head -1 "$tmp/warnings")"
		[ -s "$tmp/rendered" ] || fail "${page##*/} is empty"
	done
fi

# --- lofpipe(3) ---
sed -n '/^\.\\" example begins/,/^\.\\" example ends/p' docs/lofpipe.3 |
    sed '/^\./d; s/\\e/\\/g; s/\\&//g' > "$tmp/example.c"
lines=$(wc -l < "$tmp/example.c")
[ "$lines" -gt 10 ] && [ "$lines" -lt 40 ] || fail "the example of lofpipe(3) has $lines lines"
san=
nm -u "$build/liblofpipe.a" > "$tmp/undefined"
grep -q __asan_init "$tmp/undefined" && san=-fsanitize=address,undefined
grep -q __tsan_init "$tmp/undefined" && san=-fsanitize=thread
flags=$(PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} pkg-config --define-variable=libdir="$build" \
    --define-variable=includedir="$root/src" --cflags --libs lofpipe) || fail "pkg-config does not take lofpipe.pc"
${CC:-cc} -Wall -Wextra -Werror $san -o "$tmp/shared" "$tmp/example.c" $flags 2> "$tmp/log" ||
    fail "the example does not compile: $(head -3 "$tmp/log")"
${CC:-cc} -I"$root/src" $san -o "$tmp/static" "$tmp/example.c" "$build/liblofpipe.a" \
    $(pkg-config --libs jansson libpcre2-8 liblz4) -pthread 2> "$tmp/log" ||
    fail "the example does not link with liblofpipe.a: $(head -3 "$tmp/log")"
printf '%s\n' '{"rule":{"mitre":{"id":["T1059.001"]}},"n":1e400}' '{"cut":' '{"a":1}' '["T1021"]' '' \
    '{"mitre_technique":"T1021.004","cmd":"ssh"}' > "$tmp/events"
"$build/lofpipe" -n 1 < "$tmp/events" > "$tmp/expected"
grep -q '"lofp":{' "$tmp/expected" || fail "the filter finds nothing in the events of this test"
for kind in shared static; do
	LD_LIBRARY_PATH=$build "$tmp/$kind" < "$tmp/events" > "$tmp/out" 2> "$tmp/log" ||
	    fail "the $kind example ends with $?"
	cmp -s "$tmp/expected" "$tmp/out" || fail "the $kind example answers otherwise than lofpipe -n 1"
	grep -q '^line 2, column 8: ' "$tmp/log" ||
	    fail "the $kind example does not tell of the bad line: $(cat "$tmp/log")"
done

# --- lofpipe(1) and README.md ---
mkdir "$tmp/bin" "$tmp/run" "$tmp/run/my-rules"
ln -s "$build/lofpipe" "$tmp/bin/lofpipe"
cd "$tmp/run"
cp "$tmp/events" alerts.ndjson
for source in sigma:sigma elastic:detection-rules splunk:security_content; do
	ln -s "$root/tests/cli/fixtures/${source%%:*}" "${source#*:}"
done
printf '%s\n' '{"id":"site-1","text":"the nightly backup","techniques":["T1021.004"],"source":"site"}' > site.ndjson
sed -n 's/^\.Dl \$ \(lofpipe .*\)/\1/p' "$build/lofpipe.1" |
    sed 's/\\e/\\/g; s/\\&//g; s/\\-/-/g' > "$tmp/commands"
[ -s "$tmp/commands" ] || fail "lofpipe(1) has no examples"
while read -r command; do
	PATH=$tmp/bin:$PATH sh -ec "$command" > "$tmp/out" 2> "$tmp/log" < alerts.ndjson ||
	    fail "lofpipe(1): $command: $(head -1 "$tmp/log")"
done < "$tmp/commands"

json() { # the n-th of README.md
	awk -v want="$1" '/^```json$/ { n++; on = n == want; next } /^```/ { on = 0 } on' "$root/README.md"
}
json 1 > my-rules/acme.json
json 2 > site.ndjson
printf '%s\n' '{"sensor":"acme-7","alert":{"code":"A-114","attack":["T1021.004"]},"user.name":"svc_backup1","host":{"name":"nas1"}}' > alerts.ndjson
"$tmp/bin/lofpipe" index -q -o site.idx --notes site.ndjson 2> "$tmp/log" ||
    fail "README.md: the note: $(head -1 "$tmp/log")"
for notes in "--index site.idx" "--notes site.ndjson"; do
	"$tmp/bin/lofpipe" -n 1 --rules my-rules $notes alerts.ndjson > "$tmp/out" 2> "$tmp/log" ||
	    fail "README.md: the rule: $(head -1 "$tmp/log")"
	grep -q 'Nightly backup.*"match":"site"' "$tmp/out" || fail "README.md: the rule and the note do not work together"
done
