/* cmd_data.c -- look at a data file, convert it, make synthetic data. */
#include "cli.h"

#include <surplus/data.h>

#include <stdlib.h>
#include <string.h>

typedef struct data_options {
    sur_data_options data;
    char *out;
    bool json, quiet;
} data_options;

static const sur_field rows[] = {
    SUR_DATA_FIELDS(data_options, data),
    {.name = "out",
     .kind = SUR_PATH,
     .offset = offsetof(data_options, out),
     .group = "output",
     .help = "file to write: .npz, .csv, .h5 or .libsvm"},
    {.name = "json",
     .kind = SUR_FLAG,
     .offset = offsetof(data_options, json),
     .group = "output",
     .help = "info as JSON"},
    {.name = "quiet",
     .kind = SUR_FLAG,
     .offset = offsetof(data_options, quiet),
     .group = "output",
     .help = "no notes"},
};
const sur_fields cmd_data_fields = {rows, sizeof rows / sizeof *rows,
                                    sizeof(data_options)};

static sur_status copy_word(char **to, const char *word, sur_error *err)
{
    free(*to);
    *to = strdup(word);
    return *to ? SUR_OK : sur_fail(err, SUR_ENOMEM, "cannot allocate a path");
}

static void print_notes(const char *note, bool quiet)
{
    if (!quiet && note[0])
        fprintf(stderr, "%s%s", note, note[strlen(note) - 1] == '\n' ? "" : "\n");
}

static sur_status info(data_options *options, const char **words, int count,
                       sur_error *err)
{
    char *text = NULL;
    if (count > 2) return sur_fail(err, SUR_EINVAL, "info takes one file");
    sur_status status = SUR_OK;
    if (count == 2) status = copy_word(&options->data.data, words[1], err);
    if (status == SUR_OK && !options->data.data)
        status = sur_fail(err, SUR_EINVAL, "needs a file: surplus data info FILE");
    if (status == SUR_OK)
        status = sur_data_info(&text, &options->data,
                               options->json ? SUR_INFO_JSON : SUR_INFO_TEXT, err);
    if (status == SUR_OK) fputs(text, stdout);
    free(text);
    return status;
}

static sur_status convert(data_options *options, const char **words, int count,
                          sur_error *err)
{
    char note[4096] = "";
    if (count != 3)
        return sur_fail(err, SUR_EINVAL,
                        "needs two files: surplus data convert IN OUT");
    sur_status status = copy_word(&options->data.data, words[1], err);
    if (status == SUR_OK)
        status = sur_data_convert(words[2], &options->data, note, sizeof note, err);
    print_notes(note, options->quiet);
    return status;
}

static sur_status generate(data_options *options, const char **words, int count,
                           sur_error *err)
{
    sur_dataset data = {0};
    sur_data_options *o = &options->data;
    if (count != 2 || !options->out)
        return sur_fail(err, SUR_EINVAL,
                        "needs a name and a file: surplus data generate NAME -o FILE");
    char name[128];
    snprintf(name, sizeof name, "%s%s",
             strncmp(words[1], "synthetic:", 10) == 0 ? "" : "synthetic:", words[1]);
    sur_status status = copy_word(&o->data, name, err);
    if (o->samples == SUR_UNSET) o->samples = 10000;
    if (o->dimension == SUR_UNSET) o->dimension = 20;
    const bool with_test = o->test_samples != SUR_UNSET;
    if (!with_test) o->test_samples = 0; /* one set, not two */
    if (status == SUR_OK) status = sur_data_generate(&data, o, o->dimension, NULL, err);
    if (status == SUR_OK) status = sur_data_write(options->out, &data, err);
    sur_dataset_free(&data);
    return status;
}

static const struct {
    const char *name;
    sur_status (*run)(data_options *, const char **, int, sur_error *);
} actions[] = {{"info", info}, {"convert", convert}, {"generate", generate}};

static sur_status act(data_options *options, const char **words, int count,
                      sur_error *err)
{
    for (size_t i = 0; count > 0 && i < sizeof actions / sizeof *actions; i++)
        if (strcmp(words[0], actions[i].name) == 0)
            return actions[i].run(options, words, count, err);
    return sur_fail(err, SUR_EINVAL, "needs info, convert or generate%s%.60s%s",
                    count > 0 ? ", not \"" : "", count > 0 ? words[0] : "",
                    count > 0 ? "\"" : "");
}

int cmd_data(const cli_verb *verb, int argc, char **argv)
{
    data_options options;
    sur_error err;
    const char *words[3];
    int count = 0, code = 0;
    bool help = false;
    sur_status status = sur_fields_preset(&cmd_data_fields, &options, &err);
    const cli_target target = {&cmd_data_fields, &options, NULL};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, &target, 1, words, 3, &count, &help, &err);
    if (status == SUR_OK && help) {
        cli_help(stdout, verb);
        printf("\ngenerators\n");
        for (sur_idx i = 0; sur_generators[i][0]; i++)
            printf("  %-26s %s\n", sur_generators[i][0], sur_generators[i][1]);
    } else if (status == SUR_OK) {
        status = act(&options, words, count, &err);
    }
    if (status != SUR_OK) code = cli_fail(verb, &err);
    sur_fields_free(&cmd_data_fields, &options);
    return code;
}
