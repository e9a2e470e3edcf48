# Ctrl-C and kill -9 at many moments cost at most the trials in flight: started again, the
# sweep ends with the bits of an undisturbed one, and no worker survives its parent.
D="--data synthetic:events --samples 150 --test-samples 400 --width 10:600:log12 --seed 1:6 --jobs 2"
surplus descent $D --out whole.db --quiet
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    "$PROGRAM" descent $D --out hurt.db --quiet 2>/dev/null &
    pid=$!
    sleep "0.$(printf %02d $((i * 37 % 60)))"
    case $((i % 3)) in
    0) kill -INT $pid ;;
    1) kill -KILL $pid ;;
    2) worker=$(pgrep -P $pid | head -1); test -n "$worker" && kill -KILL "$worker" ;;
    esac 2>/dev/null
    wait $pid 2>/dev/null
done
sleep 0.5
left=$(pgrep -f "__worker.*$PWD" | wc -l)
echo "$left workers left"
surplus descent $D --out hurt.db --quiet
echo "exit $?"
Q="select spec, metric, split, iteration, value, low, high, n from trial join measurement on trial.id = trial where metric not like '%seconds%' and metric not like '%memory%' order by 1, 2, 3, 4"
sqlite3 hurt.db "$Q" >hurt.txt
sqlite3 whole.db "$Q" >whole.txt
test -s whole.txt && cmp hurt.txt whole.txt && echo "the same bits"
