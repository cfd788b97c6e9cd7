# A retired id leads to what became of it.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx T1086
