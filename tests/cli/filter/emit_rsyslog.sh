# --emit rsyslog: a reply to mmexternal. The mark that senders put before JSON is no part of it.
. "$FIXTURES/own.sh"
printf '%s\n' '{"mitre_techniques":["T1021.001"]}' '{"a":1}' 'rubbish' ' @cee: {"mitre_techniques":["T1021.001"]}' '@cee:' \
    '@cee: {"a"' '"@cee:"' | own --emit rsyslog --style text | show
