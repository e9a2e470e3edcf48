/* cmd_plot.c -- one figure, or the whole page. */
#include "cli.h"

#include <string.h>

typedef struct plot_options {
    char *out, *figure, *where, *experiment;
    bool text, script, list;
} plot_options;

#define ROW(m, k, h)                                                          \
    {                                                                         \
        .name = #m, .kind = k, .offset = offsetof(plot_options, m), .help = h \
    }
static const sur_field plot_rows[] = {
    ROW(out, SUR_PATH, "the picture: .svg, .pdf or .png"),
    ROW(figure, SUR_TEXT, "which figure, by name (default: the main one)"),
    ROW(list, SUR_FLAG, "list the figures there are"),
    ROW(where, SUR_TEXT, "only trials for which this holds: width>1000,ridge=0"),
    ROW(text, SUR_FLAG, "draw in the terminal"),
    ROW(script, SUR_FLAG, "print the gnuplot script with its data"),
    ROW(experiment, SUR_TEXT, "only this experiment's trials"),
};
const sur_fields cmd_plot_fields = {plot_rows, sizeof plot_rows / sizeof *plot_rows,
                                    sizeof(plot_options)};
static const sur_field report_rows[] = {
    ROW(out, SUR_PATH, "the page: PAGE.html"),
    ROW(where, SUR_TEXT, "only trials for which this holds: width>1000,ridge=0"),
    ROW(experiment, SUR_TEXT, "only this experiment's trials"),
};
const sur_fields cmd_report_fields = {
    report_rows, sizeof report_rows / sizeof *report_rows, sizeof(plot_options)};

static void list_figures(const sur_experiment *experiment)
{
    for (sur_idx i = 0; i < experiment->figure_count; i++)
        printf("%s\t%s\n", experiment->figures[i].name, experiment->figures[i].title);
}

static sur_status draw(const cli_results *results, const plot_options *options,
                       sur_error *err)
{
    const sur_results *first = &results->at[0];
    const sur_plot_format format = options->text     ? SUR_PLOT_TEXT
                                   : options->script ? SUR_PLOT_SCRIPT
                                                     : SUR_PLOT_BY_NAME;
    if (options->list) {
        list_figures(first->experiment);
        return SUR_OK;
    }
    if (results->count > 1)
        return sur_fail(
            err, SUR_EINVAL,
            "the store holds several experiments; name one with --experiment");
    if (!options->out && format == SUR_PLOT_BY_NAME)
        return sur_fail(err, SUR_EINVAL,
                        "needs -o FIGURE.svg (or .pdf, .png), --text or --script");
    return sur_report_plot(first, options->figure, options->out ? options->out : "-",
                           format, err);
}

static sur_status page(const cli_results *results, const plot_options *options,
                       sur_error *err)
{
    if (!options->out) return sur_fail(err, SUR_EINVAL, "needs -o PAGE.html");
    return sur_report_page(options->out, results->store, results->pointers,
                           results->count, err);
}

static int run(const cli_verb *verb, int argc, char **argv,
               sur_status (*make)(const cli_results *, const plot_options *,
                                  sur_error *))
{
    const sur_fields *fields = verb->fields[0];
    plot_options options;
    cli_results results = {0};
    sur_error err;
    const char *path = NULL;
    int words, code = 0;
    bool help = false;
    sur_status status = sur_fields_preset(fields, &options, &err);
    const cli_target target = {fields, &options, NULL};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, &target, 1, &path, 1, &words, &help, &err);
    if (status == SUR_OK && help) {
        cli_help(stdout, verb);
    } else {
        if (status == SUR_OK && !path)
            status = sur_fail(&err, SUR_EINVAL, "needs a store");
        if (status == SUR_OK)
            status = cli_results_open(&results, path, options.experiment, options.where,
                                      &err);
        if (status == SUR_OK) status = make(&results, &options, &err);
    }
    if (status != SUR_OK) code = cli_fail(verb, &err);
    cli_results_close(&results);
    sur_fields_free(fields, &options);
    return code;
}

int cmd_plot(const cli_verb *verb, int argc, char **argv)
{
    return run(verb, argc, argv, draw);
}

int cmd_report(const cli_verb *verb, int argc, char **argv)
{
    return run(verb, argc, argv, page);
}
