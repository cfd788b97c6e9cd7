#!/bin/sh
# rsyslog's mmexternal, configured as docs/hosts/rsyslog.md says: whatever it is given, each message leaves in order with
# the notes that are its own, and rsyslog has nothing to complain of.
. tests/hosts/host.inc
need_host jq
jq=$program
need_host rsyslogd
modules=$(echo "${program%/sbin/*}"/lib*/*/rsyslog)
[ -e "${modules%% *}/mmexternal.so" ] || skip "it has no mmexternal"

# What a message is to have at the far end: what the filter says of that line.
answers() {
	"$lofpipe" --emit patch --input ndjson "$1" | "$jq" -cS '.lofp'
}

# --- the configuration of the page ---
paths="s|/var/ossec/logs/alerts|$tmp|; s|/var/log|$tmp|; s|/usr/local/bin/lofpipe|$lofpipe|; s|port=\"1514\"|path=\"$tmp/in.sock\"|"
{
	printf 'global(workDirectory="%s" processInternalMessages="on")\n' "$tmp"
	# The second way to write it down, from the same ruleset.
	recipe rsyslog.md conf 3 | sed 's/name="enriched"/name="aside"/'
	recipe rsyslog.md conf 1 | sed "$paths; /template=\"enriched\"/a action(type=\"omfile\" file=\"$tmp/aside.json\" template=\"aside\")"
	recipe rsyslog.md conf 2 | sed "$paths"
	printf 'action(type="omfile" file="%s/rsyslog.log")\n' "$tmp"
} > "$tmp/rsyslog.conf"

alerts 3000 > "$tmp/alerts.json"
awk 'BEGIN { printf "{\"rule\":{\"mitre\":{\"id\":[\"T1021.004\"]}},\"full_log\":\""
    for (i = 0; i < 10000; i++) printf "ten bytes "; print "\"}" }' >> "$tmp/alerts.json"
printf '%s\n' 'no JSON' '["T1059"]' '{"rule":' '{"lofp":{"notes":["planted"]},"a":1}' '{"mitre_technique":"T1021"}' >> "$tmp/alerts.json"
n=$(wc -l < "$tmp/alerts.json")

start_host "$program" -n -f "$tmp/rsyslog.conf" -i "$tmp/pid" -M "${modules%% *}"
until_true 20 has_lines "$tmp/aside.json" "$n" || fail "of $n messages $(lines "$tmp/aside.json") came out"

answers "$tmp/alerts.json" > "$tmp/expected"
grep -c '"notes":\[{' "$tmp/expected" > "$tmp/some" || fail "the alerts of this test get no notes"

# --- its child dies: the message that is then on its way may lose its notes, no other does ---
send() {
	perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!"; print $s $_ while <STDIN>' "$tmp/in.sock"
}
child=$(children "$pid")
kill -KILL $child || fail "rsyslog has not one child, but: $child"
echo '<13>Nov 22 01:02:03 host app: {"mitre_technique":"T1021"}' | send
n=$((n + 1))
until_true 10 has_lines "$tmp/aside.json" "$n" || fail "the message is lost when lofpipe is killed"

# --- by its syslog input: the leading blank, and the mark that rsyslog's own senders put before JSON ---
sed -n '1,20p' "$tmp/alerts.json" | awk '{ print "<13>Nov 22 01:02:03 host app: " (NR % 2 ? "@cee: " : "") $0 }' > "$tmp/lines"
sed -n '1,20p' "$tmp/expected" >> "$tmp/expected"
send < "$tmp/lines"
n=$((n + 20))
until_true 10 has_lines "$tmp/aside.json" "$n" || fail "of $n messages $(lines "$tmp/aside.json") came out"
end_host

# --- at the far end ---
sed -i "$((n - 20))d" "$tmp/aside.json" "$tmp/alerts-enriched.json" # that one message
cut -f 2 "$tmp/aside.json" | sed 's/^$/null/' | "$jq" -cS . > "$tmp/got"
cmp -s "$tmp/expected" "$tmp/got" ||
    fail "other notes than the filter's: $(diff "$tmp/expected" "$tmp/got" | cut -c 1-200 | head -4)"
"$jq" -cS '.lofp' "$tmp/alerts-enriched.json" > "$tmp/got" || fail "alerts-enriched.json is not JSON"
cmp -s "$tmp/expected" "$tmp/got" || fail "\$!all-json has other notes than the filter's"
"$jq" -r '.number // empty' "$tmp/alerts-enriched.json" > "$tmp/numbers"
"$jq" -R 'fromjson? | objects | .number // empty' "$tmp/alerts.json" > "$tmp/sent"
head -n 3001 "$tmp/alerts.json" > "$tmp/sent.json"
cut -f 1 "$tmp/aside.json" | head -n 3001 | cmp -s - "$tmp/sent.json" || fail "messages are lost, doubled or out of order"
head -n "$(wc -l < "$tmp/sent")" "$tmp/numbers" | cmp -s - "$tmp/sent" || fail "the alerts are not those that were sent, in order"
! grep -q planted "$tmp/got" || fail "planted notes survive"
# Bad replies are told in rsyslog's own log, where its start is told too.
grep -q '\[origin' "$tmp/rsyslog.log" || fail "rsyslog keeps no log"
! grep -q 'invalid reply' "$tmp/rsyslog.log" || fail "something was on stderr"
ok "$n messages, $(cat "$tmp/some") with notes, $(($(date +%s) - started)) s"
