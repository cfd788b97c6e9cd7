# No such index: one line, status 3, nothing read.
echo '{"a":1}' > in
{ lofpipe --index missing.idx; echo "status $?"; cat; } < in
lofpipe --index . < in
echo "status $?"
lofpipe lookup --index missing.idx T1059
echo "status $?"
