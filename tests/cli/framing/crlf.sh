# CR LF stays, also without a last one.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"]}\r\n{"a":1}\r\n\r\n{"mitre_techniques":["T1021.001"]} \t\r\n{"b":2}\r' | own --style ids | show | cat -A
