# sur_strict: what every target of ours compiles with; never exported.
option(SUR_WERROR "Treat warnings as errors" OFF)
set(SUR_SANITIZE "" CACHE STRING "for -fsanitize=, e.g. address,undefined")

add_library(sur_strict INTERFACE)
target_compile_definitions(sur_strict INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(sur_strict INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wdouble-promotion -Wformat=2 -Wundef
  -ffp-contract=off $<$<BOOL:${SUR_WERROR}>:-Werror>)
if(SUR_SANITIZE)
  target_compile_options(sur_strict INTERFACE
    -fsanitize=${SUR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sur_strict INTERFACE -fsanitize=${SUR_SANITIZE})
endif()
