# --emit rsyslog: a reply to mmexternal.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"]}\n{"a":1}\nrubbish\n' | own --emit rsyslog --style text | show
