# By technique: its own notes, its parent's, and a parent takes in its sub-techniques.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx T1021.001 T1059.001 T1021
