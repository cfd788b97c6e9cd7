# --input length: 4 bytes of length before each event, in and out; the length is that of what goes out.
. "$FIXTURES/own.sh"
E='{"mitre_techniques":["T1059.001"]}'
see() { od -An -v -tu1 -w4 | head -n "$1"; }
{ printf '\0\0\0\007{"a":1}\0\0\0\0\0\0\0\002\n '; printf '\0\0\0\042%s' "$E"; } > a
own --input length --style ids -n 1 a > out
cmp -n 21 out a && echo the first three are the same
tail -c +22 out | see 1
expr $(wc -c < out) - 25
tail -c +26 out | show
echo
own --input length --emit patch --style ids -n 1 a | tr '\0' '.' | show | cat -v
echo
printf '\0\0\0\003bad\0\0\0\007{"a":1}' | own --input length --on-bad drop | cat -v
echo
printf '\0\0\0\015{"long":1234}\0\0\0\007{"a":1}' | own --input length --max-event 10 | cat -v
echo
lofpipe explain --input length a | grep -v '^  '
