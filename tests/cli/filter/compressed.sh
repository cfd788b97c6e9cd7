# gzip and zstd data are read by their first bytes, whatever the name says; on standard input too, and one behind the other.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1059.001"],"n":1}' > a
echo '{"a":2}' > b
gzip -n < a > a.gz
gzip -n < b > b.gz
printf '\050\265/\375\040\010\101\000\000{"a":3}\n' > c.zst
cat a.gz b.gz > ab.bin
cat c.zst b.gz c.zst > cbc
own --style ids -n 1 a.gz c.zst ab.bin b | show
own cbc
cat b.gz c.zst | own
own - < b.gz
own --stats stats.json a.gz > out
grep -o '"bytes_in":[0-9]*' stats.json
: | gzip -n | own
echo "status $?"
