# JSON text sequences (RFC 7464).
. "$FIXTURES/own.sh"
printf '\036{"mitre_techniques":["T1021.001"]}\n\036{"a":\n1}\n\036{"cut":\n\036{"mitre_techniques":["T1021.006"]}\n' | own --style ids | show | cat -v
