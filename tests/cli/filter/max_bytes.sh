# --max-bytes: what is added to an event stays within it, and "total" still counts.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1059.001"]}' > a
for size in 60 100 200 300 1KiB 0; do
	own --max-bytes $size a > out
	echo "$size: $(show < out | tail -c +35 | cut -c 1-120)"
	added=$(($(wc -c < out) - $(wc -c < a)))
	[ $size = 1KiB ] || [ $size = 0 ] || [ $added -le $size ] || echo "$added added"
done
