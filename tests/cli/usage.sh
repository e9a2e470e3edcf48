# Wrong usage is answered with exit code 2, one clear line, and the nearest right name.
try() { surplus "$@"; echo "exit $?"; }
try nonsense
try descnt
try descent --widht 3
try descent --width 0
try descent --width 10:100:logx
try descent --family rleu
try descent --seed
try descent --data synthetic:evnts
try descent
try show
try show a.db b.db
try plot missing.db
try data
try data look x
try run
try merge only.db
try descent --data synthetic:linear --width 5 --samples 0
try descent --xylophone 3
try descent --trace yes
