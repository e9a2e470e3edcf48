/* cmd_train.c -- one model to a file, and its answers. */
#include "cli.h"

#include <surplus/fit.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- train ---- */

typedef struct train_options {
    char *save, *checkpoint;
    double checkpoint_seconds;
    bool quiet;
} train_options;

static const sur_field train_rows[] = {
    {.name = "save",
     .kind = SUR_PATH,
     .offset = offsetof(train_options, save),
     .group = "output",
     .help = "model file to write: .safetensors"},
    {.name = "checkpoint",
     .kind = SUR_PATH,
     .offset = offsetof(train_options, checkpoint),
     .group = "output",
     .help =
         "file that training (networks) goes on from, if it is there, and keeps its "
         "state in"},
    {.name = "checkpoint_seconds",
     .kind = SUR_REAL,
     .offset = offsetof(train_options, checkpoint_seconds),
     .preset = "30",
     .low = 0,
     .high = 1e9,
     .unit = "seconds",
     .group = "output",
     .help = "between two writings of the checkpoint; it is written at the end, too"},
    {.name = "quiet",
     .kind = SUR_FLAG,
     .offset = offsetof(train_options, quiet),
     .group = "output",
     .help = "no notes"},
};
const sur_fields cmd_train_fields = {train_rows, sizeof train_rows / sizeof *train_rows,
                                     sizeof(train_options)};

static void print_notes(const char *note, bool quiet)
{
    if (!quiet && note[0])
        fprintf(stderr, "%s%s", note, note[strlen(note) - 1] == '\n' ? "" : "\n");
}

static void print_score(const char *part, const sur_fit_score *score)
{
    if (score->count == 0) return;
    printf("%s\t%lld\t", part, (long long)score->count);
    if (isnan(score->error))
        printf("\t%.6g\n", score->loss);
    else
        printf("%.6g\t%.6g\n", score->error, score->loss);
}

static void print_steps(const sur_fit_report *r, bool early)
{
    if (r->resumed > 0)
        fprintf(stderr, "surplus train: went on from step %lld of the checkpoint\n",
                (long long)r->resumed);
    if (early)
        fprintf(stderr, "surplus train: kept the network of step %lld of %lld\n",
                (long long)r->kept, (long long)r->steps);
}

static sur_status train(const sur_fit_options *fit_options,
                        const train_options *options, sur_error *err)
{
    const sur_fit_watch watch = {.checkpoint = options->checkpoint,
                                 .seconds = options->checkpoint_seconds,
                                 .stop = cli_stop};
    sur_fit fit;
    sur_fit_report r;
    char note[4096];
    sur_status status =
        sur_fit_make(&fit, &r, fit_options, &watch, note, sizeof note, err);
    print_notes(note, options->quiet);
    if (status == SUR_OK && options->save)
        status = sur_fit_save(options->save, &fit, err);
    if (status == SUR_OK) {
        if (!options->quiet) print_steps(&r, fit.options.early_stop);
        printf("part\texamples\terror\tloss\n");
        print_score("train", &r.train);
        print_score("validation", &r.validation);
        print_score("test", &r.test);
    }
    sur_fit_free(&fit);
    return status;
}

int cmd_train(const cli_verb *verb, int argc, char **argv)
{
    sur_fit_options fit;
    train_options options = {0};
    sur_error err;
    int count = 0, code = 0;
    bool help = false;
    sur_status status = sur_fields_preset(&sur_fit_fields, &fit, &err);
    if (status == SUR_OK) status = sur_fields_preset(&cmd_train_fields, &options, &err);
    const cli_target targets[] = {{&sur_fit_fields, &fit, NULL},
                                  {&cmd_train_fields, &options, NULL}};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, targets, 2, NULL, 0, &count, &help, &err);
    cli_catch_signals();
    if (status == SUR_OK && help)
        cli_help(stdout, verb);
    else if (status == SUR_OK)
        status = train(&fit, &options, &err);
    if (status != SUR_OK) code = cli_fail(verb, &err);
    if (status == SUR_ESTOPPED && cli_signal()) code = 128 + cli_signal();
    sur_fields_free(&sur_fit_fields, &fit);
    sur_fields_free(&cmd_train_fields, &options);
    return code;
}

/* ---- predict ---- */

typedef struct predict_options {
    sur_data_options data;
    char *model, *out;
    bool quiet;
} predict_options;

static const sur_field predict_rows[] = {
    SUR_DATA_ROW(predict_options, data, data, SUR_PATH, NULL, 0, 0, NULL, 0,
                 "data file, or - for standard input; columns are found by name"),
    SUR_DATA_ROW(predict_options, data, missing, SUR_LIST, NULL, 0, 0, NULL, 0,
                 "codes that mean a missing value, e.g. -999,NA"),
    {.name = "model",
     .kind = SUR_PATH,
     .offset = offsetof(predict_options, model),
     .group = "model",
     .help = "model file that surplus train wrote"},
    {.name = "out",
     .kind = SUR_PATH,
     .offset = offsetof(predict_options, out),
     .group = "output",
     .help = "CSV to write (default: standard output)"},
    {.name = "quiet",
     .kind = SUR_FLAG,
     .offset = offsetof(predict_options, quiet),
     .group = "output",
     .help = "no notes"},
};
const sur_fields cmd_predict_fields = {
    predict_rows, sizeof predict_rows / sizeof *predict_rows, sizeof(predict_options)};

/* A word for CSV: quoted where it must be. */
static void put_word(FILE *out, const char *word)
{
    if (!strpbrk(word, ",\"\n\r")) {
        fputs(word, out);
        return;
    }
    fputc('"', out);
    for (; *word; word++) {
        if (*word == '"') fputc('"', out);
        fputc(*word, out);
    }
    fputc('"', out);
}

static void put_answers(FILE *out, const sur_fit *fit, const sur_mat *answer)
{
    char *const *classes = fit->names + fit->inputs + 1;
    fputs("prediction", out);
    for (sur_idx j = 0; j < fit->classes; j++) {
        fputs(",score ", out);
        put_word(out, classes[j]);
    }
    fputc('\n', out);
    for (sur_idx i = 0; i < answer->rows; i++) {
        const double *row = sur_mat_row(answer, i);
        if (fit->classes == 0)
            fprintf(out, "%.9g", row[0]);
        else
            put_word(out, classes[sur_fit_class(fit, row)]);
        for (sur_idx j = 0; j < fit->classes; j++) fprintf(out, ",%.9g", row[j]);
        fputc('\n', out);
    }
}

static sur_status write_answers(const char *path, const sur_fit *fit,
                                const sur_mat *answer, sur_error *err)
{
    FILE *file = path ? fopen(path, "w") : stdout;
    if (!file) return sur_fail(err, SUR_EWRITE, "%s: %s", path, strerror(errno));
    put_answers(file, fit, answer);
    const bool bad = ferror(file) != 0;
    if (path && (fclose(file) != 0 || bad))
        return sur_fail(err, SUR_EWRITE, "%s: cannot be written", path);
    return SUR_OK;
}

/* Whether the reader took one of the model's columns for the target. */
static bool target_is_column(const sur_fit *fit, const sur_dataset *data)
{
    for (sur_idx j = 0; j < fit->inputs; j++)
        if (strcmp(fit->names[j], sur_dataset_name(data, data->cols)) == 0) return true;
    return false;
}

static sur_status predict(predict_options *options, sur_error *err)
{
    sur_dataset data = {0};
    sur_mat answer = {0};
    sur_fit fit = {0};
    char note[4096] = "";
    if (!options->model || !options->data.data)
        return sur_fail(err, SUR_EINVAL, "needs --model FILE and --data FILE");
    sur_status status = sur_fit_load(&fit, options->model, err);
    if (status == SUR_OK)
        status = sur_data_read(&data, &options->data, note, sizeof note, err);
    if (status == SUR_OK && data.classes > 0 && target_is_column(&fit, &data)) {
        sur_dataset_free(&data);
        options->data.task = SUR_REGRESSION;
        status = sur_data_read(&data, &options->data, note, sizeof note, err);
    }
    if (status == SUR_OK && data.dropped > 0 && !options->quiet)
        fprintf(stderr,
                "surplus predict: %lld rows without a value in '%s' are left out\n",
                (long long)data.dropped, sur_dataset_name(&data, data.cols));
    if (status == SUR_OK)
        status = sur_mat_new(&answer, data.rows, sur_fit_columns(&fit), err);
    if (status == SUR_OK) status = sur_fit_answer(&answer, &fit, &data, err);
    if (status == SUR_OK) status = write_answers(options->out, &fit, &answer, err);
    sur_mat_free(&answer);
    sur_dataset_free(&data);
    sur_fit_free(&fit);
    return status;
}

int cmd_predict(const cli_verb *verb, int argc, char **argv)
{
    predict_options options;
    sur_error err;
    int count = 0, code = 0;
    bool help = false;
    sur_status status = sur_fields_preset(&cmd_predict_fields, &options, &err);
    const cli_target target = {&cmd_predict_fields, &options, NULL};
    if (status == SUR_OK) {
        options.data.samples = options.data.test_samples = SUR_UNSET;
        options.data.split_seed = options.data.dimension = SUR_UNSET;
        status = cli_parse(argc, argv, &target, 1, NULL, 0, &count, &help, &err);
    }
    if (status == SUR_OK && help)
        cli_help(stdout, verb);
    else if (status == SUR_OK)
        status = predict(&options, &err);
    if (status != SUR_OK) code = cli_fail(verb, &err);
    sur_fields_free(&cmd_predict_fields, &options);
    return code;
}
