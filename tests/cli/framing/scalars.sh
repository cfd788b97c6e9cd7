# Strings, numbers and literals are values too; nothing can be added to them.
. "$FIXTURES/own.sh"
printf '1\n"text"\nnull\ntrue\n-0.0e-7\n"T1021.001"\n[]\n{}\n{ }\n' > a
own --stats s a > out
cmp a out && echo unchanged
head -n 1 s | grep -o '"not_object":[0-9]*\|"no_key":[0-9]*\|"bad":[0-9]*'
