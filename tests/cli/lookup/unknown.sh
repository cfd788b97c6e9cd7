# What nobody knows: a line for each, status 1, the others are answered.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx no-such-thing T1021.006 T9999 ''
echo "status $?"
