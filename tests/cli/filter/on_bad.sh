# --on-bad pass (as it is), drop (gone, with its line end), stop (status 1, what came before is put out).
. "$FIXTURES/own.sh"
printf '{"line":1}\n{"line":2\n{"line":3}\nrubbish' > a
echo '{"file":2}' > b
for what in pass drop stop; do
	echo "-- $what"
	own --on-bad $what a b
	echo "-- status $?"
done
own --on-bad=drop --emit patch a b
