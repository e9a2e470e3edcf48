/* What a curve does with wrong points, failing callbacks, little memory and lost
 * numbers. */
#include "dense/mats.h"

#include "dense/columns.h"
#include <stdlib.h>

enum { ROWS = 20, COLS = 90 };

typedef struct trouble {
    sur_mat z;
    sur_idx fills, takes;       /* calls so far */
    sur_idx bad_fill, bad_take; /* the call that fails, from 1 */
} trouble;

static sur_status fill(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    trouble *t = payload;
    if (++t->fills == t->bad_fill)
        return sur_fail(err, SUR_EIO, "no column %d", (int)first);
    return fill_from_mat(&t->z, first, out, err);
}

static sur_status take(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    trouble *t = payload;
    (void)b, (void)fit;
    if (++t->takes == t->bad_take)
        return sur_fail(err, SUR_ESTOPPED, "enough at %d", (int)point);
    return SUR_OK;
}

static void a_point_out_of_range_is_refused(void **state)
{
    (void)state;
    const sur_curve_point wrong[] = {
        {.width = 0},
        {.width = COLS + 1},
        {.width = -3},
        {.width = 1, .ridge = -1.0},
        {.width = 1, .ridge = nan("")},
        {.width = 1, .ridge = HUGE_VAL},
        {.width = 1, .output = 1, .outputs = 2},
        {.width = 1, .output = 1},
        {.width = 1, .output = -1, .outputs = 1},
        {.width = 1, .outputs = -1},
    };
    trouble t = {.z = random_mat(ROWS, COLS, 1)};
    sur_mat y = random_mat(ROWS, 2, 2);
    const sur_columns columns = {ROWS, COLS, fill, &t}, empty = {0, COLS, fill, &t};
    const sur_mat no_rows = {y.data, 0, 2, 2};
    sur_error err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_STATUS(sur_curve_solve(&columns, &y, NULL, &wrong[i], 1, take, &t, &err),
                     SUR_EINVAL);
    CHECK_STATUS(sur_curve_solve(&empty, &no_rows, NULL, wrong, 1, take, &t, &err),
                 SUR_EINVAL);
    CHECK_OK(sur_curve_solve(&columns, &y, NULL, NULL, 0, take, &t, &err));
    CHECK(t.fills == 0 && t.takes == 0);
    sur_mat_free(&t.z), sur_mat_free(&y);
}

static void failures_of_the_callbacks_are_passed_on(void **state)
{
    (void)state;
    const sur_curve_point points[] = {
        {.width = 5}, {.width = 30}, {.width = 90, .ridge = 1.0}};
    trouble t = {.z = random_mat(ROWS, COLS, 3)};
    sur_mat y = random_mat(ROWS, 1, 4);
    const sur_columns columns = {ROWS, COLS, fill, &t};
    sur_error err;
    t.bad_fill = 2;
    CHECK_STATUS(sur_curve_solve(&columns, &y, NULL, points, 3, take, &t, &err),
                 SUR_EIO);
    CHECK_TEXT(err.message, "no column 64");
    t.bad_fill = 0;
    for (t.bad_take = 1; t.bad_take <= 3; t.bad_take++) {
        t.takes = 0;
        CHECK_STATUS(sur_curve_solve(&columns, &y, NULL, points, 3, take, &t, &err),
                     SUR_ESTOPPED);
        CHECK(t.takes == t.bad_take);
    }
    sur_mat_free(&t.z), sur_mat_free(&y);
}

static void numbers_that_are_not_finite_end_the_curve(void **state)
{
    (void)state;
    const sur_curve_point narrow = {.width = 15}, wide = {.width = 40},
                          ridge = {.width = 40, .ridge = 1.0};
    const double lost[] = {nan(""), HUGE_VAL,
                           1e200}; /* 1e200: its square is not finite */
    for (int i = 0; i < 3; i++) {
        trouble t = {.z = random_mat(ROWS, COLS, 5)};
        sur_mat y = random_mat(ROWS, 1, 6);
        const sur_columns columns = {ROWS, COLS, fill, &t};
        sur_mat_row(&t.z, 11)[7] = lost[i];
        sur_error err;
        if (i < 2)
            CHECK_STATUS(
                sur_curve_solve(&columns, &y, NULL, &narrow, 1, take, &t, &err),
                SUR_ENUMERIC);
        CHECK_STATUS(sur_curve_solve(&columns, &y, NULL, &wide, 1, take, &t, &err),
                     SUR_ENUMERIC);
        CHECK_CONTAINS(err.message, "row 11");
        CHECK_STATUS(sur_curve_solve(&columns, &y, NULL, &ridge, 1, take, &t, &err),
                     SUR_ENUMERIC);
        y.data[3] = lost[0];
        CHECK_STATUS(sur_curve_solve(&columns, &y, NULL, &narrow, 1, take, &t, &err),
                     SUR_ENUMERIC);
        CHECK(t.takes == 0);
        sur_mat_free(&t.z), sur_mat_free(&y);
    }
}

/* Designs of three condition numbers and weights of three kinds take every way there
 * is. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    const sur_curve_point points[] = {{.width = 5},
                                      {.width = 18, .ridge = 1.0},
                                      {.width = 30},
                                      {.width = 30, .ridge = 50.0}};
    double positive[ROWS], mixed[ROWS];
    for (int i = 0; i < ROWS; i++)
        positive[i] = 1.0 + i, mixed[i] = i == 4 ? -0.01 : 1.0;
    const double *weights[] = {NULL, positive};
    for (int kind = 0; kind < 4; kind++) {
        trouble t = {
            .z = decaying_mat(ROWS, COLS, COLS, kind < 2 ? 0.0 : 22.0 * (kind - 1), 7)};
        sur_mat y = random_mat(ROWS, 2, 8);
        const sur_columns columns = {ROWS, COLS, fill, &t};
        CHECK_EVERY_ALLOCATION(sur_curve_solve(&columns, &y, weights[kind == 1], points,
                                               4, take, &t, NULL),
                               30, (void)0);
        sur_mat_free(&t.z), sur_mat_free(&y);
    }
    trouble t = {.z = random_mat(ROWS, COLS, 7)};
    sur_mat y = random_mat(ROWS, 2, 8);
    const sur_columns columns = {ROWS, COLS, fill, &t};
    for (int i = 0; i < 4; i += 1 + i)
        CHECK_EVERY_ALLOCATION(
            sur_curve_solve(&columns, &y, mixed, &points[i], 1, take, &t, NULL), 10,
            (void)0);
    sur_mat_free(&t.z), sur_mat_free(&y);
}

/* A pass over columns that are made again each time gives the bits of one over kept
 * ones. */
static void columns_made_again_are_the_same_as_columns_kept(void **state)
{
    (void)state;
    trouble t = {.z = random_mat(ROWS, COLS, 9)};
    const sur_columns source = {ROWS, COLS, fill, &t};
    double weight[ROWS];
    for (int i = 0; i < ROWS; i++) weight[i] = i % 4;
    dense_columns kept, again;
    CHECK_OK(dense_columns_open(&kept, &source, weight, COLS, NULL));
    CHECK_OK(dense_columns_open(&again, &source, weight, COLS, NULL));
    free(again.kept);
    again.kept = NULL;
    CHECK_OK(sur_mat_new(&again.block, again.rows, DENSE_BLOCK, NULL));
    CHECK(kept.rows == 15);
    sur_mat a = random_mat(15, 2, 10), b = zeros(COLS, 2), c = zeros(COLS, 2),
            r = zeros(15, 2), s = zeros(15, 2);
    for (int turn = 0; turn < 2; turn++) {
        CHECK_OK(dense_columns_pass(&kept, COLS - 1, &a, &b, &r, NULL));
        CHECK_OK(dense_columns_pass(&again, COLS - 1, &a, &c, &s, NULL));
        CHECK(memcmp(b.data, c.data, COLS * 2 * sizeof(double)) == 0);
        CHECK(memcmp(r.data, s.data, 15 * 2 * sizeof(double)) == 0);
    }
    CHECK(t.fills == 2 + 4);
    sur_mat_free(&a), sur_mat_free(&b), sur_mat_free(&c), sur_mat_free(&r),
        sur_mat_free(&s);
    dense_columns_free(&kept), dense_columns_free(&again);
    sur_mat_free(&t.z);
}

static sur_status point_at(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    (void)err;
    *out = sur_mat_part(payload, 0, ROWS, first, out->cols);
    return SUR_OK;
}

static void columns_that_the_source_holds_are_read_where_they_lie(void **state)
{
    (void)state;
    sur_mat z = random_mat(ROWS, COLS, 9), before = zeros(ROWS, COLS);
    sur_mat_copy(&before, &z);
    const sur_columns here = {ROWS, COLS, point_at, &z},
                      made = {ROWS, COLS, fill_from_mat, &z};
    double weight[ROWS];
    for (int i = 0; i < ROWS; i++) weight[i] = i % 4;
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *w = weighted ? weight : NULL;
        dense_columns held, copied;
        CHECK_OK(dense_columns_open(&held, &here, w, COLS, NULL));
        CHECK_OK(dense_columns_open(&copied, &made, w, COLS, NULL));
        for (int block = 1; block >= 0; block--) {
            sur_mat a, b;
            CHECK_OK(dense_columns_block(&held, block, &a, NULL));
            CHECK_OK(dense_columns_block(&copied, block, &b, NULL));
            CHECK(a.cols == DENSE_BLOCK &&
                  (a.data == z.data) == (block == 0 && !weighted));
            check_same_mat(&a, &b, 0.0);
        }
        dense_columns_free(&held), dense_columns_free(&copied);
    }
    CHECK(memcmp(z.data, before.data, ROWS * COLS * sizeof(double)) == 0);
    sur_mat_free(&z), sur_mat_free(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_out_of_range_is_refused),
        cmocka_unit_test(failures_of_the_callbacks_are_passed_on),
        cmocka_unit_test(numbers_that_are_not_finite_end_the_curve),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(columns_that_the_source_holds_are_read_where_they_lie),
        cmocka_unit_test(columns_made_again_are_the_same_as_columns_kept),
    };
    return RUN(tests);
}
