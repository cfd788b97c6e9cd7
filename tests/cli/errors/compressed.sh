# Compressed data that are cut, damaged or followed by something else: what came before goes out, the place is told, and
# the others are read. Status 1 for a FILE, 4 for standard input.
. "$FIXTURES/own.sh"
printf '{"a":1}\n{"a":2}\n' > a
gzip -n < a > a.gz
head -c 20 a.gz > cut.gz
{ cat a.gz; echo more; } > behind.gz
{ head -c 25 a.gz; printf 'XXXX'; tail -c +30 a.gz; } > damaged.gz
{ printf '\050\265/\375\040\010\101\000\000{"a":3}\n'; printf '\050\265/\375\040\010\107\000\000'; } > damaged.zst
{ cat a.gz; printf '\037'; } > begun.gz
for f in cut.gz behind.gz damaged.gz damaged.zst begun.gz; do
	own $f a
	echo "status $?"
	own < $f
	echo "status $?"
done 2>&1 | sed '/^lofpipe/s/$/ (on stderr)/'
