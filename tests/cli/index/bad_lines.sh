# A bad entry is told with its place and left out; the rest goes in.
cat > p <<'END'
{"id":"good","text":"a note about the nightly backup","techniques":["T1021.001"]}
not JSON
{"id":"colour","text":"text","colour":"red"}
{"id":"member","text":"text","techniqes":["T1059"]}
{"id":"technique","text":"text","techniques":["1059"]}
{"id":"number","text":7}
[]

{"techniques":["T1059"]}
END
printf '{"id":"bytes","text":"\377"}\n' >> p
lofpipe index -o n.idx --notes p
echo "status $?"
lofpipe dump --no-default-index --index n.idx
lofpipe index -q -o n.idx --notes p
echo "status $?"
