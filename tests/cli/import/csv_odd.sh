# A bad row is told and left out; a table that cannot be read as one ends there.
. "$FIXTURES/import.sh"
copy csv
for f in odd slip unclosed header empty; do
	lofpipe index -o $f.idx --notes csv/$f.csv
	echo "$f: status $?"
done
mkdir some
cp csv/odd.csv csv/notes.csv some
lofpipe index -o n.idx --notes some
echo "status $?"
dump n.idx
lofpipe index -q --strict -o n.idx --notes csv/slip.csv
echo "status $?"
