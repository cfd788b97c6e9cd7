# The same sources make the same bytes, whatever stood there before; the old file is replaced whole.
echo rubbish > n.idx
lofpipe index -o n.idx --notes "$FIXTURES/notes.ndjson" --lofp "$DATA/lofp"
lofpipe index -o m.idx --notes "$FIXTURES/notes.ndjson" --lofp "$DATA/lofp"
cmp n.idx m.idx && echo same
ls -A
