# What an index of all sources is made of makes the same index: dump, and index --notes.
. "$FIXTURES/import.sh"
copy sigma sigma_forms sigma_odd sigma_hayabusa elastic elastic_export.ndjson elastic_odd splunk splunk_app lofp_html attack csv
lofpipe index -q -o n.idx --label all --sigma sigma --sigma sigma_forms --sigma sigma_odd --sigma sigma_hayabusa \
	--elastic elastic --elastic elastic_export.ndjson --elastic elastic_odd --splunk splunk --splunk splunk_app \
	--lofp lofp_html --lofp "$DATA/lofp" --attack attack/bundle.json --notes csv --notes "$FIXTURES/notes.ndjson"
dump n.idx > d
lofpipe index --strict -o m.idx --label all --notes d
cmp n.idx m.idx && echo same
sort -r d > r
lofpipe index --strict -o m.idx --label all --notes r
cmp n.idx m.idx && echo same
lofpipe index -q -o m.idx --label all --notes csv --sigma sigma_forms --notes "$FIXTURES/notes.ndjson" --attack attack/bundle.json \
	--lofp "$DATA/lofp" --elastic elastic_odd --splunk splunk_app --splunk splunk --elastic elastic_export.ndjson \
	--lofp lofp_html --elastic elastic --sigma sigma_hayabusa --sigma sigma_odd --sigma sigma
cmp n.idx m.idx && echo same
