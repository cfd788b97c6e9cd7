# By tag.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx monitoring
