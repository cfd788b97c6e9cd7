# One bad FILE does not stop the others; status 1 at the end.
. "$FIXTURES/own.sh"
echo '{"a":1}' > a
own a missing a . a
echo "status $?"
