#!/bin/sh
# run.sh PROGRAM NAME [--update]: one test of the program, in a scratch folder.
set -u
here=$(cd "$(dirname "$0")" && pwd)
name=$2
PROGRAM=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
export PROGRAM
TESTS=$here
export TESTS
LC_ALL=C
TERM=dumb
export LC_ALL TERM
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
surplus() { "$PROGRAM" "$@"; }
mkdir "$scratch/work"
(
    cd "$scratch/work" || exit 1
    . "$here/$name.sh"
) >"$scratch/stdout" 2>"$scratch/stderr"
code=$?
test $code -eq 77 && { cat "$scratch/stderr"; exit 77; }

if [ "${3:-}" = --update ]; then
    for part in stdout stderr; do
        if [ -s "$scratch/$part" ]; then cp "$scratch/$part" "$here/$name.$part"; else rm -f "$here/$name.$part"; fi
    done
    if [ $code -ne 0 ]; then echo $code >"$here/$name.exit"; else rm -f "$here/$name.exit"; fi
    exit 0
fi

failed=0
for part in stdout stderr; do
    expected="$here/$name.$part"
    test -f "$expected" || expected=/dev/null
    diff -u "$expected" "$scratch/$part" || { echo "$name: $part differs"; failed=1; }
done
want=$(cat "$here/$name.exit" 2>/dev/null || echo 0)
test "$code" = "$want" || { echo "$name: exit code $code, not $want"; failed=1; }
exit $failed
