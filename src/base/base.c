/* base.c -- statuses, error reports, versions. */
#include <surplus/base.h>

#include <stdarg.h>
#include <stdio.h>

sur_status(sur_fail)(sur_error *err, sur_status status, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->message, sizeof err->message, fmt, args);
        va_end(args);
        err->status = status;
        /* what is quoted may be anything: a message stays one line and harmless */
        for (char *c = err->message; *c; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    }
    return status;
}

const char *sur_status_text(sur_status status)
{
#define TEXT(name, code, text) [name] = text,
    static const char *const texts[SUR_STATUS_COUNT] = {SUR_STATUS_LIST(TEXT)};
#undef TEXT
    return (unsigned)status < SUR_STATUS_COUNT ? texts[status] : "unknown status";
}

int sur_status_exit(sur_status status)
{
#define CODE(name, code, text) [name] = code,
    static const int codes[SUR_STATUS_COUNT] = {SUR_STATUS_LIST(CODE)};
#undef CODE
    return (unsigned)status < SUR_STATUS_COUNT ? codes[status] : 1;
}

const char *sur_version(void) { return SUR_VERSION; }

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *sur_build(void) { return COMPILER ", " SUR_BUILD_TYPE; }
