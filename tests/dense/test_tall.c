/* Fits of many rows, summed up block by block, against gelsd and against themselves. */
#include "dense/mats.h"

#include <stdlib.h>

enum { ROWS = 5000, COLS = 150, OUTPUTS = 3, POINTS = 9 };

static const sur_curve_point points[POINTS] = {
    {.width = 1},
    {.width = 40, .output = 1, .outputs = 1},
    {.width = 63},
    {.width = 64, .ridge = 3.0},
    {.width = 64},
    {.width = 65, .ridge = 1e-3, .output = 1, .outputs = 2},
    {.width = 128},
    {.width = 150},
    {.width = 150, .ridge = 100.0}};

typedef struct design {
    sur_mat z, y;
    const double *weight;
    sur_mat b[POINTS];
    sur_curve_fit fit[POINTS];
    const sur_idx *index; /* of the points asked for */
    sur_idx most;         /* rows asked for at once */
    int passes, bad;      /* over the rows; the fill that fails */
} design;

static sur_status fill(void *payload, sur_idx first, sur_mat *z, sur_mat *y,
                       double *weight, sur_error *err)
{
    design *d = payload;
    if (first == 0) d->passes++;
    if (z->rows > d->most) d->most = z->rows;
    if (--d->bad == 0) return sur_fail(err, SUR_EIO, "no row %lld", (long long)first);
    const sur_mat rows = sur_mat_part(&d->z, first, z->rows, 0, z->cols);
    const sur_mat targets = sur_mat_part(&d->y, first, z->rows, 0, y->cols);
    sur_mat_copy(z, &rows);
    sur_mat_copy(y, &targets);
    for (sur_idx i = 0; weight && i < z->rows; i++) weight[i] = d->weight[first + i];
    return SUR_OK;
}

static sur_status keep(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    design *d = payload;
    const sur_idx at = d->index ? d->index[point] : point;
    (void)err;
    sur_mat_free(&d->b[at]);
    d->b[at] = zeros(b->rows, b->cols);
    sur_mat_copy(&d->b[at], b);
    d->fit[at] = *fit;
    return SUR_OK;
}

static sur_status pass_by(void *payload, sur_idx point, const sur_mat *b,
                          const sur_curve_fit *fit, sur_error *err)
{
    (void)payload, (void)point, (void)b, (void)fit, (void)err;
    return SUR_OK;
}

static sur_rows rows_of(design *d)
{
    return (sur_rows){ROWS, d->z.cols, OUTPUTS, d->weight != NULL, fill, d};
}

static void forget(design *d)
{
    for (int i = 0; i < POINTS; i++) sur_mat_free(&d->b[i]);
}

static void design_free(design *d)
{
    forget(d);
    sur_mat_free(&d->z), sur_mat_free(&d->y);
}

/* Rows scaled by sqrt(w), sqrt(mu) I below them. */
static void check_against_gelsd(const design *d, const sur_curve_point *p,
                                const sur_mat *b, const sur_curve_fit *fit)
{
    const sur_idx k = p->outputs ? p->outputs : OUTPUTS, w = p->width;
    sur_mat a = zeros(ROWS + w, w), y = zeros(ROWS + w, k), want = zeros(w, k);
    sur_mat got = zeros(ROWS, k), should = zeros(ROWS, k);
    double total = 0.0, condition;
    sur_idx rank;
    for (sur_idx i = 0; i < ROWS; i++) {
        const double scale = d->weight ? sqrt(d->weight[i]) : 1.0;
        for (sur_idx j = 0; j < w; j++)
            sur_mat_row(&a, i)[j] = scale * sur_mat_row(&d->z, i)[j];
        for (sur_idx j = 0; j < k; j++)
            sur_mat_row(&y, i)[j] = scale * sur_mat_row(&d->y, i)[p->output + j];
    }
    const sur_mat z = sur_mat_part(&a, 0, ROWS, 0, w),
                  own = sur_mat_part(&y, 0, ROWS, 0, k);
    CHECK_OK(sur_lstsq(&want, &condition, &rank, &z, &own, -1.0, NULL));
    CHECK_NEAR(sqrt(fit->condition), condition, 0.0, 0.02);
    CHECK(fit->rank == rank);
    for (sur_idx i = 0; i < w; i++) sur_mat_row(&a, ROWS + i)[i] = sqrt(p->ridge);
    CHECK_OK(sur_lstsq(&want, NULL, NULL, &a, &y, -1.0, NULL));
    sur_mat_multiply(&got, 1.0, &z, SUR_PLAIN, b, SUR_PLAIN, 0.0);
    sur_mat_multiply(&should, 1.0, &z, SUR_PLAIN, &want, SUR_PLAIN, 0.0);
    check_same_mat(&got, &should, 1e-8);
    for (sur_idx i = 0; i < ROWS; i++)
        for (sur_idx j = 0; j < k; j++) {
            const double left = sur_mat_row(&got, i)[j] - sur_mat_row(&own, i)[j];
            total += left * left;
        }
    CHECK_NEAR(fit->residual * ROWS, total, 1e-7 * sur_mat_norm(&own), 1e-7);
    sur_mat_free(&a), sur_mat_free(&y), sur_mat_free(&want);
    sur_mat_free(&got), sur_mat_free(&should);
}

/* Condition numbers of Z from 1 to 10^digits, with and without weights. */
static void the_fits_are_those_of_gelsd(void **state)
{
    (void)state;
    static const struct {
        double digits;
        bool weighted;
        int passes;
    } cases[] = {{1.0, false, 1}, {1.0, true, 1}, {6.0, false, 2}, {6.0, true, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        design d = {.z = decaying_mat(ROWS, COLS, COLS, cases[i].digits, 3),
                    .y = random_mat(ROWS, OUTPUTS, 4)};
        double *weight = calloc(ROWS, sizeof *weight);
        CHECK(weight != NULL);
        for (sur_idx j = 0; j < ROWS; j++) weight[j] = (double)(j % 7) * 0.5;
        if (cases[i].weighted) d.weight = weight;
        const sur_rows rows = rows_of(&d);
        CHECK_OK(sur_tall_solve(&rows, points, POINTS, keep, &d, NULL));
        CHECK(d.passes == cases[i].passes);
        CHECK(d.most < ROWS);
        for (int p = 0; p < POINTS; p++)
            check_against_gelsd(&d, &points[p], &d.b[p], &d.fit[p]);
        free(weight);
        design_free(&d);
    }
}

static void a_point_has_its_bits_whatever_else_is_asked(void **state)
{
    (void)state;
    for (int ill = 0; ill < 2; ill++) {
        design d = {.z = decaying_mat(ROWS, COLS, COLS, ill ? 8.0 : 1.0, 5),
                    .y = random_mat(ROWS, OUTPUTS, 6)};
        design one = {.z = d.z, .y = d.y};
        const sur_rows rows = rows_of(&d), alone = rows_of(&one);
        CHECK_OK(sur_tall_solve(&rows, points, POINTS, keep, &d, NULL));
        for (sur_idx p = 0; p < POINTS; p++) {
            one.index = &p;
            CHECK_OK(sur_tall_solve(&alone, &points[p], 1, keep, &one, NULL));
            CHECK(memcmp(one.b[p].data, d.b[p].data,
                         (size_t)(d.b[p].rows * d.b[p].cols) * sizeof(double)) == 0);
            CHECK(one.fit[p].condition == d.fit[p].condition &&
                  one.fit[p].norm == d.fit[p].norm);
        }
        forget(&one);
        design_free(&d);
    }
}

/* Each row twice, with weights w and -v, is the row with weight w - v. */
static void weights_of_both_signs_add_up(void **state)
{
    (void)state;
    design d = {.z = random_mat(ROWS, COLS, 7), .y = random_mat(ROWS, OUTPUTS, 8)};
    design net = {.z = sur_mat_part(&d.z, 0, ROWS, 0, COLS), .y = d.y};
    double *weight = calloc(ROWS, sizeof *weight), *sum = calloc(ROWS, sizeof *sum);
    CHECK(weight && sum);
    for (sur_idx i = 0; i < ROWS; i++) {
        const sur_idx twin = i / 2 * 2;
        weight[i] = i == twin ? 1.5 : -0.5;
        sum[i] = i == twin ? 1.0 : 0.0;
        for (sur_idx j = 0; j < COLS; j++)
            sur_mat_row(&d.z, i)[j] = sur_mat_row(&d.z, twin)[j];
        for (sur_idx j = 0; j < OUTPUTS; j++)
            sur_mat_row(&d.y, i)[j] = sur_mat_row(&d.y, twin)[j];
    }
    d.weight = weight, net.weight = sum;
    const sur_rows rows = rows_of(&d), rest = rows_of(&net);
    sur_error err;
    CHECK_OK(sur_tall_solve(&rows, points, POINTS, keep, &d, &err));
    CHECK_OK(sur_tall_solve(&rest, points, POINTS, keep, &net, &err));
    for (int p = 0; p < POINTS; p++) check_same_mat(&d.b[p], &net.b[p], 1e-8);
    for (sur_idx i = 1; i < ROWS; i += 2) weight[i] = -2.0; /* nothing but a saddle */
    forget(&d);
    CHECK_STATUS(sur_tall_solve(&rows, points, POINTS, keep, &d, &err), SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "no minimum");
    free(weight), free(sum);
    forget(&net);
    design_free(&d);
}

static void wrong_points_and_numbers_are_refused(void **state)
{
    (void)state;
    static const sur_curve_point wrong[] = {{.width = 0},
                                            {.width = COLS + 1},
                                            {.width = 3, .ridge = -1.0},
                                            {.width = 3, .output = 2, .outputs = 2}};
    design d = {.z = random_mat(ROWS, COLS, 9), .y = random_mat(ROWS, OUTPUTS, 10)};
    sur_rows rows = rows_of(&d);
    sur_error err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_STATUS(sur_tall_solve(&rows, &wrong[i], 1, keep, &d, &err), SUR_EINVAL);
    rows.rows = 20;
    CHECK_STATUS(sur_tall_solve(&rows, &points[1], 1, keep, &d, &err), SUR_EINVAL);
    rows.rows = ROWS;
    CHECK_OK(sur_tall_solve(&rows, points, 0, keep, &d, &err));
    CHECK(d.passes == 0);
    d.bad = 2;
    CHECK_STATUS(sur_tall_solve(&rows, points, POINTS, keep, &d, &err), SUR_EIO);
    CHECK_TEXT(err.message, "no row 2048");
    sur_mat_row(&d.z, 4000)[70] = nan("");
    CHECK_STATUS(sur_tall_solve(&rows, points, POINTS, keep, &d, &err), SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "column 70");
    sur_mat_row(&d.z, 4000)[70] = 0.0;
    sur_mat_row(&d.y, 4999)[1] = HUGE_VAL;
    CHECK_STATUS(sur_tall_solve(&rows, points, POINTS, keep, &d, &err), SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "output 1");
    design_free(&d);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int ill = 0; ill < 2; ill++) {
        design d = {.z = decaying_mat(ROWS, 70, 70, ill ? 8.0 : 1.0, 11),
                    .y = random_mat(ROWS, OUTPUTS, 12)};
        const sur_rows rows = rows_of(&d);
        CHECK_EVERY_ALLOCATION(sur_tall_solve(&rows, points, 6, pass_by, &d, NULL), 20,
                               (void)0);
        design_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fits_are_those_of_gelsd),
        cmocka_unit_test(a_point_has_its_bits_whatever_else_is_asked),
        cmocka_unit_test(weights_of_both_signs_add_up),
        cmocka_unit_test(wrong_points_and_numbers_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
