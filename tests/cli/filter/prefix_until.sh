# --prefix-until: what is before an event in its line stays as it is, and with --emit patch out of the answer. A line
# without, with nothing behind it, or with a bad event stays what it was.
. "$FIXTURES/own.sh"
lines() {
	printf 'k1\t{"mitre_techniques":["T1021.001"]}\n{"mitre_techniques":["T1021.001"]}\nk2\t\nk3\trubbish\n\tk4\n\nk5\t {"lofp":1,"a":"\\t"}\r\n'
}
lines | own --prefix-until '\t' --style text | show | cat -A
lines | own --prefix-until '\t' --emit patch --style ids | show | cat -A
echo 'Nov  3 06:22:48 edge-gw-1 ossec: {"mitre_techniques":["T1021.001"],"t":"a: b"}' | own --prefix-until ': ' --style text | show
lines | own --prefix-until '\t' --on-bad drop -v --log log --style ids | show | cat -A
sed '$d' log
