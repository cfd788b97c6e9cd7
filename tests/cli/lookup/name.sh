# By the technique's name, and by that of a rule.
. "$FIXTURES/own.sh"
lofpipe lookup --no-default-index --index n.idx 'Remote Desktop Protocol' 'Powershell process spawned powershell instance'
