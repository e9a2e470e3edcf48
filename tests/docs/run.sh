#!/bin/sh
# run.sh PROGRAM PAGE.md [--update]: runs the examples of a page in order, in one scratch folder.
#
# An example is a line "$ command" of a ```console block (a line that ends with \ goes on in the
# next), and what follows it up to the next one is what it prints, errors included. A line "..."
# stands for any lines. Numbers may differ in their last digits and times are not compared
# (compare.awk). $SURPLUS_DATA is the folder of real data; a page that names it is skipped
# without it. --update writes what was printed into the page.
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
page=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
update=${3:-}
LC_ALL=C TERM=dumb COLUMNS=80
export LC_ALL TERM COLUMNS
if grep -q 'SURPLUS_DATA' "$page" && [ ! -d "${SURPLUS_DATA:-}" ]; then
    echo "$page: needs real data; set SURPLUS_DATA"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/work"
ln -s "$program" "$scratch/bin/surplus"
PATH=$scratch/bin:$PATH
awk -v out="$scratch" -f "$here/extract.awk" "$page"

failed=0
number=1
while [ -f "$scratch/command.$number" ]; do
    (cd "$scratch/work" && sh "$scratch/command.$number" >"$scratch/got.$number" 2>&1 </dev/null)
    touch "$scratch/want.$number"
    if ! awk -f "$here/compare.awk" "$scratch/want.$number" "$scratch/got.$number"; then
        echo "$page: example $number: $(head -1 "$scratch/command.$number")"
        diff -u "$scratch/want.$number" "$scratch/got.$number"
        cp "$scratch/got.$number" "$scratch/new.$number"
        failed=1
    fi
    number=$((number + 1))
done
test $number -gt 1 || { echo "$page: no examples"; exit 1; }
if [ "$update" = --update ]; then
    awk -v out="$scratch" -v update=1 -f "$here/extract.awk" "$page" >"$scratch/page" &&
        cp "$scratch/page" "$page"
    exit 0
fi
exit $failed
