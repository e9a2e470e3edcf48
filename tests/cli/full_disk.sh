# A full disk costs the trials that did not fit, and nothing else: exit 1, one line, and the
# sweep goes on from there once there is room.
D="--data synthetic:linear --samples 30 --test-samples 100 --width 2:200:2 --seed 1:4 --jobs 1"
surplus descent $D --out whole.db --quiet
(
    ulimit -f 64
    surplus descent $D --out small.db --quiet
) 2>err
echo "exit $?, $(wc -l <err) line"
held=$(sqlite3 small.db 'select count(*) from trial' 2>/dev/null || echo 0)
total=$(sqlite3 whole.db 'select count(*) from trial')
test "$held" -lt "$total" && echo "some trials did not fit"
surplus descent $D --out small.db --quiet
echo "exit $?"
Q="select spec, metric, split, iteration, value, low, high, n from trial join measurement on trial.id = trial where metric not like '%seconds%' and metric not like '%memory%' order by 1, 2, 3, 4"
sqlite3 small.db "$Q" >small.txt
sqlite3 whole.db "$Q" >whole.txt
cmp small.txt whole.txt && echo "the same results"
# The same on a small file system of its own, where one may be mounted; then read-only. Silent
# when all is well, so that the test says the same where none may be.
mkdir small
if mount -t tmpfs -o size=300k tmpfs small 2>/dev/null; then
    surplus descent $D --out small/s.db --quiet 2>err
    echo "$? $(wc -l <err)" | grep -vx '1 1'
    mount -o remount,size=16m small
    surplus descent $D --out small/s.db --quiet || echo "not resumed once there is room"
    sqlite3 small/s.db "$Q" >small.txt
    cmp small.txt whole.txt
    mount -o remount,ro small
    surplus descent $D --width 300 --out small/s.db --quiet 2>err
    echo "$? $(wc -l <err)" | grep -vx '1 1'
    surplus show small/s.db --json >/dev/null || echo "a read-only store cannot be shown"
    umount small
fi
