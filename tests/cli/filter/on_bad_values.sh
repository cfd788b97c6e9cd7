# The same among values that are not a line each.
. "$FIXTURES/own.sh"
printf '{\n"value":1}\n{"value": tru}\n{"value":\n3}\n' > a
for what in pass drop stop; do
	echo "-- $what"
	own --on-bad $what a
	echo "-- status $?"
done
