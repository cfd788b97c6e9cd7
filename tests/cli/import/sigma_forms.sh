# What YAML and Sigma allow: collections with a global part, anchors, blocks, a byte order mark, lists, strings and null.
. "$FIXTURES/import.sh"
copy sigma_forms
told --strict -o n.idx --sigma sigma_forms
dump n.idx
