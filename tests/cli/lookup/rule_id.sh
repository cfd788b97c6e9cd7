# By rule id.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx 92027
