/* info.c -- a look at a data set: shape, types, classes, missing cells, ranges. */
#include <surplus/data.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/block.h"
#include "data/sparse.h"
#include "data/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns listed in the text; JSON lists all. */
enum { LISTED = 60 };
/* Columns of a generator that can make any number of them. */
enum { GENERATED = 28 };

typedef struct summary {
    sur_idx known, missing;
    double low, high, mean, deviation;
    bool whole; /* all values are whole numbers */
} summary;

typedef struct look {
    const sur_dataset *data;
    const char *file, *note;
    summary *columns;   /* [cols], then the target's */
    sur_idx *counts;    /* [classes] */
    sur_idx incomplete; /* columns with missing cells */
    sur_idx entries;    /* cells of a sparse file that are there; else 0 */
} look;

static void take(summary *s, double x)
{
    if (isnan(x)) {
        s->missing++;
        return;
    }
    if (s->known == 0) s->low = s->high = x, s->whole = true;
    s->known++;
    if (x < s->low) s->low = x;
    if (x > s->high) s->high = x;
    s->whole = s->whole && x == floor(x);
    const double step = x - s->mean; /* Welford 1962 */
    s->mean += step / (double)s->known;
    s->deviation += step * (x - s->mean); /* a sum of squares until the end */
}

/* Sums of squares become deviations. */
static void finish(look *l)
{
    for (sur_idx j = 0; j <= l->data->cols; j++) {
        summary *s = &l->columns[j];
        if (s->known) s->deviation = sqrt(s->deviation / (double)s->known);
        l->incomplete += j < l->data->cols && s->missing > 0;
    }
}

static sur_status look_at(look *l, const sur_dataset *data, sur_error *err)
{
    sur_mat row = {0};
    sur_status status;
    l->data = data;
    SUR_TRY(sur_alloc(&l->columns, data->cols + 1, sizeof *l->columns, err));
    SUR_TRY(sur_alloc(&l->counts, data->classes, sizeof *l->counts, err));
    SUR_TRY(sur_alloc(&row.data, data->cols, sizeof *row.data, err));
    row.rows = 1, row.cols = row.stride = data->cols;
    for (sur_idx i = 0; i < data->rows; i++) {
        sur_dataset_rows(&row, data, NULL, i);
        for (sur_idx j = 0; j < data->cols; j++) take(&l->columns[j], row.data[j]);
        take(&l->columns[data->cols], data->target[i]);
        if (data->classes) l->counts[(sur_idx)data->target[i]]++;
    }
    finish(l);
done:
    free(row.data);
    return status;
}

/* The same from the entries that are there; all others are 0. With k of n values
 * there, of mean m and sum of squares s about it, all have the mean m k / n and the sum
 * s + m^2 k (n - k) / n (Chan 1983). */
static sur_status look_at_sparse(look *l, const sur_dataset *data, const sur_sparse *s,
                                 sur_error *err)
{
    const sur_idx n = s->rows;
    sur_status status;
    l->data = data;
    l->entries = s->count;
    SUR_TRY(sur_alloc(&l->columns, data->cols + 1, sizeof *l->columns, err));
    SUR_TRY(sur_alloc(&l->counts, data->classes, sizeof *l->counts, err));
    for (sur_idx k = 0; k < s->count; k++)
        take(&l->columns[s->index[k] - s->first], s->value[k]);
    for (sur_idx j = 0; j < data->cols; j++) {
        summary *c = &l->columns[j];
        const double there = (double)c->known, share = there / (double)n;
        if (c->known == n) continue;
        if (c->known == 0) c->whole = true;
        c->low = c->known ? fmin(c->low, 0.0) : 0.0;
        c->high = c->known ? fmax(c->high, 0.0) : 0.0;
        c->deviation += c->mean * c->mean * there * (1.0 - share);
        c->mean *= share;
        c->known = n;
    }
    for (sur_idx i = 0; i < n; i++) {
        take(&l->columns[data->cols], data->target[i]);
        if (data->classes) l->counts[(sur_idx)data->target[i]]++;
    }
    finish(l);
done:
    return status;
}

static const char *kind_of(const summary *s)
{
    return s->known == 0                 ? "empty"
           : s->low == s->high           ? "constant"
           : !s->whole                   ? "real"
           : s->low == 0 && s->high == 1 ? "0 or 1"
                                         : "whole";
}

/* Bytes of the data set where it is laid out. */
static double memory_of(const sur_dataset *d)
{
    const double cells = (double)d->rows * (double)d->cols;
    return (double)d->bytes + (d->x ? 0.0 : cells * (double)sur_scalar_size(d->scalar));
}

static const char *scalar_text(sur_scalar scalar)
{
    return scalar == SUR_F64 ? "64-bit" : scalar == SUR_F32 ? "32-bit" : "8-bit";
}

/* ---- for people ---- */

/* A name cut to `width` letters and filled up with blanks. */
static sur_status add_padded(sur_text *text, const char *name, int width,
                             sur_error *err)
{
    const sur_label shown = sur_shown(name, (sur_idx)strlen(name));
    const char *at = shown.text;
    int letters = 0;
    for (; *at && letters < width; letters++) do
            at++;
        while (((unsigned char)*at & 0xc0) == 0x80);
    const sur_status status = sur_text_bytes(text, shown.text, at - shown.text, err);
    if (status != SUR_OK) return status;
    return sur_text_format(text, err, "%*s", width - letters, "");
}

static sur_status add_name(sur_text *text, const char *name, sur_error *err)
{
    return sur_text_add(text, sur_shown(name, (sur_idx)strlen(name)).text, err);
}

static sur_status add_target(sur_text *text, const look *l, sur_error *err)
{
    const sur_dataset *d = l->data;
    const summary *s = &l->columns[d->cols];
    const char *name = sur_dataset_name(d, d->cols + 2);
    sur_status status;
    SUR_TRY(sur_text_add(text, "  target    ", err));
    SUR_TRY(add_name(text, sur_dataset_name(d, d->cols), err));
    SUR_TRY(sur_text_add(text, ": ", err));
    if (!d->classes) {
        SUR_TRY(sur_text_format(text, err,
                                "regression, %.6g to %.6g, mean %.6g, deviation %.6g\n",
                                s->low, s->high, s->mean, s->deviation));
        goto done;
    }
    SUR_TRY(sur_text_format(text, err, "%lld class%s\n", (long long)d->classes,
                            d->classes > 1 ? "es" : ""));
    for (sur_idx k = 0; k < d->classes; k++, name += strlen(name) + 1) {
        if (k == LISTED) {
            SUR_TRY(sur_text_format(text, err, "              ... %lld more\n",
                                    (long long)(d->classes - k)));
            break;
        }
        SUR_TRY(sur_text_add(text, "              ", err));
        SUR_TRY(add_padded(text, name, 20, err));
        SUR_TRY(sur_text_format(text, err, "%9lld  %5.1f %%\n", (long long)l->counts[k],
                                100.0 * (double)l->counts[k] / (double)d->rows));
    }
done:
    return status;
}

static sur_status add_columns(sur_text *text, const look *l, sur_error *err)
{
    const sur_dataset *d = l->data;
    const char *name = d->column_names;
    sur_status status;
    SUR_TRY(sur_text_format(text, err, "\n%7s  %-24s %-9s%9s%13s%13s%13s%13s\n",
                            "column", "name", "kind", "missing", "lowest", "mean",
                            "highest", "deviation"));
    for (sur_idx j = 0; j < d->cols; j++, name += strlen(name) + 1) {
        const summary *s = &l->columns[j];
        if (j == LISTED && d->cols > LISTED + 5) {
            SUR_TRY(sur_text_format(text, err, "    ...  %lld more columns\n",
                                    (long long)(d->cols - j)));
            break;
        }
        SUR_TRY(sur_text_format(text, err, "%7lld  ", (long long)j + 1));
        SUR_TRY(add_padded(text, name, 24, err));
        SUR_TRY(sur_text_format(text, err, " %-9s%9lld%13.6g%13.6g%13.6g%13.6g\n",
                                kind_of(s), (long long)s->missing, s->low, s->mean,
                                s->high, s->deviation));
    }
done:
    return status;
}

static sur_status write_text(sur_text *text, const look *l, sur_error *err)
{
    const sur_dataset *d = l->data;
    char bytes[32];
    sur_status status;
    SUR_TRY(sur_text_format(text, err, "%s\n  rows      %lld", l->file,
                            (long long)d->rows));
    if (d->test_rows)
        SUR_TRY(sur_text_format(text, err, ", the last %lld for testing",
                                (long long)d->test_rows));
    SUR_TRY(sur_text_format(text, err, "\n  features  %lld, %s numbers",
                            (long long)d->cols, scalar_text(d->scalar)));
    if (d->shape[0])
        SUR_TRY(sur_text_format(text, err, ", images of %lld x %lld, %lld channel%s",
                                (long long)d->shape[1], (long long)d->shape[2],
                                (long long)d->shape[0], d->shape[0] > 1 ? "s" : ""));
    SUR_TRY(sur_text_add(text, "\n", err));
    SUR_TRY(add_target(text, l, err));
    if (d->weight) {
        SUR_TRY(sur_text_add(text, "  weight    ", err));
        SUR_TRY(add_name(text, sur_dataset_name(d, d->cols + 1), err));
        SUR_TRY(sur_text_add(text, "\n", err));
    }
    if (d->imputed)
        SUR_TRY(sur_text_format(text, err, "  missing   %lld cells in %lld column%s\n",
                                (long long)d->imputed, (long long)l->incomplete,
                                l->incomplete > 1 ? "s" : ""));
    if (d->dropped)
        SUR_TRY(sur_text_format(text, err, "  left out  %lld rows without a target\n",
                                (long long)d->dropped));
    if (l->entries)
        SUR_TRY(sur_text_format(
            text, err, "  sparse    %lld cells are there, %.3g %%\n",
            (long long)l->entries,
            100.0 * (double)l->entries / (double)d->rows / (double)d->cols));
    SUR_TRY(sur_text_format(text, err, "  memory    %s\n  checksum  %s\n",
                            sur_bytes_text(memory_of(d), bytes), d->checksum));
    SUR_TRY(add_columns(text, l, err));
    if (*l->note) SUR_TRY(sur_text_format(text, err, "\n%s", l->note));
done:
    return status;
}

/* ---- for machines ---- */

static sur_status add_key(sur_text *text, const char *key, double x, sur_error *err)
{
    const sur_status status = sur_text_format(text, err, "\"%s\":", key);
    return status == SUR_OK ? sur_text_number(text, x, err) : status;
}

static sur_status add_summary(sur_text *text, const char *name, const summary *s,
                              sur_error *err)
{
    const double none = s->known ? 0.0 : nan("");
    sur_status status;
    SUR_TRY(sur_text_add(text, "{\"name\":", err));
    SUR_TRY(sur_text_json(text, name, err));
    SUR_TRY(sur_text_format(text, err, ",\"kind\":\"%s\",\"missing\":%lld,", kind_of(s),
                            (long long)s->missing));
    SUR_TRY(add_key(text, "low", s->low + none, err));
    SUR_TRY(sur_text_add(text, ",", err));
    SUR_TRY(add_key(text, "mean", s->mean + none, err));
    SUR_TRY(sur_text_add(text, ",", err));
    SUR_TRY(add_key(text, "high", s->high + none, err));
    SUR_TRY(sur_text_add(text, ",", err));
    SUR_TRY(add_key(text, "deviation", s->deviation + none, err));
    SUR_TRY(sur_text_add(text, "}", err));
done:
    return status;
}

static sur_status add_classes(sur_text *text, const look *l, sur_error *err)
{
    const sur_dataset *d = l->data;
    const char *name = sur_dataset_name(d, d->cols + 2);
    sur_status status;
    SUR_TRY(sur_text_add(text, ",\"classes\":[", err));
    for (sur_idx k = 0; k < d->classes; k++, name += strlen(name) + 1) {
        SUR_TRY(sur_text_add(text, k ? ",{\"name\":" : "{\"name\":", err));
        SUR_TRY(sur_text_json(text, name, err));
        SUR_TRY(
            sur_text_format(text, err, ",\"count\":%lld}", (long long)l->counts[k]));
    }
    SUR_TRY(sur_text_add(text, "]", err));
done:
    return status;
}

static sur_status write_json(sur_text *text, const look *l, sur_error *err)
{
    const sur_dataset *d = l->data;
    const char *name = d->column_names;
    sur_status status;
    SUR_TRY(sur_text_add(text, "{\"file\":", err));
    SUR_TRY(sur_text_json(text, l->file, err));
    SUR_TRY(sur_text_format(
        text, err,
        ",\"rows\":%lld,\"test_rows\":%lld,\"columns\":%lld,\"bits\":%d,\"task\":\"%"
        "s\","
        "\"missing\":%lld,\"dropped\":%lld,\"bytes\":%.0f,\"sha256\":\"%s\",",
        (long long)d->rows, (long long)d->test_rows, (long long)d->cols,
        8 * (int)sur_scalar_size(d->scalar),
        d->classes ? "classification" : "regression", (long long)d->imputed,
        (long long)d->dropped, memory_of(d), d->checksum));
    if (l->entries)
        SUR_TRY(sur_text_format(text, err, "\"entries\":%lld,", (long long)l->entries));
    SUR_TRY(sur_text_format(
        text, err, "\"shape\":[%lld,%lld,%lld],\"weight\":", (long long)d->shape[0],
        (long long)d->shape[1], (long long)d->shape[2]));
    SUR_TRY(
        sur_text_json(text, d->weight ? sur_dataset_name(d, d->cols + 1) : NULL, err));
    SUR_TRY(add_classes(text, l, err));
    SUR_TRY(sur_text_add(text, ",\"target\":", err));
    SUR_TRY(add_summary(text, sur_dataset_name(d, d->cols), &l->columns[d->cols], err));
    SUR_TRY(sur_text_add(text, ",\"features\":[", err));
    for (sur_idx j = 0; j < d->cols; j++, name += strlen(name) + 1) {
        if (j) SUR_TRY(sur_text_add(text, ",", err));
        SUR_TRY(add_summary(text, name, &l->columns[j], err));
    }
    SUR_TRY(sur_text_add(text, "],\"note\":", err));
    SUR_TRY(sur_text_json(text, l->note, err));
    SUR_TRY(sur_text_add(text, "}\n", err));
done:
    return status;
}

sur_status sur_data_info(char **text, const sur_data_options *options,
                         sur_info_format format, sur_error *err)
{
    char note[4096] = "";
    sur_sparse sparse = {0};
    sur_dataset data = {0};
    bool is_sparse = false;
    sur_text out = {0};
    look l = {.file = options->data, .note = note};
    sur_status status;

    *text = NULL;
    if (sur_data_is_synthetic(options))
        SUR_TRY(sur_data_generate(&data, options,
                                  options->dimension == SUR_UNSET ? GENERATED
                                                                  : options->dimension,
                                  NULL, err));
    else
        SUR_TRY(sur_sparse_open(&sparse, &data, &is_sparse, options, note, sizeof note,
                                err));
    if (!data.rows) SUR_TRY(sur_data_read(&data, options, note, sizeof note, err));
    SUR_TRY(is_sparse ? look_at_sparse(&l, &data, &sparse, err)
                      : look_at(&l, &data, err));
    SUR_TRY((format == SUR_INFO_JSON ? write_json : write_text)(&out, &l, err));
    *text = out.at;
    out = (sur_text){0};
done:
    sur_text_free(&out);
    free(l.columns);
    free(l.counts);
    sur_sparse_free(&sparse);
    sur_dataset_free(&data);
    return status;
}
