# A pattern that takes too long on a value is asked no more: counted, named once, the rest goes on.
. "$FIXTURES/own.sh"
cat > site.ndjson <<'END'
{"id":"evil","text":"Backtracks for ever.","techniques":["T1059.001"],"when":{"cmd":{"regex":"^(a+)+$"}}}
{"id":"good","text":"Still asked.","techniques":["T1059.001"],"when":{"cmd":{"regex":"^a"}}}
END
t='"threat":{"technique":[{"id":"T1059.001"}]}'
printf '{%s,"cmd":"aaa"}\n{%s,"cmd":"%s!"}\n{%s,"cmd":"aaaa"}\n' "$t" "$t" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "$t" > alerts
own --notes site.ndjson --style ids --stats s --log log alerts | sed 's/.*"lofp"/"lofp"/' | show
head -1 log
grep -o '"regex_limits":[0-9]*,"conditions_disabled":[0-9]*' s
