# A rank that answers no more, or is killed, ends the run with what is saved; --resume goes on
# from there to the same bits, and so it does in one process.
mpiexec=${MPIEXEC:-mpirun}
command -v "$mpiexec" >/dev/null || { echo "no $mpiexec" >&2; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
options="distribute --data synthetic:linear --samples 30 --width 300 --condition 50 --compress sign
    --topology path --tolerance 1e-9 --max-rounds 2500 --quiet"
saving="--checkpoint saved --checkpoint-every 20 --timeout 3"
# each rank leaves its process's number
go() { exec "$mpiexec" -n 3 sh -c 'echo $$ >pid-$OMPI_COMM_WORLD_RANK$PMI_RANK; exec "$@"' - \
    "$PROGRAM" $options "$@"; }
wait_for() { # a file, half a minute
    for k in $(seq 3000); do test -e "$1" && return; sleep 0.01; done
    echo "$1 never came"
}
surplus $options --nodes 3 >whole

echo "a rank stands still"
( go $saving ) >part 2>errors & run=$!
wait_for saved-node2.b
kill -STOP $(cat pid-2)
wait $run && echo "it went on"
# who notices first is chance: the neighbour waits, too, and is waited for
sed -n 's/.*: round [0-9]*: node . heard nothing from node ./round: a node heard nothing from its neighbour/p' \
    errors | sort -u

echo "goes on, and another is killed"
rm -f saved-node?.a pid-?
( go $saving --resume ) >part 2>errors & run=$!
wait_for saved-node2.a
kill -KILL $(cat pid-1)
wait $run && echo "it went on"

( go $saving --resume ) >again 2>errors || cat errors
cmp whole again && echo "the same in the end"

echo "one process"
rm -f saved-*
surplus $options --nodes 3 $saving >part 2>errors & run=$!
wait_for saved-node2.b
kill -KILL $run
wait $run 2>errors
for k in 1 2 3; do
    surplus $options --nodes 3 $saving --resume >again 2>errors && break
    sleep 1 # the worker of the one that was killed is about to end
done
cmp whole again && echo "the same in the end"

echo "not of this run"
surplus $options --nodes 3 $saving --seed 2 --resume 2>/dev/null | grep -o 'saved-node.*'
cp saved-node1.a saved-node2.a
cp saved-node1.b saved-node2.b
surplus $options --nodes 3 $saving --resume 2>/dev/null | grep -o 'saved-node.*'
printf x | tee -a saved-node1.a >>saved-node1.b
surplus $options --nodes 3 $saving --resume 2>/dev/null | grep -o 'saved-node.*'
