# Where a checkout is from, as git leaves it: a branch loose and packed, a detached HEAD, a worktree, a submodule, a
# remote by ssh; and what cannot be told is left out.
. "$FIXTURES/import.sh"
copy sigma
rev=0123456789abcdef0123456789abcdef01234567
rule=sigma/rules/linux/lnx_string.yml
show() {
	lofpipe index -o n.idx --sigma "$rule" && dump n.idx | grep -o '"url":"[^"]*"\|"revision":"[^"]*"'
	echo --
}
mkdir -p sigma/.git/refs/heads
printf '[core]\n\tbare = false\n[remote "other"]\n\turl = https://gitlab.com/other/rules\n[remote "origin"]\n\turl = git@github.com:example/rules.git\n\tfetch = x\n[branch "main"]\n\tremote = origin\n' > sigma/.git/config
echo 'ref: refs/heads/main' > sigma/.git/HEAD
echo "no commit yet"; show
other=fedcba9876543210fedcba9876543210fedcba98
printf '# pack-refs with: peeled fully-peeled sorted\n%s refs/heads/mai\n%s refs/heads/main\n^%s\n' $other $rev $other > sigma/.git/packed-refs
echo "packed"; show
echo ffff56789abcdef0123456789abcdef012345678 > sigma/.git/refs/heads/main
echo "loose comes first"; show
echo $rev > sigma/.git/HEAD
echo "detached"; show
printf '[remote "upstream"]\n\turl = ssh://git@gitlab.example.org:2222/group/sub/rules.git/\n' > sigma/.git/config
echo "GitLab, the only remote"; show
printf '[remote "origin"]\n\turl = https://git.example.org/rules.git\n' > sigma/.git/config
echo "elsewhere"; show
rm sigma/.git/config
echo "no remote"; show
mkdir -p main/.git/worktrees/w main/.git/refs/heads
mv sigma/.git old
echo "gitdir: $PWD/main/.git/worktrees/w" > sigma/.git
echo ../.. > main/.git/worktrees/w/commondir
echo 'ref: refs/heads/work' > main/.git/worktrees/w/HEAD
echo "$rev" > main/.git/refs/heads/work
printf '[remote "origin"]\n\turl=https://user:pass@github.com/example/rules\n' > main/.git/config
echo "worktree"; show
echo 'gitdir: ../main/.git/worktrees/w' > sigma/.git
echo "by a relative path"; show
echo 'gitdir: nowhere' > sigma/.git
echo "broken"; show
rm sigma/.git
echo "none"; show
