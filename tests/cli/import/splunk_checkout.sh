# A checkout of security_content: ids under tags and at the top, platforms by data source, what was withdrawn. Macros and
# stories are passed over.
. "$FIXTURES/import.sh"
copy splunk
told --strict -o n.idx --splunk splunk
dump n.idx
lofpipe index -o m.idx --splunk splunk/detections --splunk splunk/removed
cmp n.idx m.idx && echo same
