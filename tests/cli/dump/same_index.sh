# An index of its own dump is the same index, byte by byte.
lofpipe index -o n.idx --notes "$FIXTURES/notes.ndjson"
lofpipe dump --no-default-index --index n.idx | lofpipe index -o m.idx --notes -
cmp n.idx m.idx && echo same
lofpipe index -o n.idx --label x --lofp "$DATA/lofp"
lofpipe dump --no-default-index --index n.idx | lofpipe index -o m.idx --label x --notes -
cmp n.idx m.idx && echo same
