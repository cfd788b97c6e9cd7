# Where the index cannot go.
lofpipe index -o nowhere/n.idx --notes "$FIXTURES/notes.ndjson"
echo "status $?"
lofpipe index -o . --notes "$FIXTURES/notes.ndjson"
echo "status $?"
lofpipe index -o /dev/full --notes "$FIXTURES/notes.ndjson"
echo "status $?"
ls -A
