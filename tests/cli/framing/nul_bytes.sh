# NUL bytes are bytes: the line is bad and passes, its neighbours are good.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"]}\n{"a":"\0"}\n\0\0\0\n{"mitre_techniques":["T1021.001"]}\0\n{"mitre_techniques":["T1021.001"]}\n' > a
own --style ids --stats s a | show | cat -v
grep -o '"bad":[0-9]*' s
