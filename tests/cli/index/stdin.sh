# A source may be standard input, and OUT standard output.
lofpipe index -o - --notes - < "$FIXTURES/notes.ndjson" > n.idx
lofpipe index -o m.idx --notes "$FIXTURES/notes.ndjson"
cmp n.idx m.idx && echo same
