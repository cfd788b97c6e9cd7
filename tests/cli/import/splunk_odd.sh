# A bad line of a conf harms its stanza; wrong types are as if not given.
. "$FIXTURES/import.sh"
copy splunk_odd
told -o n.idx --splunk splunk_odd
echo "status $?"
dump n.idx
lofpipe index --strict -o m.idx --splunk splunk_odd/savedsearches.conf
echo "status $?"
printf 'index = x\n' > savedsearches.conf
lofpipe index -o m.idx --splunk savedsearches.conf
echo "status $?"
