# --stats FILE: every event is in one of the counts.
. "$FIXTURES/own.sh"
own --stats s "$SAMPLES/trouble.ndjson" > /dev/null
sed 's/"seconds":[0-9.]*/"seconds":S/; s/"bytes_out":[0-9]*/"bytes_out":B/; s/,/,\n/g' s
