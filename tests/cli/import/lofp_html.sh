# Saved LoFP pages as HTML: the key from the title, a note a row, its tags; sloppy markup, a byte order mark, text beside.
. "$FIXTURES/import.sh"
copy lofp_html
told --strict -o n.idx --lofp lofp_html
dump n.idx
lofpipe index -o m.idx --lofp - < lofp_html/t1059.html
lofpipe lookup --no-default-index --index m.idx T1059.001
for page in '<html><title>Other</title><table><tr><td>x</td></tr></table>' '<html><title>LoFP / t1059</title>' ' ' '<'; do
	printf '%s' "$page" | lofpipe index -o m.idx --lofp -
	echo "status $?"
done
