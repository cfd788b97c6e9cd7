# --strict: one bad file among many is status 1, named, and the old index stays whole; without it the rest goes in.
. "$FIXTURES/import.sh"
copy sigma elastic splunk lofp_html
lofpipe index -o n.idx --sigma sigma
cp n.idx before
try() {
	lofpipe index "$@"
	echo "status $?"
	cmp n.idx before && echo kept
}
printf 'title: [\n' > sigma/rules/bad.yml
printf '[rule\n' > elastic/bad.toml
printf 'name: [\n' > splunk/bad.yml
printf 'no page\n' > lofp_html/bad.txt
try --strict -o n.idx --sigma sigma
try --strict -o n.idx --elastic elastic
try --strict -o n.idx --splunk splunk
try --strict -o n.idx --lofp lofp_html
try -q --strict -o n.idx --sigma sigma
told -o m.idx --sigma sigma --elastic elastic --splunk splunk --lofp lofp_html
ls
