# --max-notes: 1, 0 for all, and what "total" says.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1059.001"],"rule":{"id":"92027"}}' > a
own --style ids --max-notes 1 a | show
own --style ids -n 1 a | show
own --style ids -n1 a | show
own --style ids --max-notes 0 a | show
lofpipe --style ids a | grep -o '"notes":[^]]*' | tr ',' '\n' | wc -l
lofpipe --style ids --max-notes 7 a | grep -o '"notes":[^]]*' | tr ',' '\n' | wc -l
