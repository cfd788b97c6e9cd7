# Every sample is explained, event by event.
for f in "$SAMPLES"/*.json "$SAMPLES"/*.ndjson; do
	lofpipe explain "$f" > out || echo "$f: status $?"
	lofpipe --stats s "$f" > /dev/null
	[ "$(grep -c '^event' out)" -gt 0 ] || echo "$f: nothing"
done
echo done
