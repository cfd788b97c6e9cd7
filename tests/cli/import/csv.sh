# Notes as a table with a header row, as a spreadsheet saves it: quotes, cells of several lines, CRLF, a byte order mark.
. "$FIXTURES/import.sh"
copy csv
told --strict -o n.idx --notes csv/notes.csv
dump n.idx | tee d.ndjson
lofpipe index -o m.idx --notes d.ndjson
cmp n.idx m.idx && echo same
lofpipe lookup --no-default-index --index n.idx 4711 'odd logon' servers
