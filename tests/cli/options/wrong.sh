# Each wrong option: one line that names it, where help is, status 2, and standard input is left as it was.
echo '{"a":1}' > in
try() {
	{ lofpipe "$@"; echo "status $?"; cat > rest; cmp in rest; } < in 2>&1
}
try --nonsense
try --max-note 3
try --max-note=3
try -x
try -qx
try -vq
try --strict=yes
try --max-notes
try -n
try -n five
try -n -1
try -n 5x
try -n ''
try -n 99999999999999999999
try --max-bytes 4kb
try --max-event 20000000000GiB
try --min-score 2
try --min-score half
try --min-score nan
try --style fat
try --emit xml
try --input lines
try --on-bad ignore
try --simd mmx
try --label x
try --index
try --index ''
try --output-dir
try --output-dir out
try --output-dir out -
try --output-dir out -o x in
try --output-dir out in other/in.gz
test -e out || echo no folder
