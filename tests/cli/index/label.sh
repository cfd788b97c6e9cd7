# --label is the first part of the version that events carry.
lofpipe index -o n.idx --label 'site 7' --notes "$FIXTURES/notes.ndjson"
echo '{"mitre_techniques":["T1021.001"]}' | lofpipe --no-default-index --index n.idx | grep -o '"index":"site 7+[0-9a-f]\{8\}"'
