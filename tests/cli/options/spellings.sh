# --name value, --name=value, -n value, -nvalue.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1059.001"]}' > a
own --max-notes 1 --style ids a > 1
own --max-notes=1 --style=ids a > 2
own -n 1 --style ids a > 3
own -n1 --style ids a > 4
own a -n1 --style ids > 5
for i in 2 3 4 5; do cmp 1 $i; done
own --max-bytes 4096 a > 1
for size in 4K 4KiB; do own --max-bytes $size a | cmp - 1; done
echo done
