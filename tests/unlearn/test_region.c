#include "experiments/unlearn/region.h"

#include "support/check.h"

#define PI 3.14159265358979323846

/* Class 1 where <w, x> > b; class 2 within `radius` of `centre`, if there is one. */
typedef struct half_space {
    const double *w, *centre;
    double b, radius;
    sur_status fails;
} half_space;

static sur_status answer(void *payload, int32_t *classes, const sur_mat *x,
                         sur_error *err)
{
    const half_space *h = payload;
    for (sur_idx i = 0; i < x->rows; i++) {
        double along = 0.0, away = 0.0;
        for (sur_idx j = 0; j < x->cols; j++) {
            const double v = sur_mat_row(x, i)[j];
            along += h->w[j] * v;
            if (h->centre) away += (v - h->centre[j]) * (v - h->centre[j]);
        }
        classes[i] = along > h->b;
        if (h->centre && away <= h->radius * h->radius) classes[i] = 2;
    }
    return h->fails == SUR_OK ? SUR_OK : sur_fail(err, h->fails, "no answer");
}

static sur_mat normal_rows(sur_idx rows, sur_idx cols, uint64_t seed)
{
    sur_mat x;
    sur_rng rng = sur_rng_make(seed, "region rows", 0);
    CHECK_OK(sur_mat_new(&x, rows, cols, NULL));
    sur_rng_normals(&rng, x.data, rows * cols, 1.0);
    return x;
}

static void a_model_and_itself_differ_nowhere(void **state)
{
    (void)state;
    const double w[] = {1, -2, 0.5, 0.25};
    half_space h = {.w = w};
    const unlearn_judge judges[] = {{answer, &h}, {answer, &h}};
    sur_mat x = normal_rows(20, 4, 1), change;
    sur_idx triplets[30], rows[20];
    for (sur_idx i = 0; i < 20; i++) rows[i] = i;
    CHECK_OK(sur_mat_new(&change, 1, 20, NULL));
    CHECK_OK(unlearn_ball_change(&change, judges, 2, &x, 2.0, 50, 3, "near", NULL));
    for (sur_idx i = 0; i < 20; i++) CHECK(change.data[i] == 0.0);
    CHECK_OK(unlearn_triplets(triplets, 10, rows, 20, rows, 20, 3, "planes", NULL));
    CHECK_OK(unlearn_plane_change(&change, judges, 2, &x, triplets, 10, 20, 0.1, NULL));
    for (sur_idx i = 0; i < 10; i++) CHECK(change.data[i] == 0.0);
    sur_mat_free(&x);
    sur_mat_free(&change);
}

/* Two boundaries through the centre at the angle phi disagree on phi / pi of the ball,
 * whatever its radius and dimension. */
static void boundaries_at_an_angle_change_that_angle_over_pi(void **state)
{
    (void)state;
    for (sur_idx d = 2; d <= 50; d += 24)
        for (double phi = 0.1; phi < PI; phi += 0.9) {
            double w[64] = {1.0}, turned[64] = {cos(phi), sin(phi)};
            half_space a = {.w = w}, b = {.w = turned};
            const unlearn_judge judges[] = {{answer, &a}, {answer, &b}, {answer, &a}};
            const sur_idx centres = 100, points = 200;
            sur_mat x, change;
            CHECK_OK(sur_mat_new(&x, centres, d, NULL));
            CHECK_OK(sur_mat_new(&change, 2, centres, NULL));
            for (sur_idx i = 0; i < centres && d > 2; i++)
                sur_mat_row(&x, i)[2] = (double)i; /* along both boundaries */
            CHECK_OK(
                unlearn_ball_change(&change, judges, 3, &x, 0.3, points, 5, "c", NULL));
            const double want = phi / PI, trials = (double)(centres * points);
            CHECK_NEAR(sur_mean(sur_mat_row(&change, 0), centres), want,
                       4.0 * sqrt(want * (1.0 - want) / trials), 0.0);
            CHECK(sur_mean(sur_mat_row(&change, 1), centres) == 0.0);
            sur_mat_free(&x);
            sur_mat_free(&change);
        }
}

/* Points are uniform: the share within radius s of a ball of radius r is (s/r)^d. */
static void a_shell_of_a_ball_has_its_share_of_the_volume(void **state)
{
    (void)state;
    for (sur_idx d = 1; d <= 9; d += 4) {
        const double w[16] = {0.0}, centre[16] = {0.5}, inner = 0.9;
        half_space a = {.w = w, .b = 1.0},
                   b = {.w = w, .b = 1.0, .centre = centre, .radius = 2.0 * inner};
        const unlearn_judge judges[] = {{answer, &a}, {answer, &b}};
        sur_mat x, change;
        CHECK_OK(sur_mat_new(&x, 1, d, NULL));
        CHECK_OK(sur_mat_new(&change, 1, 1, NULL));
        x.data[0] = 0.5;
        CHECK_OK(unlearn_ball_change(&change, judges, 2, &x, 2.0, 40000, 6, "c", NULL));
        const double want = pow(inner, (double)d);
        CHECK_NEAR(change.data[0], want, 4.0 * sqrt(want * (1.0 - want) / 40000), 0.0);
        sur_mat_free(&x);
        sur_mat_free(&change);
    }
}

static void a_hole_about_a_planted_point_is_near_and_not_far(void **state)
{
    (void)state;
    const double w[8] = {1.0};
    sur_mat x = normal_rows(30, 8, 7), change;
    const half_space plain = {.w = w};
    half_space before = plain,
               after = {.w = w, .centre = sur_mat_row(&x, 4), .radius = 0.4};
    const unlearn_judge judges[] = {{answer, &before}, {answer, &after}};
    CHECK_OK(sur_mat_new(&change, 1, 30, NULL));
    CHECK_OK(unlearn_ball_change(&change, judges, 2, &x, 0.35, 200, 8, "c", NULL));
    CHECK(change.data[4] == 1.0);
    for (sur_idx i = 0; i < 30; i++) CHECK(i == 4 || change.data[i] == 0.0);
    sur_mat_free(&x);
    sur_mat_free(&change);
}

/* On the plane of e_1, e_2 the share of the grid between two thresholds is counted. */
static void the_change_on_a_plane_is_the_share_of_its_grid(void **state)
{
    (void)state;
    const double w[3] = {1.0}, numbers[] = {1, 1, 5, 3, 1, 5, 1, 2, 5};
    const sur_mat x = {(double *)(uintptr_t)numbers, 3, 3, 3};
    const sur_idx triplet[] = {0, 1, 2};
    half_space a = {.w = w, .b = 1.5}, b = {.w = w, .b = 2.5};
    const unlearn_judge judges[] = {{answer, &a}, {answer, &b}};
    double share = 0.0, found;
    sur_mat change = {&found, 1, 1, 1};
    unlearn_plane p;
    CHECK_OK(unlearn_plane_make(&p, judges, 2, &x, triplet, 21, 0.1, NULL));
    CHECK_NEAR(p.x[0], -0.2, 1e-15, 0.0); /* the points are at 0, 2 and (0, 1) */
    CHECK_NEAR(p.x[1], 2.2, 0.0, 1e-15);
    CHECK_NEAR(p.y[0], -0.1, 1e-15, 0.0);
    CHECK_NEAR(p.y[1], 1.1, 0.0, 1e-15);
    CHECK(p.point[1][0] == 2.0 && p.point[2][0] == 0.0 && p.point[2][1] == 1.0);
    for (sur_idx i = 0; i < 21; i++) {
        const double at = 1.0 + p.x[0] + (p.x[1] - p.x[0]) * (double)i / 20.0;
        share += (at > 1.5 && !(at > 2.5)) / 21.0;
        for (sur_idx line = 0; line < 21; line++) {
            CHECK(p.map[line * 21 + i] == (at > 1.5));
            CHECK(p.map[441 + line * 21 + i] == (at > 2.5));
        }
    }
    CHECK_OK(unlearn_plane_change(&change, judges, 2, &x, triplet, 1, 21, 0.1, NULL));
    CHECK(share > 0.3);
    CHECK_NEAR(found, share, 1e-14, 0.0);
    unlearn_plane_free(&p);
}

/* The three points are on the plane: a model that tells them apart by distance sees
 * each at its coordinates. */
static void the_points_of_a_plane_are_where_it_says(void **state)
{
    (void)state;
    sur_mat x = normal_rows(3, 40, 9);
    const double w[40] = {0.0};
    const sur_idx triplet[] = {2, 0, 1};
    for (int k = 0; k < 3; k++) {
        half_space h = {
            .w = w, .b = 1.0, .centre = sur_mat_row(&x, triplet[k]), .radius = 0.5};
        const unlearn_judge judge = {answer, &h};
        const sur_idx r = 201;
        unlearn_plane p;
        double a = 0.0, b = 0.0, seen = 0.0;
        CHECK_OK(unlearn_plane_make(&p, &judge, 1, &x, triplet, r, 0.1, NULL));
        for (sur_idx g = 0; g < r * r; g++) {
            if (p.map[g] != 2) continue;
            a += p.x[0] + (p.x[1] - p.x[0]) * (double)(g % r) / (double)(r - 1);
            b += p.y[0] + (p.y[1] - p.y[0]) * (double)(g / r) / (double)(r - 1);
            seen++;
        }
        CHECK(seen > 10);
        CHECK_NEAR(a / seen, p.point[k][0], 0.05, 0.0);
        CHECK_NEAR(b / seen, p.point[k][1], 0.05, 0.0);
        unlearn_plane_free(&p);
    }
    sur_mat_free(&x);
}

static void points_on_a_line_have_no_plane(void **state)
{
    (void)state;
    const double w[2] = {1.0}, numbers[] = {0, 0, 1, 1, 3, 3, 0, 0, 1, 0};
    const sur_mat x = {(double *)(uintptr_t)numbers, 5, 2, 2};
    const sur_idx triplets[] = {0, 1, 2, 0, 3, 1, 0, 1, 4};
    half_space h = {.w = w};
    const unlearn_judge judges[] = {{answer, &h}, {answer, &h}};
    unlearn_plane p;
    sur_error err;
    double found[3];
    sur_mat change = {found, 1, 3, 3};
    CHECK_STATUS(unlearn_plane_make(&p, judges, 2, &x, triplets, 5, 0.1, &err),
                 SUR_EINVAL);
    CHECK_TEXT(err.message, "rows 0, 1 and 2 lie on one line");
    CHECK_OK(unlearn_plane_change(&change, judges, 2, &x, triplets, 3, 5, 0.1, NULL));
    CHECK(isnan(found[0]) && isnan(found[1]) && found[2] == 0.0);
}

static void triplets_begin_with_each_in_turn_and_never_repeat_a_row(void **state)
{
    (void)state;
    const sur_idx first[] = {4, 9}, rest[] = {1, 2, 4, 9};
    sur_idx t[300];
    sur_error err;
    CHECK_OK(unlearn_triplets(t, 100, first, 2, rest, 4, 1, "near planes", NULL));
    for (sur_idx i = 0; i < 100; i++) {
        CHECK(t[3 * i] == first[i % 2]);
        CHECK(t[3 * i] != t[3 * i + 1] && t[3 * i] != t[3 * i + 2] &&
              t[3 * i + 1] != t[3 * i + 2]);
    }
    CHECK_STATUS(unlearn_triplets(t, 1, first, 2, rest, 2, 1, "near planes", &err),
                 SUR_EINVAL);
}

static void the_neighbour_distance_of_a_lattice_is_its_step(void **state)
{
    (void)state;
    sur_mat x;
    double distance;
    CHECK_OK(sur_mat_new(&x, 101, 2, NULL));
    for (sur_idx i = 0; i < 100; i++) {
        sur_mat_row(&x, i)[0] = 3.0 * (double)(i / 10);
        sur_mat_row(&x, i)[1] = 3.0 * (double)(i % 10);
    } /* row 100 repeats row 0 */
    CHECK_OK(unlearn_neighbour_distance(&distance, &x, 1000, NULL));
    CHECK(distance == 3.0);
    CHECK_OK(unlearn_neighbour_distance(&distance, &x, 7, NULL));
    CHECK(distance == 3.0);
    sur_mat_fill(&x, 1.0);
    CHECK_OK(unlearn_neighbour_distance(&distance, &x, 1000, NULL));
    CHECK(isnan(distance));
    sur_mat_free(&x);
}

static void locality_is_a_ratio_of_means_that_covers_the_truth(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "locality", 0);
    double near[60], far[80];
    int held = 0;
    const int runs = 1000;
    for (int run = 0; run < runs; run++) {
        for (int i = 0; i < 60; i++)
            near[i] = pow(sur_rng_uniform(&rng), 0.5);                         /* 2/3 */
        for (int i = 0; i < 80; i++) far[i] = pow(sur_rng_uniform(&rng), 4.0); /* 1/5 */
        const unlearn_locality l = unlearn_locality_of(near, 60, far, 80, 0.95);
        CHECK_NEAR(l.ratio.value, sur_mean(near, 60) / sur_mean(far, 80), 0.0, 1e-12);
        held += l.ratio.low <= 10.0 / 3.0 && 10.0 / 3.0 <= l.ratio.high;
    }
    /* 4 standard errors of a share of 0.95, and half a percent for the delta method */
    CHECK_NEAR((double)held / runs, 0.95, 4.0 * sqrt(0.95 * 0.05 / runs) + 0.005, 0.0);
}

static void locality_of_few_or_no_changes_says_what_is_known(void **state)
{
    (void)state;
    const double some[] = {0.5, 0.25, nan("")}, none[] = {0.0, 0.0},
                 same[] = {0.5, 0.5};
    unlearn_locality l = unlearn_locality_of(some, 3, none, 2, 0.95);
    CHECK(l.near_count == 2 && l.near.value == 0.375 && isinf(l.ratio.value));
    CHECK(isnan(l.ratio.low) && isnan(l.ratio.high));
    l = unlearn_locality_of(none, 2, none, 2, 0.95);
    CHECK(isnan(l.ratio.value) && l.far.value == 0.0);
    l = unlearn_locality_of(none, 2, some, 3, 0.95);
    CHECK(l.ratio.value == 0.0 && isnan(l.ratio.low));
    l = unlearn_locality_of(same, 2, same, 2, 0.95);
    CHECK(l.ratio.value == 1.0 && l.ratio.low == 1.0 && l.ratio.high == 1.0);
    l = unlearn_locality_of(some, 1, same, 2, 0.95);
    CHECK(l.ratio.value == 1.0 && isnan(l.ratio.low) && isnan(l.near.low));
    l = unlearn_locality_of(NULL, 0, same, 2, 0.95);
    CHECK(isnan(l.ratio.value) && isnan(l.near.value));
}

static void bad_questions_and_answers_are_passed_on(void **state)
{
    (void)state;
    const double w[2] = {1.0};
    half_space h = {.w = w}, broken = {.w = w, .fails = SUR_ENUMERIC};
    const unlearn_judge judges[] = {{answer, &h}, {answer, &broken}};
    sur_mat x = normal_rows(3, 2, 2), change;
    const sur_idx triplet[] = {0, 1, 2};
    sur_error err;
    CHECK_OK(sur_mat_new(&change, 1, 3, NULL));
    CHECK_STATUS(unlearn_ball_change(&change, judges, 1, &x, 1.0, 5, 1, "c", &err),
                 SUR_EINVAL);
    CHECK_STATUS(unlearn_ball_change(&change, judges, 2, &x, -1.0, 5, 1, "c", &err),
                 SUR_EINVAL);
    CHECK_TEXT(err.message, "a ball cannot have the radius -1");
    CHECK_STATUS(unlearn_ball_change(&change, judges, 2, &x, 1.0, 5, 1, "c", &err),
                 SUR_ENUMERIC);
    CHECK_TEXT(err.message, "no answer");
    CHECK_STATUS(unlearn_plane_change(&change, judges, 2, &x, triplet, 1, 5, 0.1, &err),
                 SUR_ENUMERIC);
    CHECK_STATUS(unlearn_plane_change(&change, judges, 2, &x, triplet, 1, 1, 0.1, &err),
                 SUR_EINVAL);
    sur_mat_free(&x);
    sur_mat_free(&change);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const double w[2] = {1.0};
    half_space h = {.w = w};
    const unlearn_judge judges[] = {{answer, &h}, {answer, &h}};
    sur_mat x = normal_rows(3, 2, 2), change;
    const sur_idx triplet[] = {0, 1, 2};
    double distance;
    CHECK_OK(sur_mat_new(&change, 1, 3, NULL));
    CHECK_EVERY_ALLOCATION(
        unlearn_ball_change(&change, judges, 2, &x, 1.0, 5, 1, "c", NULL), 3, (void)0);
    CHECK_EVERY_ALLOCATION(
        unlearn_plane_change(&change, judges, 2, &x, triplet, 1, 5, 0.1, NULL), 4,
        (void)0);
    CHECK_EVERY_ALLOCATION(unlearn_neighbour_distance(&distance, &x, 3, NULL), 1,
                           (void)0);
    sur_mat_free(&x);
    sur_mat_free(&change);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_model_and_itself_differ_nowhere),
    cmocka_unit_test(boundaries_at_an_angle_change_that_angle_over_pi),
    cmocka_unit_test(a_shell_of_a_ball_has_its_share_of_the_volume),
    cmocka_unit_test(a_hole_about_a_planted_point_is_near_and_not_far),
    cmocka_unit_test(the_change_on_a_plane_is_the_share_of_its_grid),
    cmocka_unit_test(the_points_of_a_plane_are_where_it_says),
    cmocka_unit_test(points_on_a_line_have_no_plane),
    cmocka_unit_test(triplets_begin_with_each_in_turn_and_never_repeat_a_row),
    cmocka_unit_test(the_neighbour_distance_of_a_lattice_is_its_step),
    cmocka_unit_test(locality_is_a_ratio_of_means_that_covers_the_truth),
    cmocka_unit_test(locality_of_few_or_no_changes_says_what_is_known),
    cmocka_unit_test(bad_questions_and_answers_are_passed_on),
    cmocka_unit_test(every_allocation_may_fail),
};

int main(void) { return RUN(tests); }
