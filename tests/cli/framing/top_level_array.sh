# An array of events, on one line or many: each element is an event.
. "$FIXTURES/own.sh"
printf '[{"mitre_techniques":["T1021.001"]},{"a":1},\n {"mitre_techniques":["T1021.006"]} ]\n' | own --style ids --stats s | show
grep -o '"events":[0-9]*' s
printf '[\n  {\n    "mitre_techniques": ["T1021.001"]\n  },\n  1,\n  "text"\n]\n' | own --style ids | show
printf '[]' | own
echo .
printf '[{"mitre_techniques":["T1021.001"]}]\n[{"mitre_techniques":["T1021.006"]}]\n' | own --style ids | show
