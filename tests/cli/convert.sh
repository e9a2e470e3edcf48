# What another format has no place for is said, not lost silently; a refusal names the file that
# was asked for, and leaves none.
try() { surplus data convert "$@"; echo "exit $?"; }
printf 'a,b,label\n1,2,0\n3,,1\n5,6,0\n7,8,1\n' >gaps.csv
try gaps.csv gaps.npz
try gaps.npz back.csv --missing nan
tail -n +2 back.csv >back.rows
tail -n +2 gaps.csv | cmp - back.rows && echo "the same rows"
try gaps.npz again.csv
try gaps.csv gaps.libsvm
surplus data generate events --samples 6 --test-samples 2 -o parts.npz
try parts.npz parts.csv
wc -l <parts.csv
try parts.npz parts.libsvm
try parts.csv parts.parquet
ls
