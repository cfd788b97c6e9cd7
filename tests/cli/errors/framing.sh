# Lengths that are none: what came before goes out, the place is told, nothing after it is believed. Status 1 for a FILE,
# 4 for standard input.
. "$FIXTURES/own.sh"
try() {
	shape=$1
	printf "$2" > in
	own --input $shape --stats stats.json < in
	echo " status $?"
	own --input $shape in > /dev/null 2>&1
	echo "status $?"
	grep -o '"events":[0-9]*' stats.json
}
exec 2>&1
for text in '7:{"a":1}x7:{"a":1},' '7:{"a":1},x' '7:{"a":1},07:{"a":1},' '7:{"a":1},:,' '7:{"a":1},99999999999:' '7:{"a":1},134217728:' \
    '7:{"a":1},7' '7:{"a":1},7:{"a"' '7:{"a":1},7:{"a":1}' '7:{"a":1},-1:'; do
	try netstring "$text"
done
for text in '\0\0\0\007{"a":1}\0\0' '\0\0\0\007{"a":1}\0\0\0\007{"a"' '\0\0\0\007{"a":1}\n{"a":1}' '{"a":1}\n'; do
	try length "$text" | tr '\0' .
done
for text in '13:{"long":1234}x' '13:{"long'; do # which comes first on one terminal is chance
	printf '%s' "$text" | own --input netstring --max-event 10 2> err
	echo " status $?"
	cat err
done
printf '7:{"a":1},9:{"a":' | own --input netstring --reject bad
echo " status $?"
cat bad
lofpipe explain --input netstring in < /dev/null
