# --output-dir: a FILE that fails leaves nothing behind, nor is what was there touched, and the others are written.
. "$FIXTURES/own.sh"
echo '{"a":1}' > a
echo '{"b":1}' > b
echo '{"c":' > c
gzip -n < a | head -c 20 > cut.gz
mkdir out out/b folder
echo old > out/cut
own -v --stats stats.json --output-dir out a missing folder b cut.gz c 2> err
echo "status $?"
sed 's/[0-9.]* MB.*/MB/' err
ls -A out
cat out/a out/c out/cut
grep -o '"events":[0-9]*\|"bytes_out":[0-9]*' stats.json
rmdir out/b
ln b out/linked
cp a linked
own --output-dir out out/a linked b
echo "status $?"
ls -A out
own -q --on-bad stop --output-dir stop a c b
echo "status $?"
ls -A stop
own --strict --output-dir strict c a
echo "status $?"
ls -A strict
own --output-dir a b
echo "status $?"
own --output-dir nowhere/out b
echo "status $?"
