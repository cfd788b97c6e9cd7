# Every note, as a pack, with nothing lost.
. "$FIXTURES/own.sh"
lofpipe dump --no-default-index --index n.idx
