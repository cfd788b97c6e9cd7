# With --input ndjson: one line in, one line out, in order, whatever is in it.
. "$FIXTURES/own.sh"
printf '{"n":1}\nrubbish\n\n[\n]\n{"n":\n"a\n"\n{"mitre_techniques":["T1021.001"],"n":9}\n\377\n{"n":11}{}\n' > a
own --input ndjson --style ids a | cut -c 1-30 | cat -v
own --input ndjson --emit patch --style ids a | show
for f in "$SAMPLES"/*; do
	[ "$(lofpipe --input ndjson "$f" | wc -l)" = "$(wc -l < "$f")" ] || echo "$f"
	[ "$(lofpipe --input ndjson --emit patch "$f" | wc -l)" = "$(wc -l < "$f")" ] || echo "$f"
done
