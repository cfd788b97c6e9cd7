# An ATT&CK bundle goes with the index and overrides the built-in table: names, redirects, what is deprecated; wherever the
# index is opened, and for notes that were indexed before.
. "$FIXTURES/import.sh"
copy attack
cat > notes <<'END'
{"id":"moved","text":"remote support","techniques":["T1021"]}
{"id":"part","text":"a part of today","techniques":["T9002.001"]}
{"id":"script","text":"scripts","techniques":["T1059"]}
END
told --strict -o attack.idx --attack attack/bundle.json
lofpipe index -o before.idx --notes notes
lofpipe index -o n.idx --attack attack/bundle.json --notes notes
lofpipe index -o m.idx --notes notes --attack attack/bundle.json
cmp n.idx m.idx && echo same
dump n.idx
lofpipe lookup --no-default-index --index before.idx T1021 T1059
echo "with the bundle:"
for i in n.idx 'before.idx --index attack.idx' 'attack.idx --index before.idx'; do
	lofpipe lookup --no-default-index --index $i T1021 T9001 T9002 "today's name" T1059 'Made-up scripting' T1135
done
echo '{"mitre_techniques":["T1021"]}' | lofpipe --no-default-index --index before.idx --index attack.idx |
    sed 's/"index":"[^"]*"/"index":"V"/; s/"score":[0-9.]*/"score":S/g'
dump n.idx > d
lofpipe index -o m.idx --notes d
cmp n.idx m.idx && echo same
