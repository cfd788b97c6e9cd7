# Values behind one another, with nothing or anything blank between them.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"]}{"a":1} {"mitre_techniques":["T1021.006"]}\t{"b":2}\n{"c":3}{"d":4}\n' > a
own --style ids --input json a | show
own --style ids --input json --emit patch a | show
