/* foreign.h -- bytes behind the magic words of a format that is read by a library which
 * damaged files may crash.
 *
 * The whole way of reading such a file starts several processes. Here most inputs are
 * read by a process that goes on reading until one of them kills it, and whose steps
 * through our code this one sees: the counters of the fuzzer lie in memory that both
 * share. One input in 64 goes the whole way, and all do that are replayed. What the
 * library does is not ours; what fails in our code ends the run. */
#ifndef FUZZ_FOREIGN_H
#define FUZZ_FOREIGN_H

#include "shared_counters.h"

#include "read_as.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "data/reader.h"

enum { OUR_FAULT = 99 };

static int in_child; /* the process that reads */

/* ---- what the sanitizers call, when they are there ---- */

/* Undefined behaviour is looked for in our code alone. */
void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
    if (in_child) _exit(OUR_FAULT);
}

/* An access out of bounds may be the library's, through a function of the sanitizer;
 * ours is told by where it happens: nearer to our code than to the sanitizer's. */
void *__asan_get_report_pc(void) __attribute__((weak));
void __asan_init(void) __attribute__((weak));
void __asan_on_error(void);
static uintptr_t our_code;

static inline uintptr_t distance(uintptr_t a, uintptr_t b)
{
    return a < b ? b - a : a - b;
}

void __asan_on_error(void)
{
    if (!in_child || !__asan_get_report_pc) return;
    const uintptr_t at = (uintptr_t)__asan_get_report_pc();
    _exit(distance(at, our_code) < distance(at, (uintptr_t)__asan_init) ? OUR_FAULT
                                                                        : 0);
}

/* No library is given more than a small file deserves (guard.h). */
void __sanitizer_malloc_hook(const volatile void *at, size_t size);
void __sanitizer_malloc_hook(const volatile void *at, size_t size)
{
    (void)at;
    if (in_child && size > (size_t)1 << 27) _exit(0);
}

/* ---- one reading ---- */

static inline void ours(int condition)
{
    if (!condition) _exit(OUR_FAULT);
}

/* One part of the file (NULL: the whole of it). */
static inline void read_part(char *path, const sur_format *format, const char *part)
{
    const sur_data_options options = {.data = path};
    const sur_codes codes = {0};
    const sur_request request = {.options = &options, .codes = &codes, .inside = part};
    sur_table table = sur_table_empty(path), test = sur_table_empty(path);
    sur_source source;
    sur_error err = {.message = ""};
    sur_status status = sur_source_open(&source, path, &err);
    if (status == SUR_OK) status = format->read(&table, &test, &source, &request, &err);
    if (status == SUR_OK) status = sur_table_check(&table, &codes, &err);
    if (status == SUR_OK) status = sur_table_check(&test, &codes, &err);
    if (status == SUR_OK)
        ours(table.rows > 0 && table.cols > 0 && table.target < table.cols);
    else
        ours(*err.message && !strchr(err.message, '\n'));
    sur_source_close(&source);
    sur_table_free(&table);
    sur_table_free(&test);
}

/* ---- the process that reads ---- */

enum { READINGS = 500, SECONDS = 5 }; /* of one process; of one reading */

typedef struct helper {
    pid_t child; /* 0: none */
    int to, from, readings;
} helper;

static inline void limit_time(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    const rlim_t until =
        (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + SECONDS);
    const struct rlimit time = {until, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &time);
}

/* Reads the file whenever it is told to, and leaves quietly if it crashes: the fuzzer
 * would call that a find. */
static inline void serve(int from, int to, char *path, const sur_format *format,
                         const char *const *parts)
{
    const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};
    const struct rlimit none = {0, 0};
    char word;
    for (size_t k = 0; k < sizeof signals / sizeof *signals; k++)
        signal(signals[k], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
    in_child = 1;
    our_code = (uintptr_t)format->read;
    while (read(from, &word, 1) == 1) {
        limit_time();
        read_part(path, format, NULL);
        for (int k = 0; parts[k]; k++) read_part(path, format, parts[k]);
        if (write(to, &word, 1) != 1) break;
    }
    _exit(0);
}

static inline void start(helper *h, char *path, const sur_format *format,
                         const char *const *parts)
{
    int there[2], back[2];
    must(pipe(there) == 0 && pipe(back) == 0);
    const pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        close(there[1]);
        close(back[0]);
        serve(there[0], back[1], path, format, parts);
    }
    close(there[0]);
    close(back[1]);
    *h = (helper){child, there[1], back[0], 0};
}

static inline void end(helper *h)
{
    int fate = 0;
    close(h->to);
    close(h->from);
    while (waitpid(h->child, &fate, 0) < 0) must(errno == EINTR);
    must(!WIFEXITED(fate) || WEXITSTATUS(fate) != OUR_FAULT);
    h->child = 0;
}

/* parts: names of parts that files of the corpus have, ended by NULL. */
static inline void check_foreign(const uint8_t *data, size_t size, const char *magic,
                                 size_t count, const sur_format *format,
                                 const char *const *parts)
{
    static uint8_t bytes[1 << 16];
    static int exploring = -1;
    static helper h;
    uint32_t hash = 2166136261u;
    char word = 0;
    ssize_t n;
    if (exploring < 0) {
        exploring = share_counters();
        signal(SIGPIPE, SIG_IGN);
    }
    if (size < count || size > sizeof bytes) return;
    for (size_t i = 0; i < size; i++) hash = (hash ^ data[i]) * 16777619u;
    if (!exploring || hash >> 26 == 0) {
        check_as(data, size, magic, count);
        return;
    }
    memcpy(bytes, data, size);
    memcpy(bytes, magic, count);
    char *path = path_of_bytes(bytes, size);
    if (!h.child) start(&h, path, format, parts);
    must(write(h.to, &word, 1) == 1);
    do n = read(h.from, &word, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1 || ++h.readings == READINGS) end(&h);
}

#endif
