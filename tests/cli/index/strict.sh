# --strict: a bad entry makes no index, and leaves the old one.
printf '{"id":"a","text":"the nightly backup","techniques":["T1021"]}\n' > good
printf '{"id":"b","text":"the nightly backup"\n' > bad
lofpipe index --strict -o n.idx --notes good
echo "status $?"
cp n.idx before
lofpipe index --strict -o n.idx --notes good --notes bad
echo "status $?"
cmp n.idx before && echo kept
ls -A
