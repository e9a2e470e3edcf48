# What distribute says where few bits are not all: on a slow line, with idle nodes, with graphs that fall apart, of
# sketches that cannot fit, and of a run that goes on.
wide="distribute --data synthetic:linear --samples 40 --condition 2 --quiet"
surplus $wide --width 400 --compress sketch --out slow.db
surplus show slow.db --no-table | grep -o 'would send\|its fewer rounds.*'
surplus $wide --width 400 --compress sketch --latency 0 --bandwidth 1 --out thin.db
surplus show thin.db --no-table | grep -o 'would send\|its fewer rounds.*'
surplus $wide --width 400 --nodes 50 --compress precond --out idle.db
surplus show idle.db --json | grep -o '"message": *"[^"]*"'
printf '0 1\n2 3\n' >edges
surplus $wide --width 400 --topology file --edges edges --out e.db
surplus $wide --width 400 --compress sketch --sketch-size 39 --out d.db
surplus $wide --width 400 --compress sketch --max-rounds 5 --checkpoint c --checkpoint-every 2 --out five.db
surplus $wide --width 400 --compress sketch --checkpoint c --resume --out all.db
surplus show all.db --json | grep -o '"message": *"[^"]*"'
surplus show all.db >all && surplus show slow.db >slow && cmp all slow && echo "as without a stop"
surplus $wide --width 400 --compress sketch --bits 4 --checkpoint c --resume --out other.db
surplus show other.db --json | grep -o 'a checkpoint of [^"]*'
