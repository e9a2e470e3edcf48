/* prepare.c -- imputation and standardization, from the train rows alone.
 *
 * With m the median of the known values of a column over the train rows, a missing cell
 * is m; mean and deviation (n in the denominator) are those of the column so completed.
 */
#include "data/prepare.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

/* Hoare's selection with three parts (smaller, equal, larger), so that many equal
 * values do no harm, and pivots from a fixed pseudorandom sequence, so that no file can
 * slow it. */
double sur_kth(double *x, sur_idx n, sur_idx k)
{
    sur_idx low = 0, high = n - 1;
    sur_rng rng = sur_rng_make(0, "selection", 0);
    while (low < high) {
        const double pivot = x[low + sur_rng_below(&rng, high - low + 1)];
        sur_idx smaller = low, i = low, larger = high;
        while (i <= larger) {
            const double t = x[i];
            if (t < pivot) {
                x[i++] = x[smaller];
                x[smaller++] = t;
            } else if (t > pivot) {
                x[i] = x[larger];
                x[larger--] = t;
            } else {
                i++;
            }
        }
        if (k < smaller)
            high = smaller - 1;
        else if (k > larger)
            low = larger + 1;
        else
            return pivot;
    }
    return x[low];
}

static double median_of(double *x, sur_idx n)
{
    if (n == 0) return 0.0;
    const double upper = sur_kth(x, n, n / 2);
    return n % 2 ? upper : 0.5 * sur_kth(x, n, n / 2 - 1) + 0.5 * upper;
}

/* Column j, whose known values are x[0 .. known-1] of n. A constant one stays as it is.
 */
static void describe(sur_split *s, sur_idx j, double *x, sur_idx known,
                     bool standardize)
{
    const sur_idx n = s->train_count;
    const double m = median_of(x, known);
    s->median[j] = m;
    s->mean[j] = 0.0;
    s->scale[j] = 1.0;
    if (!standardize) return;
    double sum = 0.0, squares = 0.0;
    for (sur_idx i = 0; i < known; i++) sum += x[i] - m; /* missing ones add nothing */
    const double shift = sum / (double)n;
    for (sur_idx i = 0; i < known; i++)
        squares += (x[i] - m - shift) * (x[i] - m - shift);
    squares += (double)(n - known) * shift * shift;
    const double deviation = sqrt(squares / (double)n);
    if (!(deviation > 0.0) || !isfinite(deviation)) return;
    s->mean[j] = m + shift;
    s->scale[j] = deviation;
}

static double cell(const sur_dataset *data, sur_idx row, sur_idx column)
{
    const sur_idx at = row * data->cols + column;
    return data->scalar == SUR_F64   ? ((const double *)data->x)[at]
           : data->scalar == SUR_F32 ? (double)((const float *)data->x)[at]
                                     : (double)((const uint8_t *)data->x)[at];
}

/* The known values of columns first .. + count - 1 over the train rows, each in its
 * n of `columns`. */
static void gather(double *columns, sur_idx *known, const sur_split *split,
                   const sur_dataset *data, sur_idx first, sur_idx count)
{
    const sur_idx n = split->train_count;
    for (sur_idx i = 0; i < n; i++) {
        for (sur_idx j = 0; j < count; j++) {
            const double x = cell(data, split->train[i], first + j);
            if (!isnan(x)) columns[j * n + known[j]++] = x;
        }
    }
}

/* The same of features that are in a file. */
static sur_status gather_from(double *columns, sur_idx *known, const sur_split *split,
                              sur_reader *reader, sur_idx first, sur_idx count,
                              sur_error *err)
{
    enum { ROWS = 1024 };
    const sur_idx n = split->train_count;
    sur_mat block = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(&block, ROWS, split->cols, err));
    for (sur_idx i = 0; i < n; i += ROWS) {
        sur_mat rows =
            sur_mat_part(&block, 0, n - i < ROWS ? n - i : ROWS, 0, split->cols);
        SUR_TRY(sur_reader_rows(&rows, reader, split->train + i, err));
        for (sur_idx k = 0; k < rows.rows; k++)
            for (sur_idx j = 0; j < count; j++) {
                const double x = sur_mat_row(&rows, k)[first + j];
                if (!isnan(x)) columns[j * n + known[j]++] = x;
            }
    }
done:
    sur_mat_free(&block);
    return status;
}

/* Columns in blocks that fit into 32 MB, so that long rows are visited few times; into
 * 512 MB where a visit reads a file. */
sur_status sur_split_prepare(sur_split *split, const sur_dataset *data,
                             const sur_data_options *options, sur_error *err)
{
    enum { MOST = 16, HELD = 1 << 22, READ = 1 << 26 };
    const sur_idx n = split->train_count, d = data->cols;
    const sur_idx fit = (data->x ? HELD : READ) / n;
    const sur_idx block = fit < 1 ? 1 : fit < MOST ? fit : MOST;
    sur_reader *reader = NULL;
    double *columns = NULL;
    sur_mat row = {0};
    sur_status status = SUR_OK;
    if (!data->x) SUR_TRY(sur_reader_open(&reader, data, options, err));
    if (!data->x) SUR_TRY(sur_mat_new(&row, 1, d, err));
    for (sur_idx first = 0; first < d; first += block) {
        const sur_idx count = d - first < block ? d - first : block;
        sur_idx known[MOST] = {0};
        /* the process that reads begins now, when it inherits no columns */
        if (!data->x) SUR_TRY(sur_reader_rows(&row, reader, split->train, err));
        if (!columns) SUR_TRY(sur_alloc(&columns, n * block, sizeof *columns, err));
        if (data->x)
            gather(columns, known, split, data, first, count);
        else
            SUR_TRY(gather_from(columns, known, split, reader, first, count, err));
        for (sur_idx j = 0; j < count; j++)
            describe(split, first + j, columns + j * n, known[j], options->standardize);
        if (data->x) continue;
        free(columns);
        columns = NULL;
    }
done:
    free(columns);
    sur_mat_free(&row);
    sur_reader_close(reader);
    return status;
}

static void complete(sur_mat *out, const sur_split *split)
{
    for (sur_idx i = 0; i < out->rows; i++) {
        double *row = out->data + i * out->stride;
        for (sur_idx j = 0; j < out->cols; j++) {
            const double x = isnan(row[j]) ? split->median[j] : row[j];
            row[j] = (x - split->mean[j]) / split->scale[j];
        }
    }
}

void sur_split_rows(sur_mat *out, const sur_split *split, const sur_dataset *data,
                    const sur_idx *picks)
{
    sur_dataset_rows(out, data, picks, 0);
    complete(out, split);
}

sur_status sur_split_read(sur_mat *out, const sur_split *split, sur_reader *reader,
                          const sur_idx *picks, sur_error *err)
{
    const sur_status status = sur_reader_rows(out, reader, picks, err);
    if (status == SUR_OK) complete(out, split);
    return status;
}

sur_status sur_split_scale_whole(sur_split *split, const sur_dataset *data,
                                 const sur_data_options *options, sur_error *err)
{
    const sur_idx n = split->train_count, d = split->cols;
    const double cells = (double)n * (double)d;
    double sum = 0.0, square = 0.0;
    sur_reader *reader = NULL;
    sur_mat row = {0};
    sur_status status;
    SUR_TRY(sur_reader_open(&reader, data, options, err));
    SUR_TRY(sur_mat_new(&row, 1, d, err));
    for (int round = 0; round < 2; round++)
        for (sur_idx i = 0; i < n; i++) {
            double own = 0.0;
            SUR_TRY(sur_reader_rows(&row, reader, &split->train[i], err));
            for (sur_idx j = 0; j < d; j++) {
                const double x = isnan(row.data[j]) ? split->median[j] : row.data[j];
                const double off = x - sum / cells;
                own += round == 0 ? x : off * off;
            }
            *(round == 0 ? &sum : &square) += own;
        }
    const double deviation = sqrt(square / cells);
    for (sur_idx j = 0; j < d; j++) {
        split->mean[j] = deviation > 0.0 ? sum / cells : 0.0;
        split->scale[j] = deviation > 0.0 ? deviation : 1.0;
    }
done:
    sur_reader_close(reader);
    sur_mat_free(&row);
    return status;
}
