# Conditions, owner and expiry go into an index, come out with dump and go back in; notes with one text and other
# conditions stay apart.
cat > site.ndjson <<'END'
{"id":"s1","text":"Same words.","techniques":["T1059.001"],"when":{"b":["x","y*",{"literal":"z*"},{"regex":"^\"q\\\\"}],"a":true},"owner":"Ops \"night\" team","expires":"2030-06-30"}
{"id":"s2","text":"same words.","techniques":["T1059.001"],"when":{"a":"false"},"expires":"2030-06-30T12:00:00+02:00"}
{"id":"s3","text":"SAME words.","techniques":["T1059.001"]}
{"id":"s4","text":"CSV and others may say so.","techniques":["T1059.001"],"site":true}
END
lofpipe index -q -o one.idx --notes site.ndjson
lofpipe dump --no-default-index --index one.idx | tee two.ndjson
lofpipe index -q -o two.idx --notes two.ndjson
cmp one.idx two.idx && echo same
cat > alert <<'END'
{"mitre_techniques":["T1059.001"],"a":true,"b":"\"q\\x"}
END
lofpipe --no-default-index --index one.idx --style ids alert | sed 's/"index".*//'
lofpipe lookup --no-default-index --index one.idx T1059.001
