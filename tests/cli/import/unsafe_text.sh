# Control characters go out, bytes that are no text cannot come in, and long texts are cut.
. "$FIXTURES/import.sh"
{
	printf 'title: "Colours \\e[31m"\ndescription: '
	head -c 300000 /dev/zero | tr '\0' 'x'
	printf '\ntags: [attack.t1082]\ndetection: { s: "\\0", condition: s }\nfalsepositives: ["A \\e]0;title\\a bell\\x7f\\u0085\\u2028end", "'
	head -c 5000 /dev/zero | tr '\0' 'y'
	printf '"]\n'
} > rule.yml
lofpipe index -o n.idx --sigma rule.yml
dump n.idx > d
LC_ALL=C grep -c "$(printf '[\001-\011\013-\037\177]')" d
sed 's/\(y\{10\}\)y*/\1 .../' d
awk '{ print length($0) < 2600 ? "cut" : length($0) }' d
