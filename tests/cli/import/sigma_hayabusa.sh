# Hayabusa's rules and Velociraptor's: their own folders and members. A rule that two of them ship stays one.
. "$FIXTURES/import.sh"
copy sigma_hayabusa sigma_velociraptor sigma
told -o n.idx --sigma sigma_hayabusa --sigma sigma_velociraptor
dump n.idx
lofpipe index -o two.idx --sigma sigma_hayabusa --sigma sigma
lofpipe lookup --no-default-index --index two.idx 0f0f0001-1111-4222-8333-000000000001
