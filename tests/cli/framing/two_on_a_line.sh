# Two values on one line: no NDJSON. As lines, the line is bad and passes; as json, they are two events.
. "$FIXTURES/own.sh"
echo '{"a":1}{"b":2}' > a
for shape in auto ndjson json; do
	own --input $shape --stats s a
	head -n 1 s | grep -o '"events":[0-9]*\|"no_key":[0-9]*\|"bad":[0-9]*'
done
