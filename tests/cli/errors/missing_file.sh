# A FILE that is not there, a folder for a FILE.
lofpipe missing
echo "status $?"
lofpipe .
echo "status $?"
lofpipe < .
echo "status $?"
