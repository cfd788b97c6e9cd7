# Tags are keys: folders, products, data sources, what was withdrawn.
. "$FIXTURES/import.sh"
copy sigma elastic splunk
lofpipe index -o n.idx --sigma sigma --elastic elastic --splunk splunk
for tag in windows AWS _deprecated threat-hunting process_creation 'Elastic Defend' endpoint nothing; do
	lofpipe lookup --no-default-index --index n.idx "$tag"
done
echo "status $?"
