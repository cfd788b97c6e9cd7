# Events with nothing to look notes up by, bad lines, scalars, blank lines, nothing at all.
. "$FIXTURES/own.sh"
printf '{"a":1}\nrubbish\n\n5\n{"cut":\n' | lofpipe explain --no-default-index --index n.idx --input ndjson
echo "status $?"
lofpipe explain < /dev/null
echo "status $?"
