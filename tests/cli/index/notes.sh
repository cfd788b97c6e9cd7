# A pack of notes becomes an index, in silence; with -v, --log or on a terminal it is told what went in.
lofpipe index -o n.idx --notes "$FIXTURES/notes.ndjson"
echo "status $?"
lofpipe index -v -o m.idx --notes "$FIXTURES/notes.ndjson" 2> told
sed 's/ *[0-9.]* s$/ TIME/' told
cmp n.idx m.idx && echo same
lofpipe index --log log -o m.idx --notes "$FIXTURES/notes.ndjson"
sed 's/ *[0-9.]* s$/ TIME/' log
lofpipe dump --no-default-index --index n.idx | wc -l
