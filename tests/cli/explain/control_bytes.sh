# What an event says is shown in a form that cannot steer a terminal.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":["T1021.001"],"rule_name":"a\\u001b[31mb\\u0007","host":"\302\233x"}\n' | lofpipe explain --no-default-index --index n.idx | tr -d '\n -~' | od -An -c
