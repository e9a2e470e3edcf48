/* surplus/base.h -- status codes, error reports and the types every header uses. */
#ifndef SUR_BASE_H
#define SUR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* SUR_API: exported. SUR_CHECKED: exported, and its result must be looked at. */
#define SUR_MUST_USE __attribute__((warn_unused_result))
#define SUR_API __attribute__((visibility("default")))
#define SUR_CHECKED SUR_API SUR_MUST_USE
#define SUR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Counts and indices. Signed, so that differences and loops downwards are safe. */
typedef int64_t sur_idx;

/* One row per status: name, exit code of the program, meaning. The enum, its texts
 * and the exit codes cannot drift apart. */
#define SUR_STATUS_LIST(X)                                            \
    X(SUR_OK, 0, "success")                                           \
    X(SUR_EINVAL, 2, "an argument is out of its range")               \
    X(SUR_ESHAPE, 2, "shapes do not agree")                           \
    X(SUR_ENOMEM, 1, "out of memory")                                 \
    X(SUR_EIO, 3, "a file could not be read")                         \
    X(SUR_EPARSE, 3, "a file does not have the expected format")      \
    X(SUR_EWRITE, 1, "a file could not be written")                   \
    X(SUR_ENUMERIC, 5, "a computation left the finite numbers")       \
    X(SUR_EBACKEND, 1, "a library or program underneath failed")      \
    X(SUR_EBUSY, 75, "another process holds the resource; try again") \
    X(SUR_ESTOPPED, 130, "stopped on request; what was done is kept")

#define SUR_STATUS_ENTRY(name, code, text) name,
typedef enum sur_status {
    SUR_STATUS_LIST(SUR_STATUS_ENTRY) SUR_STATUS_COUNT
} sur_status;
#undef SUR_STATUS_ENTRY

/* A report of the first failure. Lives on the caller's stack; never allocated.
 * Every function that takes one accepts NULL. Undefined unless a call failed. */
typedef struct sur_error {
    sur_status status;
    char message[504];
} sur_error;

/* Records a failure in err (if not NULL) and returns status, so that callers
 * can write `return sur_fail(err, SUR_EINVAL, "rank %d < 1", rank);`. */
SUR_CHECKED sur_status sur_fail(sur_error *err, sur_status status, const char *fmt, ...)
    SUR_PRINTF(3, 4);

#ifdef __clang_analyzer__ /* so that it knows a failure to be one */
static inline void sur_seen(const char *fmt, ...) { (void)fmt; }
#define sur_fail(err, status, ...) ((void)(err), sur_seen(__VA_ARGS__), (status))
#endif

/* The meaning of a status, as a constant string. */
SUR_API const char *sur_status_text(sur_status status);

/* The exit code by which the program reports a status. */
SUR_API int sur_status_exit(sur_status status);

/* The version of the library, "0.1.0"; and how it was built: compiler, BLAS, options.
 */
SUR_API const char *sur_version(void);
SUR_API const char *sur_build(void);

#ifdef __cplusplus
}
#endif
#endif
