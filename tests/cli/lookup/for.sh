# Ranked for an event: what in it speaks for each note; without a KEY by its own techniques and rule.
. "$FIXTURES/own.sh"
head -n 1 "$SAMPLES/wazuh4.ndjson" > alert
plain() { sed 's/^    [01][.0-9]*/    S/'; }
lofpipe lookup --no-default-index --index n.idx --for alert | plain
lofpipe lookup --no-default-index --index n.idx --for alert T1059 T1021 | plain
printf '\n[{"_index":"w","_source":%s}]\n' "$(cat alert)" | lofpipe lookup --no-default-index --index n.idx --for - -n 1 | plain
echo '{"a":1}' | lofpipe lookup --for -
echo "status $?"
echo '{"a":' | lofpipe lookup --for - T1059
echo "status $?"
lofpipe lookup --for missing.json
echo "status $?"
