#!/bin/sh
# kcat | lofpipe | kcat, the script of docs/hosts/kafka.md, between two topics of the cluster that is inside kcat's own
# library: each message arrives once, enriched, under its key, in the order of its key.
. tests/hosts/host.inc
need_host kcat
command -v bash >/dev/null || skip "bash is not installed"
kcat() { LD_LIBRARY_PATH=$libraries timeout 20 "$program" "$@" 2>> "$tmp/kcat.log"; }

# The cluster lives as long as the process that asked for it, which waits for something to produce.
mkfifo "$tmp/hold"
start_host "$program" -P -b none -t none -X test.mock.num.brokers=1 -d mock <> "$tmp/hold"
cluster=$pid
until_true 5 grep -q 'bootstrap.servers=' "$tmp/start.log" || skip "this kcat has no mock cluster"
brokers=$(sed -n 's/.*bootstrap.servers=\([0-9.:]*\).*/\1/p' "$tmp/start.log" | head -1)

alerts 1000 | awk '{ print "key-" NR % 7 "\t" $0 }' > "$tmp/alerts"
awk 'BEGIN { printf "key-1\t{\"rule\":{\"mitre\":{\"id\":[\"T1021.004\"]}},\"full_log\":\""
    for (i = 0; i < 10000; i++) printf "ten bytes "; print "\"}" }' >> "$tmp/alerts"
kcat -b "$brokers" -P -t alerts -K '\t' < "$tmp/alerts" || fail "kcat does not produce"

mkdir "$tmp/bin"
ln -s "$lofpipe" "$tmp/bin/lofpipe"
printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libraries" "$program" > "$tmp/bin/kcat"
chmod +x "$tmp/bin/kcat"
recipe kafka.md sh 1 | sed 's/kcat.* -G lofpipe/& -e/' > "$tmp/script" # -e: so that it ends
PATH=$tmp/bin:$PATH timeout 20 bash "$tmp/script" "$brokers" 2>> "$tmp/kcat.log" || fail "the script ends with $?"

cut -f 2- "$tmp/alerts" | "$lofpipe" --input ndjson > "$tmp/enriched"
grep -c '"notes":\[{' "$tmp/enriched" > "$tmp/some" || fail "the alerts of this test get no notes"
by_key() { sort -s -t '	' -k 1,1; }
cut -f 1 "$tmp/alerts" | paste - "$tmp/enriched" | by_key > "$tmp/expected"
kcat -b "$brokers" -C -t alerts.enriched -e -q -f '%k\t%s\n' | by_key > "$tmp/got"
cmp -s "$tmp/expected" "$tmp/got" || fail "of $(lines "$tmp/expected") messages $(lines "$tmp/got") came out, or others"
kill -KILL "$cluster" # it would rather wait for its next line
ok "$(lines "$tmp/got") messages, $(cat "$tmp/some") with notes, $(($(date +%s) - started)) s"
