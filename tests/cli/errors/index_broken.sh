# Rubbish, cut short, one byte changed, of another version, with something behind it: refused, each of them.
. "$FIXTURES/own.sh"
echo '{"a":1}' > in
size=$(wc -c < n.idx)
: > empty.idx
echo 'hello, I am no index at all, but long enough to be asked' > text.idx
tr '\0-\377' 'b-\377\0a' < n.idx > turned.idx
head -c 1000 n.idx > cut.idx
head -c $((size - 1)) n.idx > cut1.idx
{ cat n.idx; echo; } > long.idx
{ head -c $((size / 2)) n.idx; printf '\377\376'; tail -c +$((size / 2 + 3)) n.idx; } > flip.idx
cat n.idx n.idx > twice.idx
{ head -c 16 n.idx; printf '\143\0\0\0'; tail -c +21 n.idx; } > version.idx
head -c $size /dev/urandom > random.idx
for f in empty text turned cut cut1 long flip twice version random; do
	{ lofpipe --index $f.idx; echo "status $?"; cat > rest; cmp in rest; } < in
done
