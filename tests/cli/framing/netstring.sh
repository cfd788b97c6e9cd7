# --input netstring: each event with its length before it and a comma behind, in and out; the length is that of what goes out.
. "$FIXTURES/own.sh"
E='{"mitre_techniques":["T1059.001"]}'
line() { show | sed 's/,\([0-9]*\):/,~\1:/g' | tr '~' '\n'; echo; }
printf '34:%s,7:{"a":1},0:,2:\n ,9:{"b":\n2},,' "$E" | own --input netstring --style ids -n 1 | line
printf '34:%s,7:{"a":1},0:,3:bad,' "$E" | own --input netstring --emit patch --style ids -n 1 | line
printf '34:%s,7:{"a":1},0:,3:bad,' "$E" | own --input netstring --emit rsyslog --style ids -n 1 | line
printf '3:bad,7:{"a":1},' | own --input netstring --on-bad drop | line
printf '13:{"long":1234},7:{"a":1},' | own --input netstring --max-event 10 | line
printf '13:{"long":1234},7:{"a":1},' | own --input netstring --max-event 10 --emit patch | line
printf '7:{"a":1},' > a
own --input netstring a a | line
: | own --input netstring
echo "status $?"
