# A store that is not one, is cut in half, or cannot be written.
try() { surplus "$@" --quiet; echo "exit $?"; }
try_show() { surplus show "$@"; echo "exit $?"; }
D="--data synthetic:linear --samples 20 --test-samples 50 --width 5,10 --jobs 1"
echo "just text, long enough to be looked at" >text.db
try_show text.db 2>&1 | sed 's/: .*surplus store/: … surplus store/'
try descent $D --out text.db 2>&1 | sed 's/: .*surplus store/: … surplus store/'
surplus descent $D --out good.db --quiet
sqlite3 other.db 'create table t(x); insert into t values (1);'
try_show other.db 2>&1 | sed 's/: .*surplus store/: … surplus store/'
size=$(wc -c <good.db)
head -c $((size / 2)) good.db >half.db
surplus show half.db >/dev/null 2>half.err
echo "half a store: exit $?, $(wc -l <half.err) line"
surplus descent $D --out nowhere/x.db --quiet 2>nowhere.err
echo "no folder: exit $?, $(wc -l <nowhere.err) line"
