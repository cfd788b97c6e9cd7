# Among values, one that is broken is given up at the line end, and the next is found.
. "$FIXTURES/own.sh"
printf '{\n  "a": "no end\n}\n{\n  "mitre_techniques": ["T1021.001"]\n}\n' | own --style ids --stats s | show
grep -o '"events":[0-9]*\|"bad":[0-9]*\|"cut":[0-9]*' s
