# The shards of a job array, merged, are the whole; a study file is the same as its flags.
D="--data synthetic:linear --samples 20 --test-samples 100 --width 5:100:log5 --seed 1:4"
surplus descent $D --out whole.db --quiet
for i in 1 2 3; do surplus descent $D --out s$i.db --shard $i/3 --quiet; echo "exit $?"; done
surplus merge s1.db s2.db s3.db -o all.db --quiet
cat >study.yaml <<'YAML'
experiment: descent
data: synthetic:linear
samples: 20
test_samples: 100
width: 5:100:log5
seed: [1, 2, 3, 4]
out: study.db
YAML
surplus run study.yaml --quiet
Q="select spec, metric, split, iteration, value, low, high, n from trial join measurement on trial.id = trial where metric not like '%seconds%' and metric not like '%memory%' order by 1, 2, 3, 4"
for f in whole all study; do sqlite3 $f.db "$Q" >$f.txt; done
test -s whole.txt && cmp whole.txt all.txt && cmp whole.txt study.txt && echo "three ways, the same results"
surplus merge s1.db s2.db 2>&1 | sed 's/[0-9]* trials/N trials/'
