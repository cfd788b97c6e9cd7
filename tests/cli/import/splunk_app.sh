# An installed app's savedsearches.conf: continued lines, JSON in settings; the same detection as the checkout's.
. "$FIXTURES/import.sh"
copy splunk_app splunk
told --strict -o n.idx --splunk splunk_app
dump n.idx
lofpipe index -o m.idx --splunk splunk_app/default/savedsearches.conf
cmp n.idx m.idx && echo same
lofpipe index -o two.idx --splunk splunk_app --splunk splunk
for key in 5e5e0001-1111-4222-8333-000000000001 'ESCU - Odd Lister Observed - Rule' 'odd lister observed'; do
	lofpipe lookup --no-default-index --index two.idx "$key"
done
