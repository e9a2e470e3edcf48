# Gates, time limits and busy stores have exit codes of their own.
D="--data synthetic:linear --samples 20 --test-samples 100 --width 5,10 --noise 1 --jobs 1"
surplus descent $D --quiet --out g.db --fail-if 'test_loss>1e9'
echo "exit $?"
surplus descent $D --quiet --out g.db --fail-if 'test_loss>0' 2>gate
echo "exit $?"
grep -c 'test_loss' gate
surplus descent $D --quiet --out g.db --fail-if 'tset_loss>0' 2>&1
echo "exit $?"
surplus descent --data synthetic:events --width 1000:6000:500 --samples 2000 --seed 1:50 --quiet --out t.db --time-limit 1
echo "exit $?"
