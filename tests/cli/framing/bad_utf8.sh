# A line that is not UTF-8 is bad, and passes byte for byte.
. "$FIXTURES/own.sh"
printf '{"a":"\377"}\n{"a":"\300\200"}\n{"a":"\355\240\200"}\n{"a":"\364\220\200\200"}\n{"a":"\342\202"}\n{"a":"\360\237\220\237"}\n' > a
own --stats s a > out
cmp a out && echo unchanged
grep -o '"bad":[0-9]*' s
