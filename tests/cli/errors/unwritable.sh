# Where the output cannot go: status 4, nothing read.
echo '{"a":1}' > in
{ lofpipe -o nowhere/out; echo "status $?"; cat; } < in
{ lofpipe -o .; echo "status $?"; cat; } < in
{ lofpipe --reject nowhere/bad; echo "status $?"; cat; } < in
{ lofpipe --log nowhere/log; echo "status $?"; cat; } < in
