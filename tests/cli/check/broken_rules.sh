# Every mistake in every file, with its place and what was expected.
mkdir r
echo '{"name":"a","title":"t","doc":"https://x.example.com","when":[{"x":true}],"patth":["y"]}' > r/a.json
echo '{"name":"b",' > r/b.json
echo '[]' > r/c.json
echo '{"name":"other","title":"t","doc":"https://x.example.com","when":[{"x":true}],"technique":["y"]}' > r/d.json
echo '{"name":"e","title":"t","doc":"https://x.example.com","when":[{"x":true}],"technique":[{"path":"y","pattern":"(("}]}' > r/e.json
echo '{"name":"f","title":"t","doc":"https://x.example.com","when":[{"x":true}],"technique":[{"path":"y","pattern":"no group"}]}' > r/f.json
echo '{"name":"g","title":"t","doc":"https://x.example.com","when":[{"x":true}],"technique":["a..b"]}' > r/g.json
: > r/h.json
echo 'not a rule file' > r/readme.txt
lofpipe check --rules r
echo "status $?"
echo '{"a":1}' > in
{ lofpipe --rules r 2>/dev/null; echo "status $?"; cat; } < in
