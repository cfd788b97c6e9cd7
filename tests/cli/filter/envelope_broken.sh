# An envelope that was opened and breaks off: what was enriched stays, the rest of its line goes out as it came; it is
# told once, with line and column, and has gone out, so nothing of it can be dropped.
. "$FIXTURES/own.sh"
alert='{"id":"a","providerAlertId":"1","mitreTechniques":["T1021.001"]}'
{
	echo '{"mitre_techniques":["T1021.001"],"line":1}'
	echo "{\"@odata.context\":\"x\",\"value\":[$alert,$alert $alert,$alert]}"
	echo "{\"@odata.context\":\"x\",\"value\":[$alert,{\"id\":tru},$alert]}"
	echo "{\"@odata.context\":\"x\",\"value\":[$alert,{\"id\""
	echo '{"mitre_techniques":["T1021.001"],"line":5}'
	printf '%s' "{\"@odata.context\":\"x\",\"value\":[$alert,$alert,"
} > a
for way in pass drop stop; do
	echo "$way:"
	own --max-event 100 --style ids --on-bad $way -v --reject r --stats s a 2> err | show
	sed 's/;.*//' err
	cat r
	grep -o '"bad":[0-9]*,"cut":[0-9]*' s
done
