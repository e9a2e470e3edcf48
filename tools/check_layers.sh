#!/bin/sh
# Fails if a module includes one that src/LAYERS does not allow it, or if a foreign library
# is included outside its one folder.
# Usage: tools/check_layers.sh ROOT
cd "$1" || exit 2
status=0
complain() { echo "$1" >&2; status=1; }

# The module a public header belongs to, where their names differ.
module_of() { case "$1" in field) echo base ;; network) echo model ;; fit) echo train ;; experiment) echo study ;; recover) echo experiments ;; *) echo "$1" ;; esac; }

for module in $(sed -n 's/^\([a-z_]*\):.*/\1/p' src/LAYERS); do
    test -d "src/$module" || continue
    allowed=" $module $(sed -n "s/^$module://p" src/LAYERS) "
    files=$(find "src/$module" -name '*.[ch]'; ls "include/surplus/$module.h" 2>/dev/null)
    test -n "$files" || continue
    # shellcheck disable=SC2086
    used_by=$(sed -n 's|^#include <surplus/\([a-z_]*\)\.h>.*|\1|p; s|^#include "\([a-z_]*\)/.*|\1|p' $files | sort -u)
    for used in $used_by; do
        used=$(module_of "$used")
        case "$allowed" in *" $used "*) ;; *)
            complain "src/$module includes $used, which src/LAYERS does not allow" ;;
        esac
    done
done

# foreign HEADER-PATTERN FOLDER...: included nowhere else.
foreign() {
    pattern=$1; shift
    for file in $(grep -lrE "^#include [<\"]$pattern" src include cli 2>/dev/null); do
        inside=no
        for folder in "$@"; do case "$file" in "$folder"/*) inside=yes ;; esac; done
        test $inside = yes || complain "$file includes $pattern, which belongs to $*"
    done
}
foreign '(cblas|lapacke)' src/dense src/model
foreign 'sqlite3' src/store
foreign 'jansson' src/base
foreign 'yaml\.h' src/study
foreign '(zip|zlib|hdf5|png|matio|lz4|zstd)\.h' src/data
foreign 'mpi\.h' src/comm
foreign 'oneapi|dnnl' src/model
foreign 'Random123' src/random
foreign 'openssl' src/base

# The program and the examples use public headers only.
for file in cli/*.[ch] examples/*.c; do
    test -f "$file" || continue
    grep -Eq '^#include "(base|dense|random|stats|store|comm|data|study|report|model|train|attack|experiments)/' "$file" &&
        complain "$file includes a private header"
done
exit $status
