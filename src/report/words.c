/* words.c -- a figure's title, labels, note and caption. */
#include "report/drawing.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
    const sur_drawing *drawing;
    const sur_view *view;
    const sur_experiment *experiment;
    const sur_figure *figure;
} job;

static sur_status put_title(FILE *out, const job *j, sur_error *err)
{
    (void)err;
    sur_put_escaped(out, j->figure->title ? j->figure->title : j->figure->name,
                    SUR_AS_TEXT);
    return SUR_OK;
}

static void put_label(FILE *out, const char *label, const char *unit)
{
    sur_put_name(out, label, SUR_AS_TEXT);
    if (unit) fprintf(out, " (%s)", unit);
}

/* What the labels of several metrics end on alike, from a word's start: "test error"
 * and "train error" share "error"; NULL when nothing. */
static const char *shared_label(const sur_figure *figure,
                                const sur_experiment *experiment)
{
    const char *shared = NULL;
    for (int m = 0; m < 4 && figure->metrics[m]; m++) {
        const sur_metric *metric = sur_metric_find(experiment, figure->metrics[m]);
        if (!metric) continue;
        if (!shared) shared = metric->label;
        const size_t length = strlen(metric->label);
        while (*shared) { /* drop words until the label ends on what is left */
            const size_t rest = strlen(shared);
            const char *end = rest <= length ? metric->label + length - rest : NULL;
            const bool at_word = end == metric->label || (end && end[-1] == ' ');
            if (at_word && strcmp(end, shared) == 0) break;
            shared += strcspn(shared, " ");
            shared += strspn(shared, " ");
        }
    }
    return shared && *shared ? shared : NULL;
}

static sur_status put_y_label(FILE *out, const job *j, sur_error *err)
{
    (void)err;
    const sur_metric *metric = sur_metric_find(j->experiment, j->figure->metrics[0]);
    const char *shared =
        j->figure->y ? j->figure->y : shared_label(j->figure, j->experiment);
    put_label(out,
              shared   ? shared
              : metric ? metric->label
                       : j->figure->metrics[0],
              metric ? metric->unit : NULL);
    return SUR_OK;
}

static sur_status put_x_label(FILE *out, const job *j, sur_error *err)
{
    (void)err;
    const sur_field *field = sur_fields_find(j->experiment->fields, j->figure->x);
    const sur_metric *metric = sur_metric_find(j->experiment, j->figure->x);
    put_label(out,
              field    ? field->name
              : metric ? metric->label
                       : j->figure->x,
              field    ? field->unit
              : metric ? metric->unit
                       : NULL);
    return SUR_OK;
}

/* Whether a reader must know the value of an option that does not vary: what was chosen
 * first, then what follows from the data. */
static bool must_be_known(const sur_field *field, const void *options,
                          const void *preset, int pass)
{
    char usual[64], now[64];
    const bool axis = field->flags & SUR_AXIS, found = field->flags & SUR_AUTO;
    const bool number = field->kind == SUR_INT || field->kind == SUR_REAL;
    sur_field_text(field, preset, usual, sizeof usual);
    const sur_idx length = sur_field_text(field, options, now, sizeof now);
    if (length == 0 || length >= (sur_idx)sizeof now) return false;
    if (found || strcmp(usual, "auto") == 0)
        return pass == 1 && axis && (number || field->kind == SUR_CHOICE);
    return pass == 0 &&
           ((axis && field->kind == SUR_CHOICE) || strcmp(usual, now) != 0);
}

/* The options held fixed, at most five, and what is not drawn. */
static sur_status put_note(FILE *out, const job *j, sur_error *err)
{
    const sur_fields *fields = j->experiment->fields;
    const void *options = j->view->results->records.at[0].options;
    const sur_idx drawn = j->drawing->series_count, found = j->drawing->series_found;
    void *preset = NULL;
    int shown = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&preset, 1, fields->size, err));
    SUR_TRY(sur_fields_preset(fields, preset, err));
    for (int pass = 0; pass < 2; pass++)
        for (sur_idx f = 0; f < fields->count && shown < 5; f++) {
            const sur_field *field = &fields->at[f];
            if ((field->flags & SUR_HIDDEN) || sur_view_factor(j->view, field->name) ||
                !must_be_known(field, options, preset, pass))
                continue;
            if (shown++) fputs(", ", out);
            sur_put_name(out, field->name, SUR_AS_TEXT);
            fputc(' ', out);
            sur_put_option(out, field, options, SUR_AS_TEXT);
        }
    if (found > drawn)
        fprintf(out, "%s%lld of %lld series drawn", shown ? "; " : "", (long long)drawn,
                (long long)found);
done:
    if (preset) sur_fields_free(fields, preset);
    free(preset);
    return status;
}

/* How many trials the points are made of, and whether any has a band. */
typedef struct counts {
    sur_idx least, most;
    bool band;
} counts;

static counts count_trials(const sur_drawing *drawing)
{
    counts found = {INT64_MAX, 0, false};
    for (sur_idx c = 0; c < drawing->curve_count; c++)
        for (sur_idx i = 0; i < drawing->curves[c].count; i++) {
            const sur_point *p = &drawing->curves[c].points[i];
            if (drawing->curves[c].theory || isnan(p->value)) continue;
            if (p->trials < found.least) found.least = p->trials;
            if (p->trials > found.most) found.most = p->trials;
            found.band = found.band || !isnan(p->low);
        }
    return found;
}

/* What a point is and what its band covers. */
static sur_status put_caption(FILE *out, const job *j, sur_error *err)
{
    (void)err;
    const sur_metric *metric = sur_metric_find(j->experiment, j->figure->metrics[0]);
    const char *one = metric && metric->interval ? metric->interval : "95 % interval";
    const counts found = count_trials(j->drawing);
    const char *scale = metric && metric->scale ? metric->scale : "linear";
    const bool share = strcmp(scale, "share") == 0;

    if (found.most <= 1) {
        fputs("One seed.", out);
        if (found.band) fputs(" Band: ", out);
        if (found.band) sur_put_escaped(out, one, SUR_AS_TEXT);
        if (found.band) fputs(", of the one trial.", out);
        return SUR_OK;
    }
    fputs(share ? "Share of " : "Mean of ", out);
    if (found.least < found.most) fprintf(out, "%lld to ", (long long)found.least);
    fprintf(out, "%lld seeds. Band: %s over the seeds", (long long)found.most,
            share ? "Wilson 95 % interval" : "95 % t interval");
    if (strcmp(scale, "log") == 0) fputs(" (in the logarithm)", out);
    if (found.least == 1) fputs("; where there is one seed, ", out);
    if (found.least == 1) sur_put_escaped(out, one, SUR_AS_TEXT);
    fputc('.', out);
    return SUR_OK;
}

sur_status sur_drawing_words(sur_drawing *drawing, const sur_view *view, sur_error *err)
{
    const struct {
        char **text;
        sur_status (*put)(FILE *out, const job *j, sur_error *err);
    } rows[] = {
        {&drawing->title, put_title},     {&drawing->x.label, put_x_label},
        {&drawing->y.label, put_y_label}, {&drawing->note, put_note},
        {&drawing->caption, put_caption},
    };
    const job j = {drawing, view, view->results->experiment, drawing->figure};

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        size_t size;
        FILE *out = open_memstream(rows[r].text, &size);
        if (!out) return sur_fail(err, SUR_ENOMEM, "cannot allocate a label");
        const sur_status status = rows[r].put(out, &j, err);
        if (fclose(out) != 0)
            return sur_fail(err, SUR_ENOMEM, "cannot allocate a label");
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

void sur_drawing_csv(FILE *out, const sur_drawing *drawing)
{
    char text[SUR_NUMBER_SIZE];
    const char *x = drawing->figure->x;
    fputs("series,curve,", out);
    sur_put_escaped(out, x, SUR_AS_CSV);
    fputs(",value,low,high,trials\n", out);
    for (sur_idx c = 0; c < drawing->curve_count; c++)
        for (sur_idx i = 0; i < drawing->curves[c].count; i++) {
            const sur_curve *curve = &drawing->curves[c];
            const sur_point *p = &curve->points[i];
            const double numbers[3] = {p->value, p->low, p->high};
            sur_put_escaped(out, drawing->series[curve->series], SUR_AS_CSV);
            fputc(',', out);
            sur_put_escaped(out, drawing->roles[curve->role], SUR_AS_CSV);
            fputc(',', out);
            if (drawing->x.names)
                sur_put_escaped(out, drawing->x.names[(sur_idx)p->x], SUR_AS_CSV);
            else
                fputs(sur_number_text(p->x, text), out);
            for (int k = 0; k < 3; k++) {
                fputc(',', out);
                if (!isnan(numbers[k])) fprintf(out, "%.8g", numbers[k]);
            }
            fprintf(out, ",%lld\n", (long long)p->trials);
        }
}
