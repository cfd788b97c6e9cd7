# Every event is in exactly one of the counts, for every sample and however it is read.
for shape in auto ndjson json; do
	for f in "$SAMPLES"/*.json "$SAMPLES"/*.ndjson; do
		lofpipe --input $shape --stats s "$f" > /dev/null
		head -n 1 s | tr ',' '\n' | tr -d '{}" ' | awk -F: -v f="$f" '
			$1 ~ /^(enriched|no_notes|no_key|not_object|bad|cut|too_long)$/ { sum += $2 }
			$1 == "events" { events = $2 }
			END { if (sum != events) print f ": " sum " of " events }'
	done
done
echo done
