# --max-event: a longer one streams through as it is; its neighbours are enriched.
. "$FIXTURES/own.sh"
{
	echo '{"mitre_techniques":["T1021.001"],"line":1}'
	printf '{"mitre_techniques":["T1021.001"],"long":"'
	head -c 300000 /dev/zero | tr '\0' x
	echo '"}'
	echo '{"mitre_techniques":["T1021.001"],"line":3}'
} > a
own --max-event 64KiB --stats s a | sed 's/xxxx*/x.../' | show
grep -o '"too_long":[0-9]*' s
own --max-event 1M --stats s a | sed 's/xxxx*/x.../' | show
grep -o '"too_long":[0-9]*' s
own --max-event 100 --style ids --emit patch a | show
own --max-event 100 -v a 2>&1 >/dev/null | sed 's/[0-9.]* MB.*//'
