# One node per rank gives the results, bits and all, of as many nodes in one process.
mpiexec=${MPIEXEC:-mpirun}
command -v "$mpiexec" >/dev/null || { echo "no $mpiexec" >&2; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
run() { "$@" distribute --data synthetic:linear --samples 20 --width 300 --condition 4 \
    --compress sketch,precond,ef21,choco --topology path --tolerance 1e-4 --quiet; }
for n in 1 3; do
    run "$mpiexec" -n $n "$PROGRAM" >ranks 2>errors || cat errors
    surplus distribute --data synthetic:linear --samples 20 --width 300 --condition 4 \
        --compress sketch,precond,ef21,choco --topology path --tolerance 1e-4 --quiet \
        --nodes $n >nodes
    cmp ranks nodes && echo "$n alike, $(wc -l <ranks) lines"
done
