# The site's own first, those with more conditions before those with less; then the very rule; then by technique.
. "$FIXTURES/own.sh"
cat > site.ndjson <<'END'
{"id":"none","text":"Without a condition.","techniques":["T1059.001"]}
{"id":"two","text":"Two conditions.","techniques":["T1059"],"when":{"a":"1","b":"2"}}
{"id":"one","text":"One condition.","rules":[{"id":"92027"}],"when":{"a":"1"}}
{"id":"tag","text":"By its tag.","tags":["monitoring"]}
{"id":"anywhere","text":"Anything from the scanner.","when":{"a":"1"},"owner":"ops","check":"Is it Tuesday?"}
END
cat > alert <<'END'
{"rule":{"id":"92027","level":4,"mitre":{"id":["T1059.001"]}},"agent":{"id":"003"},"manager":{"name":"m"},"location":"EventChannel","a":1,"b":2}
END
own --notes site.ndjson -n 0 --style ids alert | show
own --notes site.ndjson -n 2 --min-score 0.9 alert | show
own --notes site.ndjson -n 4 alert | grep -o '"match":"[a-z-]*"'
lofpipe explain --no-default-index --index n.idx --notes site.ndjson alert | sed 's/^    0\.[0-9]*/    S/'
