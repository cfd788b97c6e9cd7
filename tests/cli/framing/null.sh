# -0: events end with NUL, in and out, and may hold newlines; the last one needs no end.
. "$FIXTURES/own.sh"
E='{"mitre_techniques":["T1059.001"]}'
see() { show | tr '\n\0' '~\n'; }
printf '{\n "a":1\n}\0%s\0\n\n\0\0%s' "$E" "$E" | own -0 --style ids -n 1 | see
echo
printf '[1,\n2]\0{"a":\0%s\0' "$E" | own --null -v 2> err | see
sed 's/[0-9.]* MB.*//' err
printf '{"a":1}\0\0%s\0bad\0' "$E" | own --input null --emit patch --style ids -n 1 | see
printf '{"a":\0%s\0' "$E" | own -0 --on-bad drop --style ids -n 1 | see
printf '{"a":1}\0{"b":1}' > a
printf '{"c":1}\0' > b
own -0 a b a | see
echo
printf '{"long":1234}\0{"a":1}\0' | own -0 --max-event 10 | see
printf '{"a":1,\n"b":}\0' | own -0 --reject bad > out
cat bad
own -0 --input ndjson b | see
echo
lofpipe explain -0 b
