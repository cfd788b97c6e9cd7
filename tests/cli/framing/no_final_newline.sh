# None is added.
. "$FIXTURES/own.sh"
printf '{"a":1}\n{"mitre_techniques":["T1021.001"]}' | own --style ids | show
echo .
