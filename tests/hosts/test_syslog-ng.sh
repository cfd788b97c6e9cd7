#!/bin/sh
# syslog-ng, configured as docs/hosts/syslog-ng.md says: file source, program destination, pipe source. What arrives at
# the far end is byte for byte what the filter makes of the file, and again after lofpipe was killed.
. tests/hosts/host.inc
need_host syslog-ng
modules=
for dir in "$hosts"/root/usr/lib/syslog-ng/[0-9]*; do
	[ ! -d "$dir" ] || modules="--module-path $dir"
done
version=$(run_host "$program" --version 2>/dev/null | sed -n 's/^Config version: *//p')
[ -n "$version" ] || skip "it tells no version"

alerts 3000 > "$tmp/alerts.json"
awk 'BEGIN { printf "{\"rule\":{\"mitre\":{\"id\":[\"T1021.004\"]}},\"full_log\":\""
    for (i = 0; i < 10000; i++) printf "ten bytes "; print "\"}" }' >> "$tmp/alerts.json"
n=$(lines "$tmp/alerts.json")
{
	echo "@version: $version"
	recipe syslog-ng.md conf 1 |
	    sed "s|/var/ossec/logs/alerts|$tmp|; s|/run|$tmp|; s|/var/log|$tmp|; s|/usr/local/bin/lofpipe|$lofpipe|"
} > "$tmp/conf"
start_host "$program" -F -f "$tmp/conf" -R "$tmp/persist" -p "$tmp/pid" -c "$tmp/control" --no-caps $modules
until_true 20 has_lines "$tmp/alerts-enriched.json" "$n" || fail "of $n lines $(lines "$tmp/alerts-enriched.json") came out"
"$lofpipe" --input ndjson < "$tmp/alerts.json" > "$tmp/expected"
grep -c '"notes":\[{' "$tmp/expected" > "$tmp/some" || fail "the alerts of this test get no notes"
cmp -s "$tmp/expected" "$tmp/alerts-enriched.json" || fail "what came out is not what the filter makes"

# Killed while nothing is on the way: it is there again for the next.
child=$(children "$pid")
kill -KILL $child || fail "syslog-ng has not one child, but: $child"
another() { new=$(children "$pid") && [ -n "$new" ] && [ "$new" != "$child" ]; }
until_true 5 another || fail "lofpipe is not started again"
sleep 0.2
alerts 100 >> "$tmp/alerts.json"
until_true 10 has_lines "$tmp/alerts-enriched.json" "$((n + 100))" ||
    fail "after a restart, of 100 lines $(($(lines "$tmp/alerts-enriched.json") - n)) came out"
"$lofpipe" --input ndjson < "$tmp/alerts.json" | cmp -s - "$tmp/alerts-enriched.json" ||
    fail "after a restart, what came out is not what the filter makes"

lofpipes=$(children "$pid")
kill "$pid" && wait "$pid" || fail "syslog-ng does not end: $?"
until_true 5 ended $lofpipes || fail "lofpipe stays behind when syslog-ng ends"

# --- the same with a service between two connections ---
rm -f "$tmp"/*.sock "$tmp/alerts-enriched.json" "$tmp/persist"
for transport in d_lofpipe s_enriched; do
	recipe syslog-ng.md conf 2 | sed -n "/ $transport {/,/^};/p"
done | sed "s|network(\"127.0.0.1\" port(9400)|unix-stream(\"$tmp/to.sock\"|; s|network(ip(\"127.0.0.1\") port(9401)|unix-stream(\"$tmp/from.sock\"|" > "$tmp/two"
{
	sed '/^destination d_lofpipe/,/^};/d; /^source s_enriched/,/^};/d; /^log /,$d' "$tmp/conf"
	cat "$tmp/two"
	sed -n '/^log /,$p' "$tmp/conf"
} > "$tmp/conf-tcp"
start_host "$lofpipe" --listen "unix:$tmp/to.sock" --forward "unix:$tmp/from.sock"
listener=$pid
until_true 5 test -S "$tmp/to.sock" || fail "lofpipe --listen makes no socket"
start_host "$program" -F -f "$tmp/conf-tcp" -R "$tmp/persist" -p "$tmp/pid" -c "$tmp/control" --no-caps $modules
n=$(lines "$tmp/alerts.json")
until_true 20 has_lines "$tmp/alerts-enriched.json" "$n" ||
    fail "through the service, of $n lines $(lines "$tmp/alerts-enriched.json") came out"
"$lofpipe" --input ndjson < "$tmp/alerts.json" | cmp -s - "$tmp/alerts-enriched.json" ||
    fail "through the service, what came out is not what the filter makes"
kill "$listener" && wait "$listener" || fail "lofpipe --listen ends with $?"
ok "$(lines "$tmp/alerts.json") lines, $(cat "$tmp/some") with notes, as a child and as a service; $(($(date +%s) - started)) s"
