# The ledger's bytes against those that the network interface counted: two ranks over TCP in a
# network of their own, 10 rounds and 30, so that starting and ending cancel.
mpiexec=${MPIEXEC:-mpirun}
command -v "$mpiexec" >/dev/null || { echo "no $mpiexec" >&2; exit 77; }
"$mpiexec" --version 2>&1 | grep -qE 'Open MPI|OpenRTE' || { echo "not Open MPI" >&2; exit 77; }
unshare -n sh -c 'ip link set lo up' 2>/dev/null || { echo "no privilege for a network of one's own" >&2; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export mpiexec
counted() { # rounds: bytes at the interface, bytes in the ledger
    unshare -n sh -c '
        ip link set lo up
        sent() { sed -n "s/^ *lo://p" /proc/net/dev | tr -s " " "\t" | cut -f10; }
        before=$(sent)
        "$mpiexec" --mca pml ob1 --mca btl self,tcp --mca btl_tcp_if_include lo \
            --mca oob_tcp_if_include lo -n 2 "$PROGRAM" distribute --data synthetic:linear \
            --samples 8 --condition 1000 --width 100000 --compress none --tolerance 1e-28 --max-rounds '$1' \
            --timeout 60 --quiet >table
        echo $(($(sent) - before)) $(tail -n 1 table | cut -f3)'
}
few=$(counted 10) many=$(counted 30)
echo "$few $many" | awk '{
    network = $3 - $1; ledger = $4 - $2
    apart = network > ledger && network < 1.02 * ledger ? "less" : "more (" network ")"
    print ledger " bytes in the ledger, " apart " than 2 % from the network"
}'
