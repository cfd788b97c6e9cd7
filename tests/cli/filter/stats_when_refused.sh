# A --stats file that cannot be written is told at the end: status 4, the events went out.
. "$FIXTURES/own.sh"
echo '{"a":1}' | own --stats nowhere/s
echo "status $?"
