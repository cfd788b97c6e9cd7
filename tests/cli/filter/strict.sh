# --strict: the stream goes through whole, but bad events make status 1.
. "$FIXTURES/own.sh"
printf '{"line":1}\n{"line":2\n{"line":3}\n' > a
own --strict a
echo "status $?"
printf '{"line":1}\n\n[]\n"text"\n1\n' | own --strict
echo "status $?"
own --strict -q "$SAMPLES"/wazuh4.ndjson > /dev/null
echo "status $?"
