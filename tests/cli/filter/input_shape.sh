# --input: ndjson takes every line for a value, json takes lines as they come, auto sees it by the beginning.
. "$FIXTURES/own.sh"
printf '{"mitre_techniques":\n["T1021.001"]}\n' > a
for shape in auto ndjson json; do
	echo "-- $shape"
	own --style ids --input $shape --stats s a | show
	grep -o '"events":[0-9]*' s
done
