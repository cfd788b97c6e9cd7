# A checkout of detection-rules: TOML, techniques and sub-techniques, tags new and old, building blocks, deprecated rules.
. "$FIXTURES/import.sh"
copy elastic
told --strict -o n.idx --elastic elastic
dump n.idx
lofpipe index -o m.idx --elastic elastic/rules --elastic elastic/rules_building_block
cmp n.idx m.idx && echo same
