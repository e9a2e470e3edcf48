#!/bin/sh
# run.sh PROGRAM plan|reduced: every study file, planned (--dry-run) or run at the reduced size
# that the file `reduced` names. Prints a line for each; exit code 1 if one fails.
set -u
here=$(cd "$(dirname "$0")" && pwd)
studies=$here/../../studies
program=$1
what=$2
failed=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# The options of a line, DATA replaced; nothing and a complaint when there is no data.
options_of() {
    case $1 in
    *DATA/*) test -d "${SURPLUS_DATA:-}" || { echo "skipped: set SURPLUS_DATA" >&2; return 1; } ;;
    esac
    echo "$1" | sed "s#DATA/#${SURPLUS_DATA:-}/#g"
}

for file in "$studies"/*/*.yaml; do
    name=${file#"$studies"/}
    name=${name%.yaml}
    line=$(grep "^$name\( \|\$\)" "$here/reduced") ||
        { echo "$name: has no line in tests/studies/reduced"; failed=1; continue; }
    test "$what" = plan || continue
    data=$(echo "$line" | grep -o -e '--data [^ ]*')
    data=$(options_of "$data") || continue
    # shellcheck disable=SC2086
    "$program" run "$file" $data --dry-run >"$scratch/plan" 2>"$scratch/note" ||
        { cat "$scratch/note"; echo "$name: cannot be planned"; failed=1; continue; }
    echo "$name: $(tail -1 "$scratch/note")"
done
test "$what" = plan && exit $failed

while read -r name options; do
    case $name in '#'* | '') continue ;; esac
    options=$(options_of "$options") || continue
    begun=$(date +%s)
    # shellcheck disable=SC2086
    "$program" run "$studies/$name.yaml" $options --out "$scratch/all.db" --quiet \
        >"$scratch/note" 2>&1 || { cat "$scratch/note"; echo "$name: failed"; failed=1; continue; }
    echo "$name: ran in $(($(date +%s) - begun)) s"
done <"$here/reduced"
# and what they say can be read
"$program" show "$scratch/all.db" --no-table >/dev/null || failed=1
exit $failed
