# An output file that is an input is refused, not emptied.
echo '{"technique":"T1059"}' > same
lofpipe same -o same
echo $?
lofpipe same --reject same > /dev/null
echo $?
lofpipe -o same < same
echo $?
cat same
