/* shared_counters.h -- what a child process does is seen by the fuzzer: the counters of
 * the edges it takes lie in memory that both share. */
#ifndef FUZZ_SHARED_COUNTERS_H
#define FUZZ_SHARED_COUNTERS_H

#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "read_bytes.h"

#include <sys/mman.h>

extern uint8_t __start___sancov_cntrs[] __attribute__((weak));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak));

/* What was freed is held back, to be seen when it is used; with the usual 256 MB of it
 * a fork would take longer than all else. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "quarantine_size_mb=8"; }

/* Whole pages of the counters become pages that children share; 0: there are none, it
 * is a replay. */
static inline int share_counters(void)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = (uintptr_t)__start___sancov_cntrs,
                    end = (uintptr_t)__stop___sancov_cntrs;
    const uintptr_t low = (first + page - 1) / page * page, high = end / page * page;
    if (!first) return 0;
    if (high > low)
        must(mmap(__start___sancov_cntrs + (low - first), high - low,
                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
                  0) != MAP_FAILED);
    return 1;
}

#endif
