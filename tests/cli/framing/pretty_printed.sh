# One value over many lines, and another behind it.
. "$FIXTURES/own.sh"
printf '{\n  "mitre_techniques": [\n    "T1021.001"\n  ]\n}\n{\n  "a": {}\n}\n\n{\n  "mitre_techniques": [\n    "T1021.006"\n  ]\n}' | own --style ids | show
echo .
