# Techniques that cannot be: without a name, without their parent, redirected in a circle or to nothing. The rest goes in;
# what the built-in table redirects to a technique that the bundle retires is no longer redirected.
. "$FIXTURES/import.sh"
copy attack
told -o n.idx --attack attack/odd.json
echo "status $?"
dump n.idx
lofpipe lookup --no-default-index --index n.idx T9003 T9006 T9008 T1086 T1059
lofpipe lookup --no-default-index --index n.idx T9002.001 T9001
echo "status $?"
lofpipe index --strict -o m.idx --attack attack/odd.json
echo "status $?"
for text in '' '{}' '{"objects":5}' '{"objects":[]}' '[' '{"objects":[{"type":"malware"}]}'; do
	printf '%s' "$text" | lofpipe index -o m.idx --attack -
	echo "status $?"
done
cat > bad <<'END'
{"attack":"T9001\te\tactive\tMade Up\texecution\tWindows"}
{"attack":"T9002\te\tactive\tNo More Columns"}
{"attack":"T9003\tx\tactive\tAnother Domain\t\t"}
{"attack":"nothing"}
{"attack":5}
END
lofpipe index -o m.idx --notes bad
echo "status $?"
dump m.idx
