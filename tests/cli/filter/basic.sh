# An alert goes in, the same alert with its notes comes out; the alert's own bytes stay as they are.
. "$FIXTURES/own.sh"
cat > alert <<'END'
{"rule":{"id":"92027", "mitre":{"id":["T1059.001"]}},  "data":{"win":{"eventdata":{"parentImage":"C:\\Windows\\CCM\\CcmExec.exe"}}}}
END
own < alert | show
