# Every mistake in the site's notes is told with its place, and nothing is read.
cat > site.ndjson <<'END'
{"id":"good","text":"Good.","techniques":["T1059.001"]}
{"id":"when","text":"x","techniques":["T1059.001"],"when":"host"}
{"id":"regex","text":"x","techniques":["T1059.001"],"when":{"host.name":{"regex":"("}}}
{"id":"date","text":"x","techniques":["T1059.001"],"expires":"soon"}
{"id":"nothing","text":"Found by nothing."}
END
echo '{"a":1}' | lofpipe --notes site.ndjson
echo "status $?"
echo '{"a":1}' | lofpipe --notes missing.ndjson
echo "status $?"
lofpipe check --notes site.ndjson
