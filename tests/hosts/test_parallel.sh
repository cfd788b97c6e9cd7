#!/bin/sh
# GNU parallel, the commands of docs/hosts/parallel.md with small blocks: cut into pieces and put together again, the
# output is that of one lofpipe.
. tests/hosts/host.inc
need_host parallel
# Run in the temporary folder, with nothing of the user's own.
export HOME="$tmp" PARALLEL_HOME="$tmp/.parallel"
mkdir "$tmp/bin" "$tmp/.parallel"
touch "$tmp/.parallel/will-cite"
ln -s "$lofpipe" "$tmp/bin/lofpipe"
ln -s "$program" "$tmp/bin/parallel"
for i in 1 2 3; do
	recipe parallel.md sh $i | sed 's/--block 64M/--block 200k/' > "$tmp/command-$i"
done
alerts 3000 > "$tmp/alerts.ndjson"
export PATH="$tmp/bin:$PATH"
cd "$tmp"
lofpipe --input ndjson alerts.ndjson > expected
grep -c '"notes":\[{' expected > some || fail "the alerts of this test get no notes"

jobs=$((($(wc -c < alerts.ndjson) + 199999) / 200000))
[ "$jobs" -ge 5 ] || fail "too few alerts to be cut"
sh command-1 2> parallel.log || fail "--pipepart ends with $?"
cmp -s expected enriched.ndjson || fail "--pipepart makes something else"
head -n 1500 alerts.ndjson | gzip > alerts-1.ndjson.gz
tail -n +1501 alerts.ndjson | gzip > alerts-2.ndjson.gz
sh command-2 2> parallel.log || fail "--pipe ends with $?"
cmp -s expected enriched.ndjson || fail "--pipe makes something else"
parallel --pipe --block 200k --line-buffer lofpipe --input ndjson < alerts.ndjson 2> parallel.log | sort > any-order
sort expected | cmp -s - any-order || fail "--line-buffer loses or breaks lines"
# Three blocks hold a bad event, so three jobs fail.
n=$(wc -l < alerts.ndjson)
status=0
awk '{ print (NR % 50 ? $0 : "{}") }' alerts.ndjson | awk -v n="$n" 'NR == 5 || NR == n / 2 || NR == n { $0 = "{" } { print }' |
    parallel --pipe --block 200k -k lofpipe --input ndjson --strict > /dev/null 2> parallel.log || status=$?
[ $status = 3 ] || fail "three jobs failed, and the status is $status"
if lofpipe --input ndjson alerts-1.ndjson.gz 2>/dev/null | head -n 1 | grep -q '^{'; then
	sh command-3 2> parallel.log || fail "a file a job ends with $?"
	cat alerts-1.enriched.ndjson alerts-2.enriched.ndjson | cmp -s expected - || fail "a file a job makes something else"
fi
ok "$n lines in $jobs pieces, $(cat some) with notes, $(($(date +%s) - started)) s"
