# Among lines an array is one line: its elements are enriched where they stand.
. "$FIXTURES/own.sh"
printf '{"a":1}\n[{"mitre_techniques":["T1021.001"]},{"b":2}]\n[]\n' | own --style ids --input ndjson | show
