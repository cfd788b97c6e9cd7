# What has expired is not shown, and counted; also when its time comes in the middle of a stream.
. "$FIXTURES/own.sh"
soon=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)
cat > site.ndjson <<END
{"id":"old","text":"Migration of 2019.","techniques":["T1059.001"],"expires":"2019-12-31"}
{"id":"later","text":"Until the end of time.","techniques":["T1059.001"],"expires":"2099-12-31"}
{"id":"soon","text":"For two seconds more.","techniques":["T1059.001"],"expires":"$soon"}
END
alert='{"threat":{"technique":[{"id":"T1059.001"}]}}'
(echo "$alert"; sleep 3; echo "$alert"; echo "$alert") | own --notes site.ndjson --style ids --stats s | show
grep -o '"expired":[0-9]*' s
