# --save writes what a single trial made as arrays that the readers here and NumPy open.
D="--problem planted --dimension 12 --true-rank 1 --measurements 60 --rank 3 --factors yes"
surplus recover $D --save f.npz --quiet >/dev/null
echo "exit $?"
surplus data info f.npz --json | sqlite3 :memory: "select 'readable'"
surplus recover $D --seed 1,2 --save g.npz --quiet 2>&1 >/dev/null
echo "exit $?"
surplus recover $D --factors no --save g.npz --quiet 2>&1 >/dev/null
echo "exit $?"
test -e g.npz || echo "no file is left"
