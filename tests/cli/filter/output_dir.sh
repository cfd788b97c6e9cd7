# --output-dir: what becomes of each FILE under its name in DIR, which is made; the same bytes as without; nothing on
# standard output.
. "$FIXTURES/own.sh"
mkdir in
echo '{"mitre_techniques":["T1059.001"],"n":1}' > in/a.json
printf '{"a":2}\n{"a":3}' > in/b.json
gzip -n < in/b.json > in/c.json.gz
printf '\050\265/\375\040\010\101\000\000{"a":3}\n' > in/d.zst
: > in/.gz
own --output-dir out in/a.json in/b.json in/c.json.gz in/d.zst in/.gz
echo "status $?"
ls -A out
for f in a.json b.json; do own in/$f | cmp - out/$f; done
cmp in/b.json out/c.json
cat out/d
echo new > out/b.json
own --emit patch --output-dir out in/b.json
cat out/b.json
umask 027
chmod 644 in/a.json
chmod 400 in/b.json
own --output-dir out in/a.json in/b.json
ls -l out/a.json out/b.json | cut -c1-10
own --output-dir in in/c.json.gz
ls in
