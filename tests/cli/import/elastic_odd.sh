# Wrong types are as if not given. A file, or a line of an export, that does not parse is named and left out.
. "$FIXTURES/import.sh"
copy elastic_odd
told -o n.idx --elastic elastic_odd
echo "status $?"
dump n.idx
for f in header.toml empty.toml empty.json no_id.toml; do
	lofpipe index -o m.idx --elastic elastic_odd/$f
	echo "$f: status $?"
done
lofpipe index --strict -o n.idx --elastic elastic_odd/export.ndjson
echo "status $?"
