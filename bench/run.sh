#!/bin/sh
# run.sh BUILD PYTHON: every benchmark and, where there is one, its peer right after it, on one
# machine in one run. Prints TSV; lines that begin with # say what was run.
set -eu
build=$1 python=$2
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
echo "# $(date +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores"
for program in "$build"/bench/bench_*; do
    test -x "$program" && test -f "$program" || continue
    name=${program##*/bench_}
    echo "# bench_$name"
    keep=
    case $name in read | formats) keep="--keep $scratch" ;; esac
    # shellcheck disable=SC2086 # two words
    "$program" $keep || echo "# bench_$name failed: exit $?"
    peer=$here/peers/$name.py
    test -f "$peer" || continue
    echo "# peer: $name.py"
    "$python" "$peer" || echo "# peer $name.py failed: exit $?"
done
