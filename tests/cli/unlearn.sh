# A model from a file forgets listed rows and becomes a new file; a study of unlearning is
# resumed, and has the same bits for any number of jobs, whatever was asked for together.
surplus data generate events --samples 400 -o e.csv 2>/dev/null
surplus train --data e.csv --width 8 --epochs 20 --save m.safetensors --quiet >/dev/null
seq 0 3 150 >ids.txt
surplus unlearn --data e.csv --model m.safetensors --forget ids.txt --save n.safetensors --quiet >/dev/null
echo "exit $?"
cmp -s m.safetensors n.safetensors || echo "another file"
surplus predict --model n.safetensors --data e.csv | wc -l
surplus unlearn --data e.csv --model m.safetensors --width 16 2>&1 >/dev/null | grep 'has width'
D="--data e.csv --samples 200 --epochs 10 --forget-count 20 --references 1 --planes 3 --balls 5"
surplus unlearn $D --width 2,8 --method scrub,l1 --out a.db 2>&1 | grep trials
surplus unlearn $D --width 2,8 --method scrub,l1 --out a.db 2>&1 | grep trials
surplus unlearn $D --width 2,8 --method scrub,l1,retrain --lambda 0.2,0.4 --out a.db --jobs 1 2>&1 | grep trials
surplus unlearn $D --width 8 --method l1 --lambda 0.2 --out b.db --quiet --jobs 1
surplus unlearn $D --width 2,8 --method retrain --out b.db --quiet --jobs 2
Q="select spec, metric, split, iteration, value, low, high, n from trial join measurement on trial.id = trial where metric not like '%time%' order by 1, 2, 3, 4"
sqlite3 a.db "$Q" >a.txt
sqlite3 b.db "$Q" >b.txt
grep -Fxc -f b.txt a.txt | awk -v all="$(wc -l <b.txt)" '{ print ($1 == all) ? "the same bits" : "other bits" }'
