# Gene expression of 38 patients at four nodes: on ranks and in one process, stores alike.
mpiexec=${MPIEXEC:-mpirun}
command -v "$mpiexec" >/dev/null || { echo "no $mpiexec" >&2; exit 77; }
golub=$SURPLUS_DATA/golub_allaml
test -e "$golub/actual.csv" || { echo "no golub_allaml in $SURPLUS_DATA" >&2; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
options="distribute --data $golub/data_set_ALL_AML_train.csv --transpose --labels $golub/actual.csv
    --family linear --compress sketch,auto,none --trace --quiet"
"$mpiexec" -n 4 "$PROGRAM" $options --out ranks.db 2>errors || cat errors
surplus $options --nodes 4 --out nodes.db
for what in show 'show --json'; do # the second has every round
    surplus $what ranks.db | sed 's/"seconds": *[^,]*,//g' >ranks
    surplus $what nodes.db | sed 's/"seconds": *[^,]*,//g' >nodes
    cmp ranks nodes && echo "alike, $(wc -l <ranks) lines, $(grep -o relative_loss ranks | wc -l) losses"
done
