# -v: what was bad and where, and a summary, though stderr is no terminal; --log FILE: there instead.
. "$FIXTURES/own.sh"
printf '{"line":1}\n{"line":2\n\nrubbish\n' > a
own -v a 2> err
sed 's/[0-9.]* MB.*//' err
own --log log a 2>&1
sed 's/[0-9.]* MB.*//' log
own -q --log log2 a
test -e log2 || echo no log
