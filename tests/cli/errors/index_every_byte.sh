# Cut at any place: never taken.
. "$FIXTURES/own.sh"
size=$(wc -c < n.idx)
i=0
while [ $i -lt $size ]; do
	head -c $i n.idx > cut.idx
	lofpipe check -q --index cut.idx 2> err
	s=$?
	[ $s = 3 ] && [ "$(wc -l < err)" = 1 ] || echo "$i: status $s, $(cat err)"
	i=$((i + size / 40 + 1))
done
echo done
