# Two indexes opened together: a note that both have is told once, with the rule of the one that has it.
. "$FIXTURES/import.sh"
copy sigma elastic
lofpipe index -o a.idx --sigma sigma
lofpipe index -o b.idx --elastic elastic
for i in 'a.idx --index b.idx' 'b.idx --index a.idx' 'a.idx --index a.idx'; do
	lofpipe lookup --no-default-index --index $i T1135 Administrators windows
	echo '{"mitre_techniques":["T1135"]}' | lofpipe --no-default-index --index $i --style text | grep -o '"lofp":.*"index":'
done
