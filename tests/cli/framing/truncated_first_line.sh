# A first line that was cut (a log that was rotated) does not take the rest of the stream with it.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"],"half":{"a":\n{"mitre_techniques":["T1021.001"]}\n{"b":2}\n' | own --style ids --stats s | show
head -n 1 s | grep -o '"[a-z]*":[1-9][0-9]*' | grep -v bytes
printf '001"],"tail":"of a line"}\n{"mitre_techniques":["T1021.001"]}\n' | own --style ids | show
