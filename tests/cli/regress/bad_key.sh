# A name that cannot be a member's is refused before anything is read.
echo '{"technique":"T1059"}' > in
lofpipe --key '' < in
echo $?
lofpipe --key "$(printf '\377')" < in
echo $?
lofpipe --key "$(head -c 300 /dev/zero | tr '\0' a)" < in > /dev/null 2>&1
echo $?
lofpipe --max-event 5GiB < in
echo $?
