# --reject FILE: a copy of every bad event, behind a line that says where and why.
. "$FIXTURES/own.sh"
printf '{"line":1}\n{"line":2\n{"line":3,}\n{"line":4}\nrub\001bish\n{"bad utf-8":"\377"}\n{"cut":"' > a
own --reject bad a > out
echo "status $?"
cmp a out && echo unchanged
cat -v bad
own --reject bad --on-bad drop < a
cat -v bad | head -n 1
