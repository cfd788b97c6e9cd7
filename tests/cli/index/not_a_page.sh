# What is no LoFP page is refused, by name.
echo hello > page.txt
lofpipe index -o n.idx --lofp page.txt
echo "status $?"
lofpipe index -o n.idx --lofp missing
echo "status $?"
mkdir empty
lofpipe index -o n.idx --lofp empty
echo "status $?"
lofpipe index -o n.idx --notes missing.ndjson
echo "status $?"
lofpipe index -o n.idx --notes .
echo "status $?"
ls -A
