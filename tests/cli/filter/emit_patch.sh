# --emit patch: the member alone, or {}; a line for each line, whatever it holds.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"]}\n{"a":1}\n\nrubbish\n[1,2]\n"text"\n{"cut":' > a
own --emit patch --style ids a | show
echo .
