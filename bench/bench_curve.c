/* bench_curve.c -- a curve of least-squares fits, and a ridge path.
 *
 *   curve  ReLU features of n = 1000 rows in 100 dimensions, 60 widths to 10,000, one
 * output; the predictions of 1000 further rows at every width are part of the time.
 *   ridge  50 penalties at n = 1000, p = 5000; coefficients for every one.
 * One line for each: case, median seconds of five, threads, and the share of this
 * machine's dgemm rate (same threads, same run) that a count of the necessary products
 * comes to. Usage: bench_curve [--quick] [--threads N]. bench/peers/curve.py is the
 * same for NumPy, SciPy and PyTorch. */
#include <surplus/dense.h>
#include <surplus/random.h>

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 5, MOST_POINTS = 64 };

static const sur_idx full_widths[] = {
    10,   20,   40,   60,   80,   100,  150,  200,  250,  300,  350,  400,
    450,  500,  550,  600,  650,  700,  750,  800,  850,  900,  930,  950,
    970,  980,  990,  995,  998,  1000, 1001, 1002, 1005, 1010, 1020, 1030,
    1050, 1070, 1100, 1150, 1200, 1300, 1400, 1500, 1700, 2000, 2300, 2600,
    3000, 3500, 4000, 4500, 5000, 5500, 6000, 7000, 8000, 9000, 9500, 10000};
static const sur_idx quick_widths[] = {5, 20, 40, 41, 50, 90, 150};

typedef struct setting {
    sur_idx rows, unseen, inputs, widest, ridge_width;
    const sur_idx *widths;
    sur_idx points, penalties;
} setting;

static const setting full = {
    1000, 1000, 100, 10000, 5000, full_widths, sizeof full_widths / sizeof *full_widths,
    50};
static const setting quick = {
    40, 30, 10, 150, 100, quick_widths, sizeof quick_widths / sizeof *quick_widths, 7};

static void stop_on(sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_curve: %s\n", err->message);
    exit(1);
}

static sur_mat new_mat(sur_idx rows, sur_idx cols)
{
    sur_mat m;
    sur_error err;
    stop_on(sur_mat_new(&m, rows, cols, &err), &err);
    return m;
}

static sur_mat random_mat(sur_idx rows, sur_idx cols, uint64_t index)
{
    sur_mat m = new_mat(rows, cols);
    sur_rng rng = sur_rng_make(1, "bench", index);
    sur_rng_normals(&rng, m.data, rows * cols, 1.0);
    return m;
}

static sur_status fill(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    const sur_mat *z = payload;
    (void)err;
    *out = sur_mat_part(z, 0, z->rows, first, out->cols); /* where they lie */
    return SUR_OK;
}

/* Predicts the unseen rows; the squares are what a sweep would keep. */
typedef struct predictions {
    sur_mat unseen, values;
    double squares;
} predictions;

static sur_status predict(void *payload, sur_idx point, const sur_mat *b,
                          const sur_curve_fit *fit, sur_error *err)
{
    predictions *p = payload;
    (void)point, (void)fit, (void)err;
    if (p->unseen.rows == 0) return SUR_OK;
    const sur_mat unseen = sur_mat_part(&p->unseen, 0, p->unseen.rows, 0, b->rows);
    sur_mat_multiply(&p->values, 1.0, &unseen, SUR_PLAIN, b, SUR_PLAIN, 0.0);
    p->squares += sur_mat_norm(&p->values);
    return SUR_OK;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Flop per second of a square dgemm. */
static double product_rate(sur_idx order)
{
    sur_mat a = random_mat(order, order, 10), b = random_mat(order, order, 11),
            c = new_mat(order, order);
    double best = 0.0;
    for (int i = 0; i < REPEATS; i++) {
        const double start = sur_clock();
        sur_mat_multiply(&c, 1.0, &a, SUR_PLAIN, &b, SUR_PLAIN, 0.0);
        best = fmax(best, 2.0 * pow((double)order, 3.0) / (sur_clock() - start));
    }
    sur_mat_free(&a), sur_mat_free(&b), sur_mat_free(&c);
    return best;
}

static void measure(const char *name, sur_mat *z, const sur_mat *y,
                    const sur_curve_point *points, sur_idx count, predictions *p,
                    double work, double rate)
{
    const sur_columns columns = {z->rows, z->cols, fill, z};
    double seconds[REPEATS];
    sur_error err;
    for (int i = 0; i < REPEATS; i++) {
        const double start = sur_clock();
        stop_on(sur_curve_solve(&columns, y, NULL, points, count, predict, p, &err),
                &err);
        seconds[i] = sur_clock() - start;
    }
    qsort(seconds, REPEATS, sizeof *seconds, by_value);
    const double median = seconds[REPEATS / 2];
    printf("%s\t%.4f\t%d\t%.2f\n", name, median, sur_threads_get(),
           work / median / rate);
    fflush(stdout);
}

static void bench_curve(const setting *s, double rate)
{
    const double n = (double)s->rows;
    sur_mat x = random_mat(s->rows + s->unseen, s->inputs, 1),
            w = random_mat(s->inputs, s->widest, 2),
            features = new_mat(s->rows + s->unseen, s->widest);
    sur_mat_multiply(&features, 1.0 / sqrt((double)s->inputs), &x, SUR_PLAIN, &w,
                     SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < features.rows * features.cols; i++)
        features.data[i] = fmax(0.0, features.data[i]);
    sur_mat z = sur_mat_part(&features, 0, s->rows, 0, s->widest),
            y = random_mat(s->rows, 1, 3);
    for (sur_idx i = 0; i < s->rows; i++)
        y.data[i] =
            0.3 * y.data[i] + sur_mat_row(&x, i)[0] + 0.5 * sur_mat_row(&x, i)[1];
    predictions p = {.unseen =
                         sur_mat_part(&features, s->rows, s->unseen, 0, s->widest),
                     .values = new_mat(s->unseen, 1)};

    sur_curve_point points[MOST_POINTS] = {{0}};
    double work =
        4.0 / 3.0 * n * n * n + n * n * (double)s->widest; /* QR and Gram matrix */
    for (sur_idx i = 0; i < s->points; i++) {
        points[i].width = s->widths[i];
        work += (double)s->widths[i] * 2.0 * (double)s->unseen;
        work += s->widths[i] > s->rows
                    ? n * n * n / 3.0 + 2.0 * n * (double)s->widths[i]
                    : (double)(s->widths[i] * s->widths[i]);
    }
    measure("curve", &z, &y, points, s->points, &p, work, rate);
    sur_mat_free(&p.values), sur_mat_free(&y), sur_mat_free(&features);
    sur_mat_free(&w), sur_mat_free(&x);
}

static void bench_ridge(const setting *s, double rate)
{
    const double n = (double)s->rows, p = (double)s->ridge_width,
                 m = (double)s->penalties;
    sur_mat z = random_mat(s->rows, s->ridge_width, 4), y = random_mat(s->rows, 1, 5);
    predictions none = {.squares = 0.0};
    sur_curve_point points[MOST_POINTS] = {{0}};
    for (sur_idx i = 0; i < s->penalties; i++)
        points[i] = (sur_curve_point){
            .width = s->ridge_width,
            .ridge = pow(10.0, -3.0 + 8.0 * (double)i / (double)(s->penalties - 1))};
    const double work =
        n * n * p + 4.0 / 3.0 * n * n * n + m * (4.0 * n * n + 2.0 * n * p);
    measure("ridge", &z, &y, points, s->penalties, &none, work, rate);
    sur_mat_free(&z), sur_mat_free(&y);
}

int main(int count, char **arguments)
{
    const setting *s = &full;
    int threads = 1;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--quick") == 0) s = &quick;
        if (strcmp(arguments[i], "--threads") == 0 && i + 1 < count)
            threads = atoi(arguments[++i]);
    }
    sur_threads_set(threads);
    printf("case\tseconds\tthreads\tshare of dgemm\n");
    const double rate = product_rate(s->rows);
    bench_curve(s, rate);
    bench_ridge(s, rate);
    return 0;
}
