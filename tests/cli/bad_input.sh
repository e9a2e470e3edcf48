# A damaged or impossible input gives one line that says what, where and why, and exit code 3
# (2 where the fault is in the request).
try() { surplus "$@" --quiet; echo "exit $?"; }
run() { try descent --width 2,3 --samples 4 --data "$@"; }

run missing.csv
: >empty.csv
run empty.csv
printf 'a,b,label\n1,2,0\n3,4\n' >uneven.csv
run uneven.csv
printf 'a,b,label\n' >heads.csv
for i in 1 2 3 4 5 6 7 8; do echo "$i,$((i * i % 7)),$((i % 2))" >>heads.csv; done
run heads.csv --target lable
run heads.csv --samples 100
sed 's/,[01]$/,1/' heads.csv >one_class.csv
run one_class.csv
sed '4s/3,/nan,/' heads.csv >nan.csv
run nan.csv
run nan.csv --missing nan >/dev/null && echo "a named code is a missing value"
surplus data convert heads.csv whole.npz --quiet && head -c 300 whole.npz >cut.npz
run cut.npz
printf '\211HDF\r\n\032\n' >odd.npz
run odd.npz
