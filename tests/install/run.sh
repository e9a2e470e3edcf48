#!/bin/sh
# Installs BUILD into STAGE, then builds consumer.c against it twice: through pkg-config and
# through find_package. Checks that the program, man page and completions are there and whole.
set -eu
build=$1 stage=$2 cc=$3
here=$(dirname "$0")
rm -rf "$stage"
cmake --install "$build" --prefix "$stage" >/dev/null

PKG_CONFIG_PATH=$(dirname "$(find "$stage" -name surplus.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --define-variable=prefix="$stage" --cflags --libs surplus)
libdir=$(pkg-config --define-variable=prefix="$stage" --variable=libdir surplus)
# shellcheck disable=SC2086
"$cc" "$here/consumer.c" $flags -Wl,-rpath,"$libdir" -o "$stage/consumer"
"$stage/consumer"

cmake -S "$here/consumer" -B "$stage/cmake" -G Ninja -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_PREFIX_PATH="$stage" >/dev/null
cmake --build "$stage/cmake" >/dev/null
"$stage/cmake/consumer"

LD_LIBRARY_PATH=$libdir "$stage/bin/surplus" --version
test -s "$stage/share/man/man1/surplus.1"
if command -v man >/dev/null; then
    MANROFFSEQ='' LC_ALL=C.UTF-8 man --warnings -l "$stage/share/man/man1/surplus.1" 2>&1 >/dev/null | grep . && exit 1
fi
bash -n "$stage/share/bash-completion/completions/surplus"
if command -v zsh >/dev/null; then zsh -n "$stage/share/zsh/site-functions/_surplus"; fi

# Completion offers the verbs, and an option's choices.
offered=$(bash -c '. "$1"; COMP_WORDS=(surplus d); COMP_CWORD=1; _surplus; echo "${COMPREPLY[*]}"' _ \
    "$stage/share/bash-completion/completions/surplus")
test "$offered" = "descent distribute data"
offered=$(bash -c '. "$1"; COMP_WORDS=(surplus descent --family r); COMP_CWORD=3; _surplus; echo "${COMPREPLY[*]}"' _ \
    "$stage/share/bash-completion/completions/surplus")
test "$offered" = "relu resnet18 resnet50"
