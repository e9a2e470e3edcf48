/* A point's bits do not depend on the other points. */
#include "dense/mats.h"

#include <stdlib.h>

enum { ROWS = 150, COLS = 700, OUTPUTS = 30, POINTS = 110 };

typedef struct kept {
    const sur_idx *index; /* of the asked points among all */
    sur_mat *b;           /* [POINTS] */
    sur_curve_fit *fit;
    bool compare;
    sur_idx taken;
} kept;

static sur_status keep(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    kept *k = payload;
    const sur_idx at = k->index[point];
    (void)err;
    k->taken++;
    if (!k->compare) {
        k->b[at] = zeros(b->rows, b->cols);
        sur_mat_copy(&k->b[at], b);
        k->fit[at] = *fit;
        return SUR_OK;
    }
    CHECK(k->b[at].rows == b->rows && k->b[at].cols == b->cols);
    for (sur_idx i = 0; i < b->rows; i++)
        if (memcmp(sur_mat_row(b, i), sur_mat_row(&k->b[at], i),
                   (size_t)b->cols * sizeof(double)) != 0)
            fail_msg("point %lld (%s, width %lld): other bits among other points",
                     (long long)at, fit->method, (long long)b->rows);
    const sur_curve_fit *first = &k->fit[at];
    CHECK_TEXT(fit->method, first->method);
    CHECK(fit->condition == first->condition && fit->rank == first->rank &&
          fit->effective == first->effective && fit->norm == first->norm &&
          fit->residual == first->residual);
    return SUR_OK;
}

/* Points of every kind: many penalties at one width, single and several outputs. */
static void draw_points(sur_curve_point *points, sur_rng *rng)
{
    static const sur_idx favoured[] = {64, 128, 149, 150, 151, 192, 400, 700};
    for (sur_idx i = 0; i < POINTS; i++) {
        sur_curve_point *p = &points[i];
        p->width =
            i % 3 == 0 ? 1 + sur_rng_below(rng, COLS) : favoured[sur_rng_below(rng, 8)];
        p->ridge = i % 2 == 0 ? 0.0 : pow(10.0, (double)(sur_rng_below(rng, 10)) - 6.0);
        p->outputs = i % 5 == 0 ? 0 : 1 + (i % 7 == 0 ? sur_rng_below(rng, 26) : 0);
        p->output = p->outputs == 0 ? 0 : sur_rng_below(rng, OUTPUTS - p->outputs + 1);
    }
}

static void check_subsets(double digits, const double *weight, int subsets)
{
    sur_mat z = decaying_mat(ROWS, COLS, COLS, digits, 11),
            y = random_mat(ROWS, OUTPUTS, 12);
    sur_curve_point points[POINTS], asked[POINTS];
    sur_idx index[POINTS];
    sur_mat b[POINTS] = {{0}};
    sur_curve_fit fit[POINTS];
    sur_rng rng = sur_rng_make(13, "subsets", 0);
    sur_columns columns = columns_of(&z);
    kept all = {.index = index, .b = b, .fit = fit};

    draw_points(points, &rng);
    for (sur_idx i = 0; i < POINTS; i++) index[i] = i;
    CHECK_OK(sur_curve_solve(&columns, &y, weight, points, POINTS, keep, &all, NULL));
    CHECK(all.taken == POINTS);
    all.compare = true;
    for (int s = 0; s < subsets; s++) {
        const sur_idx count = s == 0  ? POINTS
                              : s < 5 ? 1
                                      : 1 + sur_rng_below(&rng, POINTS / 2);
        sur_rng_permutation(&rng, index, POINTS);
        sur_idx widest = 1;
        for (sur_idx i = 0; i < count; i++) {
            asked[i] = points[index[i]];
            if (asked[i].width > widest) widest = asked[i].width;
        }
        columns.cols = s % 2 ? widest : COLS; /* nor on how many columns there are */
        all.taken = 0;
        CHECK_OK(sur_curve_solve(&columns, &y, weight, asked, count, keep, &all, NULL));
        CHECK(all.taken == count);
    }
    for (sur_idx i = 0; i < POINTS; i++) sur_mat_free(&b[i]);
    sur_mat_free(&z), sur_mat_free(&y);
}

static void a_point_has_the_same_bits_among_whatever_others(void **state)
{
    (void)state;
    check_subsets(0.0, NULL, 12);
}

static void an_ill_conditioned_point_has_the_same_bits_too(void **state)
{
    (void)state;
    check_subsets(8.0, NULL, 4); /* penalties that ask for different refinements */
    check_subsets(24.0, NULL, 4);
    check_subsets(36.0, NULL, 4);
}

static void a_weighted_point_has_the_same_bits_too(void **state)
{
    (void)state;
    double weight[ROWS];
    for (int i = 0; i < ROWS; i++) weight[i] = i % 10 == 3 ? 0.0 : 0.5 + 0.01 * i;
    check_subsets(0.0, weight, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_has_the_same_bits_among_whatever_others),
        cmocka_unit_test(an_ill_conditioned_point_has_the_same_bits_too),
        cmocka_unit_test(a_weighted_point_has_the_same_bits_too),
    };
    return RUN(tests);
}
