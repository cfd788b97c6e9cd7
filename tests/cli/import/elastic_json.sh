# What Kibana exports, with its lists and its last line, and the assets it ships: two versions of a rule are one rule.
. "$FIXTURES/import.sh"
copy elastic_export.ndjson elastic_assets
told --strict -o n.idx --elastic elastic_export.ndjson
dump n.idx
told --strict -o n.idx --elastic elastic_assets
dump n.idx
lofpipe index -o m.idx --elastic - < elastic_export.ndjson
lofpipe lookup --no-default-index --index m.idx 'rule of our OWN'
