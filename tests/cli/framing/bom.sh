# A byte order mark stays, and the first event is enriched.
. "$FIXTURES/own.sh"
printf '\357\273\277{"mitre_techniques":["T1021.001"]}\n{"a":1}\n' > a
own --style ids a | show | cat -v
own --style ids --emit patch a | show | cat -v
own --style ids --emit patch --input ndjson a | show | cat -v
printf '\357\273\277' | own | cat -v
printf '\357\273' | own | cat -v
