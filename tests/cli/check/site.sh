# The site's own notes are counted, and those whose time is over are named.
cat > site.ndjson <<'END'
{"id":"old","text":"Migration of 2019.","techniques":["T1059.001"],"expires":"2019-12-31"}
{"id":"new","text":"Backup.","techniques":["T1059.001"],"when":{"host.name":["a","b"],"user.name":"c"},"expires":"2099-12-31"}
END
lofpipe check --no-default-index --notes site.ndjson | sed '1d; s/+[0-9a-f]*:/+V:/'
