# Wrong options of commands.
try() { lofpipe "$@" 2>&1; echo "status $?"; }
try index
try index -o x
try index --notes "$FIXTURES/notes.ndjson"
try index -o x --notes "$FIXTURES/notes.ndjson" y
try index -o x --notes
try index --index x
try lookup
try lookup --strict T1059
try dump x
try dump --max-notes 3
try check x
try check -o x
ls -A
