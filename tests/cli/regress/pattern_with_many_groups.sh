# The first group counts, however many there are.
mkdir r
cat > r/acme.json <<'R'
{"name":"acme","title":"t","when":[{"acme":true}],
 "technique":[{"path":"m","pattern":"^(T[0-9]{4})(a)?(b)?(c)?(d)?(e)?(f)?(g)?(-)"}]}
R
echo '{"acme":1,"m":"T1059abcdefg-x"}' | lofpipe --rules r --style ids -n 1 | grep -c T1059
