# A checkout of SigmaHQ's: folders become tags, known ones what they mean; without .git it is told by its folders. The
# license is the checkout's unless the rule has its own, the revision the rule's date.
. "$FIXTURES/import.sh"
copy sigma
told -o n.idx --sigma sigma
dump n.idx
