/* cmd_show.c -- results as a table or JSON, and what they say. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct show_options {
    bool json, csv, summary, table;
    char *where, *metric, *experiment;
} show_options;

#define ROW(m, k, p, h)                                                          \
    {                                                                            \
        .name = #m, .kind = k, .offset = offsetof(show_options, m), .preset = p, \
        .help = h                                                                \
    }
static const sur_field rows[] = {
    ROW(json, SUR_FLAG, NULL, "one JSON array of trials"),
    ROW(csv, SUR_FLAG, NULL, "comma-separated, without the findings"),
    ROW(where, SUR_TEXT, NULL, "only trials for which this holds: width>1000,ridge=0"),
    ROW(metric, SUR_LIST, NULL, "metrics to show, by name"),
    ROW(summary, SUR_FLAG, "true", "print the findings"),
    ROW(table, SUR_FLAG, "true", "print the table"),
    ROW(experiment, SUR_TEXT, NULL, "only this experiment's trials"),
};
const sur_fields cmd_show_fields = {rows, sizeof rows / sizeof *rows,
                                    sizeof(show_options)};

/* The findings, each line marked so that a reader of the table can skip it. */
static sur_status print_findings(const sur_results *results, sur_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory) return sur_fail(err, SUR_ENOMEM, "cannot allocate the findings");
    const sur_status status = sur_report_summary(memory, results, err);
    fclose(memory);
    for (char *line = text, *end; status == SUR_OK && *line; line = end + 1) {
        end = line + strcspn(line, "\n");
        printf("# %.*s\n", (int)(end - line), line);
        if (!*end) break;
    }
    free(text);
    return status;
}

static sur_status show_tables(const cli_results *results, const show_options *options,
                              sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_table_style style = options->csv            ? SUR_TABLE_CSV
                                  : isatty(STDOUT_FILENO) ? SUR_TABLE_ALIGNED
                                                          : SUR_TABLE_TSV;
    for (sur_idx i = 0; i < results->count && status == SUR_OK; i++) {
        if (options->summary && !options->csv)
            status = print_findings(&results->at[i], err);
        if (status == SUR_OK && options->table)
            status =
                sur_report_table(stdout, &results->at[i], options->metric, style, err);
    }
    return status;
}

int cmd_show(const cli_verb *verb, int argc, char **argv)
{
    show_options options;
    cli_results results = {0};
    sur_error err;
    const char *path = NULL;
    int words, code = 0;
    bool help = false;
    sur_status status = sur_fields_preset(&cmd_show_fields, &options, &err);
    const cli_target target = {&cmd_show_fields, &options, NULL};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, &target, 1, &path, 1, &words, &help, &err);
    if (status == SUR_OK && help) {
        cli_help(stdout, verb);
    } else {
        if (status == SUR_OK && !path)
            status = sur_fail(&err, SUR_EINVAL, "needs a store: surplus show FILE.db");
        if (status == SUR_OK)
            status = cli_results_open(&results, path, options.experiment, options.where,
                                      &err);
        if (status == SUR_OK)
            status = options.json ? sur_report_json(stdout, results.pointers,
                                                    results.count, &err)
                                  : show_tables(&results, &options, &err);
    }
    if (status != SUR_OK) code = cli_fail(verb, &err);
    cli_results_close(&results);
    sur_fields_free(&cmd_show_fields, &options);
    return code;
}
