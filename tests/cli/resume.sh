# A sweep that is held is not run again; new values of an axis run only the new trials; the
# results do not depend on jobs, order or what was asked for together.
D="--data synthetic:latent --latent 5 --samples 40 --test-samples 200 --noise 0.5"
surplus descent $D --width 5:200:log8 --seed 1:2 --out a.db 2>&1 | grep trials
surplus descent $D --width 5:200:log8 --seed 1:2 --out a.db 2>&1 | grep trials
surplus descent $D --width 5:200:log8,300 --seed 1:2 --out a.db --jobs 1 2>&1 | grep trials
surplus descent $D --width 300 --seed 2 --out b.db --quiet --jobs 1
surplus descent $D --width 41,14 --seed 1:2 --out b.db --quiet --jobs 2
Q="select spec, metric, split, iteration, value, low, high, n from trial join measurement on trial.id = trial where metric not like '%seconds%' and metric not like '%memory%' order by 1, 2, 3, 4"
sqlite3 a.db "$Q" >a.txt
sqlite3 b.db "$Q" >b.txt
grep -Fxc -f b.txt a.txt | awk -v all="$(wc -l <b.txt)" '{ print ($1 == all) ? "the same bits" : "other bits" }'
