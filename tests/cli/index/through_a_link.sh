# A symbolic link stays a link.
mkdir real
ln -s real/n.idx n.idx
lofpipe index -o n.idx --notes "$FIXTURES/notes.ndjson"
lofpipe index -o n.idx --notes "$FIXTURES/notes.ndjson"
test -h n.idx && echo link
ls -A . real
