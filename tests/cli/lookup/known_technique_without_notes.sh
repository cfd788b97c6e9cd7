# A technique that is known, though no note is.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx T1003
echo "status $?"
