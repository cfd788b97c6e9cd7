# A site's note is shown where all its conditions hold: literal, wildcard, pattern, number, one of several; nested or
# dotted, through arrays, after escapes are decoded.
. "$FIXTURES/own.sh"
cat > site.ndjson <<'END'
{"id":"all","text":"Backup window.","techniques":["T1059.001"],"when":{"host.name":["bk-*","bk?"],"event.code":4688,"user.name":{"regex":"^svc_(bk|arch)$"}}}
{"id":"literal","text":"A star is a star.","techniques":["T1059.001"],"when":{"args":{"literal":"*.log"}}}
{"id":"slash","text":"A decoded path.","techniques":["T1059.001"],"when":{"process.executable":"c:\\tools\\*.exe"}}
END
t='"threat":{"technique":[{"id":"T1059.001"}]}'
cat > alerts <<END
{"n":1,$t,"host":{"name":"BK-7"},"event":{"code":4688},"user":{"name":"svc_bk"}}
{"n":2,$t,"host":{"name":"BK-7"},"event":{"code":4688},"user":{"name":"svc_bk2"}}
{"n":3,$t,"host.name":"bk1","event.code":"4688","user":{"name":["root","svc_arch"]}}
{"n":4,$t,"host.name":"bk12","event.code":"4688","user":{"name":"svc_arch"}}
{"n":5,$t,"args":["-x","*.log"]}
{"n":6,$t,"args":["-x","a.log"]}
{"n":7,$t,"process":{"executable":"C:\\\\Tools\\\\sync\\u002eexe"}}
{"n":8,$t,"process":{"executable":"C:\\\\Other\\\\sync.exe"}}
{"n":9,"host":{"name":"BK-7"},"event":{"code":4688},"user":{"name":"svc_bk"}}
END
cat alerts alerts | own --notes site.ndjson --style ids | sed 's/"index".*//; s/^{"n":\([0-9]\).*"lofp":/\1 /'
