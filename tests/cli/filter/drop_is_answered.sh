# With --emit patch a dropped line has its empty answer: the host waits for one.
. "$FIXTURES/own.sh"
printf '{"a":1}\n{"a":\n{"mitre_techniques":["T1021.001"]}\n' > in
own --emit patch --style ids --on-bad drop in | show
own --style ids --on-bad drop in | show
