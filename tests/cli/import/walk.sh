# A folder is walked in the order of its names; hidden files and links to folders are passed over, links to files are
# followed, and what cannot be read ends it.
. "$FIXTURES/import.sh"
rule() { printf 'title: %s\ndetection: { s: x }\nfalsepositives: [%s]\n' "$1" "$1"; }
mkdir -p r/b r/.hidden r/a.yml
rule One > r/b/one.yml
rule Two > r/a.yml/two.yaml
rule Hidden > r/.hidden/h.yml
rule Hidden > r/.h.yml
rule 'Another ending' > r/x.YML
rule Linked > linked
ln -s ../linked r/link.yml
ln -s .. r/b/up
ln -s . r/again.yml
mkfifo r/pipe.yml
deep=r; for i in 1 2 3 4 5 6 7 8 9 10; do deep=$deep/d/e/f/g/h/i/j; done
mkdir -p "$deep"
rule Deep > "$deep/deep.yml"
rule Deep > r/d/e/f/not_so_deep.yml
told -o n.idx --sigma r
dump n.idx
ln -s nowhere r/dangling.yml
lofpipe index -o m.idx --sigma r
echo "status $?"
ls
