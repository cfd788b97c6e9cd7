# --index adds to the notes inside the program, --no-default-index leaves those out.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1021.006"]}' > a
with=$(lofpipe --index n.idx -n 0 --max-bytes 0 a | grep -o '"text":' | wc -l)
without=$(lofpipe -n 0 --max-bytes 0 a | grep -o '"text":' | wc -l)
echo $((with - without)) more
lofpipe --index n.idx -n 0 --max-bytes 0 a | grep -c 'over WinRM'
own -n 0 a | grep -o '"text":' | wc -l
lofpipe --no-default-index a | show
