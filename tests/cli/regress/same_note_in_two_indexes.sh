# A text that two indexes have counts once and takes one place.
lofpipe dump > all
lofpipe index -q -o copy.idx --notes all
alert='{"rule":{"mitre":{"id":["T1021.001"]},"firedtimes":1,"description":"remote desktop users network"}}'
for also in '' '--index copy.idx'; do
	echo "$alert" | lofpipe $also -n 5 --style ids | grep -o '"notes":[^]]*' 
done
