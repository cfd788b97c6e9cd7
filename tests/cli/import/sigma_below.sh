# A folder of the checkout, or one rule, says the same of itself as the whole does.
. "$FIXTURES/import.sh"
copy sigma
lofpipe index -o whole.idx --sigma sigma
for p in sigma/rules sigma/rules/ ./sigma/rules-threat-hunting sigma/deprecated sigma/unsupported/windows; do
	set -- "$@" --sigma "$p"
done
lofpipe index -o parts.idx "$@"
cmp whole.idx parts.idx && echo same
cd sigma/deprecated/windows
lofpipe index -o ../../../one.idx --sigma old.yml
dump ../../../one.idx
