# A file that does not parse is named with line and reason, and the rest goes in. Wrong types are as if not given; an
# alias bomb and a node within itself are looked at for a while, and left. With --strict the first mistake is the end.
. "$FIXTURES/import.sh"
copy sigma_odd
told -o n.idx --sigma sigma_odd
echo "status $?"
dump n.idx
cp n.idx before
lofpipe index -q --strict -o n.idx --sigma sigma_odd
echo "status $?"
cmp n.idx before && echo kept
