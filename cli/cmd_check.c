/* cmd_check.c -- the numerical self-test against theory, for users. */
#include "laws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BROKEN = 1, INTERRUPTED = 128 };

typedef struct check_options {
    bool json;
    char *only;
} check_options;

static const sur_field rows[] = {
    {.name = "json",
     .kind = SUR_FLAG,
     .offset = offsetof(check_options, json),
     .help = "one JSON array of laws"},
    {.name = "only",
     .kind = SUR_TEXT,
     .offset = offsetof(check_options, only),
     .help = "only the laws of this part: descent, networks, recover, ..."},
};
const sur_fields cmd_check_fields = {rows, sizeof rows / sizeof *rows,
                                     sizeof(check_options)};

/* How the laws are printed, and what came of them. */
typedef struct report {
    bool json, aligned;
    int laws, broken;
} report;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put_number(const char *name, double x)
{
    printf(",\"%s\":", name);
    if (isfinite(x))
        printf("%.10g", x);
    else
        printf("null");
}

/* Texts of laws are our own and hold nothing to escape. */
static void put_json(const report *r, const cli_law *law, const law_reading *reading,
                     bool holds, double seconds)
{
    printf("%s{\"part\":\"%s\",\"law\":\"%s\",\"source\":\"%s\"", r->laws ? ",\n" : "[",
           law->part, law->text, law->source);
    put_number("expected", reading->expected);
    put_number("measured", reading->measured);
    put_number("tolerance", reading->tolerance);
    printf(",\"holds\":%s,\"seconds\":%.3f}", holds ? "true" : "false", seconds);
}

/* Tabs, or columns on a terminal; a negative width is flush left. */
static void put_cells(bool aligned, const char *const cells[6])
{
    static const int widths[6] = {-9, -68, 11, 11, 9, -7};
    for (int c = 0; c < 6; c++)
        printf("%s%*s",
               c == 0    ? ""
               : aligned ? " "
                         : "\t",
               aligned ? widths[c] : 0, cells[c]);
    putchar('\n');
    fflush(stdout);
}

static void put_row(const report *r, const cli_law *law, const law_reading *reading,
                    bool holds)
{
    char numbers[3][24];
    snprintf(numbers[0], sizeof *numbers, "%.6g", reading->expected);
    snprintf(numbers[1], sizeof *numbers, "%.6g", reading->measured);
    snprintf(numbers[2], sizeof *numbers, "%.2g", reading->tolerance);
    put_cells(r->aligned,
              (const char *const[]){law->part, law->text, numbers[0], numbers[1],
                                    numbers[2], holds ? "holds" : "BROKEN"});
}

static sur_status check_law(report *r, const cli_law *law, sur_error *err)
{
    const double nothing = nan(""), since = seconds_now();
    law_reading reading = {nothing, nothing, nothing};
    const sur_status status = law->take(law, &reading, err);
    if (status == SUR_ESTOPPED) return status;
    const bool holds = status == SUR_OK &&
                       fabs(reading.measured - reading.expected) <= reading.tolerance;
    if (status != SUR_OK)
        fprintf(stderr, "surplus check: %s: %s\n", law->text, err->message);
    if (r->json)
        put_json(r, law, &reading, holds, seconds_now() - since);
    else
        put_row(r, law, &reading, holds);
    r->laws++;
    r->broken += !holds;
    return SUR_OK;
}

static sur_status check(const check_options *options, int *code, sur_error *err)
{
    report r = {.json = options->json, .aligned = isatty(STDOUT_FILENO)};
    const double since = seconds_now();
    sur_status status = SUR_OK;
    bool any = false;
    for (const cli_law *law = cli_laws; law->part; law++)
        any = any || !options->only || strcmp(options->only, law->part) == 0;
    if (!any)
        return sur_fail(err, SUR_EINVAL, "there are no laws of \"%.60s\"",
                        options->only);
    if (!r.json)
        put_cells(r.aligned, (const char *const[]){"part", "law", "expected",
                                                   "measured", "tolerance", "verdict"});
    for (const cli_law *law = cli_laws; law->part && status == SUR_OK; law++)
        if (!options->only || strcmp(options->only, law->part) == 0)
            status = check_law(&r, law, err);
    if (r.json) puts(r.laws ? "]" : "[]");
    if (status != SUR_OK) return status;
    fprintf(stderr, "surplus check: %d of %d laws hold, in %.0f s\n", r.laws - r.broken,
            r.laws, seconds_now() - since);
    if (r.broken) *code = BROKEN;
    return SUR_OK;
}

int cmd_check(const cli_verb *verb, int argc, char **argv)
{
    check_options options;
    sur_error err;
    int words, code = 0;
    bool help = false;
    sur_status status = sur_fields_preset(&cmd_check_fields, &options, &err);
    const cli_target target = {&cmd_check_fields, &options, NULL};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, &target, 1, NULL, 0, &words, &help, &err);
    cli_catch_signals();
    if (status == SUR_OK && help)
        cli_help(stdout, verb);
    else if (status == SUR_OK)
        status = check(&options, &code, &err);
    if (status != SUR_OK) code = cli_fail(verb, &err);
    if (status == SUR_ESTOPPED && cli_signal()) code = INTERRUPTED + cli_signal();
    sur_fields_free(&cmd_check_fields, &options);
    return code;
}
