#include <surplus/model.h>
#include <surplus/random.h>

#include "model/cosine.h"
#include "support/check.h"

enum { D = 5, ROWS = 7 };

static const sur_family random_families[] = {SUR_PROJECTION, SUR_FOURIER, SUR_RELU};

static sur_features make(sur_family family, sur_idx inputs)
{
    return (sur_features){
        .family = family, .inputs = inputs, .seed = 7, .bandwidth = 0.8};
}

static sur_mat normal_matrix(sur_idx rows, sur_idx cols, uint64_t seed)
{
    sur_mat m;
    CHECK_OK(sur_mat_new(&m, rows, cols, NULL));
    sur_rng rng = sur_rng_make(seed, "test", 0);
    sur_rng_normals(&rng, m.data, rows * cols, 1.0);
    return m;
}

static sur_mat features_of(const sur_features *features, const sur_mat *x,
                           sur_idx first, sur_idx count)
{
    sur_mat z;
    CHECK_OK(sur_mat_new(&z, x->rows, count, NULL));
    CHECK_OK(sur_features_fill(&z, features, x, first, NULL));
    return z;
}

static void same_bits(const sur_mat *a, const sur_mat *b)
{
    for (sur_idx i = 0; i < a->rows; i++)
        assert_memory_equal(sur_mat_row(a, i), sur_mat_row(b, i),
                            (size_t)a->cols * sizeof(double));
}

static void many_features_approach_the_kernel(void **state)
{
    (void)state;
    const sur_idx wide = 12800;
    sur_mat x = normal_matrix(ROWS, D, 1), k;
    CHECK_OK(sur_mat_new(&k, ROWS, ROWS, NULL));

    for (int f = 0; f < 3; f++) {
        const sur_features features = make(random_families[f], D);
        sur_mat z = features_of(&features, &x, 0, wide);
        CHECK_OK(sur_features_kernel(&k, &features, &x, &x, NULL));
        for (sur_idx i = 0; i < ROWS; i++)
            for (sur_idx j = 0; j <= i; j++) {
                double sum = 0.0, squares = 0.0;
                for (sur_idx p = 0; p < wide; p++) {
                    const double product =
                        sur_mat_row(&z, i)[p] * sur_mat_row(&z, j)[p];
                    sum += product;
                    squares += product * product;
                }
                const double mean = sum / (double)wide;
                const double error =
                    sqrt((squares / (double)wide - mean * mean) / (double)wide);
                CHECK_NEAR(mean, sur_mat_row(&k, i)[j], 4.0 * error, 0.0);
                CHECK_NEAR(sur_mat_row(&k, i)[j], sur_mat_row(&k, j)[i], 1e-15, 1e-14);
            }
        sur_mat_free(&z);
    }
    sur_mat_free(&x);
    sur_mat_free(&k);
}

static void a_feature_does_not_depend_on_the_block_it_is_made_in(void **state)
{
    (void)state;
    const sur_idx cuts[][2] = {{0, 1},   {0, 127},   {0, 128},   {1, 127}, {5, 1},
                               {64, 64}, {127, 2},   {128, 172}, {3, 296}, {255, 1},
                               {256, 3}, {120, 180}, {299, 1},   {298, 2}};
    for (int f = 0; f < 3; f++)
        for (sur_idx d = 1; d < 300; d = 3 * d + 1) {
            const sur_features features = make(random_families[f], d);
            sur_mat x = normal_matrix(150, d, 2),
                    all = features_of(&features, &x, 0, 300);
            for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
                sur_mat part = features_of(&features, &x, cuts[c][0], cuts[c][1]);
                sur_mat same = sur_mat_part(&all, 0, 150, cuts[c][0], cuts[c][1]);
                same_bits(&part, &same);
                sur_mat_free(&part);
            }
            sur_mat_free(&x);
            sur_mat_free(&all);
        }
}

/* One row in each of the 256 places of two row blocks, among different neighbours. */
static void a_feature_does_not_depend_on_the_other_rows(void **state)
{
    (void)state;
    for (int f = 0; f < 3; f++)
        for (sur_idx d = 1; d < 300; d = 4 * d + 3) {
            const sur_features features = make(random_families[f], d);
            sur_mat x = normal_matrix(1, d, 3),
                    alone = features_of(&features, &x, 0, 130);
            sur_mat many = normal_matrix(256, d, 4);
            for (sur_idx i = 0; i < many.rows; i++) {
                sur_mat row = sur_mat_part(&many, i, 1, 0, d);
                sur_mat_copy(&row, &x);
            }
            sur_mat all = features_of(&features, &many, 0, 130);
            for (sur_idx i = 0; i < many.rows; i++) {
                sur_mat row = sur_mat_part(&all, i, 1, 0, 130);
                same_bits(&row, &alone);
            }
            sur_mat_free(&x);
            sur_mat_free(&alone);
            sur_mat_free(&many);
            sur_mat_free(&all);
        }
}

static void strided_views_are_read_and_written_in_place(void **state)
{
    (void)state;
    for (sur_family family = 0; family < SUR_MLP; family++) {
        const sur_features features = make(family, D);
        sur_mat big = normal_matrix(ROWS + 2, D + 3, 5), room = normal_matrix(9, 11, 6);
        sur_mat view = sur_mat_part(&big, 1, ROWS, 2, D), x;
        CHECK_OK(sur_mat_new(&x, ROWS, D, NULL));
        sur_mat_copy(&x, &view);
        sur_mat z = features_of(&features, &x, 1, 3);
        sur_mat out = sur_mat_part(&room, 1, ROWS, 4, 3);
        const double before = sur_mat_row(&room, 1)[3],
                     after = sur_mat_row(&room, 1)[7];
        CHECK_OK(sur_features_fill(&out, &features, &view, 1, NULL));
        same_bits(&out, &z);
        CHECK(sur_mat_row(&room, 1)[3] == before && sur_mat_row(&room, 1)[7] == after);
        sur_mat_free(&big);
        sur_mat_free(&room);
        sur_mat_free(&x);
        sur_mat_free(&z);
    }
}

static void the_families_are_the_formulas_of_the_header(void **state)
{
    (void)state;
    sur_mat x = normal_matrix(ROWS, D, 8);
    for (sur_family family = 0; family < SUR_MLP; family++) {
        const sur_features features = make(family, D);
        sur_mat z = features_of(&features, &x, 0, D);
        for (sur_idx j = 0; j < D; j++) {
            double w[D], phase;
            sur_rng rng = sur_rng_make(features.seed, "features", (uint64_t)j);
            for (sur_idx c = 0; c < D; c++) w[c] = sur_rng_normal(&rng);
            phase = 2.0 * acos(-1.0) * sur_rng_uniform(&rng);
            for (sur_idx i = 0; i < ROWS; i++) {
                double s = 0.0;
                for (sur_idx c = 0; c < D; c++) s += w[c] * sur_mat_row(&x, i)[c];
                s /= sqrt((double)D);
                const double expected[] = {
                    sur_mat_row(&x, i)[j], s,
                    sqrt(2.0) * cos(s / features.bandwidth + phase), s > 0.0 ? s : 0.0};
                CHECK_NEAR(sur_mat_row(&z, i)[j], expected[family], 1e-13, 0.0);
            }
        }
        sur_mat_free(&z);
    }
    sur_mat_free(&x);
}

static void another_seed_gives_other_features(void **state)
{
    (void)state;
    sur_mat x = normal_matrix(1, D, 9);
    for (int f = 0; f < 3; f++) {
        sur_features features = make(random_families[f], D);
        sur_mat a = features_of(&features, &x, 0, 16);
        features.seed++;
        sur_mat b = features_of(&features, &x, 0, 16);
        CHECK(memcmp(a.data, b.data, 16 * sizeof(double)) != 0);
        sur_mat_free(&a);
        sur_mat_free(&b);
    }
    sur_mat_free(&x);
}

static void cosines_agree_with_the_mathematics_library(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static double x[COUNT], phase[COUNT], got[COUNT];
    sur_rng rng = sur_rng_make(10, "test", 0);
    for (sur_idx i = 0; i < COUNT; i++) {
        const double reach =
            pow(10.0, (double)(i % 9)); /* up to 1e8: beyond the fast part */
        x[i] = reach * (2.0 * sur_rng_uniform(&rng) - 1.0);
        phase[i] = 6.283185307179586 * sur_rng_uniform(&rng);
        if (i % 11 == 0) x[i] = 1.5707963267948966 * (double)(i % 101), phase[i] = 0.0;
    }
    sur_cosines(got, x, phase, 1.0, COUNT);
    for (sur_idx i = 0; i < COUNT; i++)
        CHECK_NEAR(got[i], cos(x[i] + phase[i]), 4e-16, 0.0);

    x[0] = HUGE_VAL;
    x[1] = nan("");
    sur_cosines(got, x, phase, 1.0, 3);
    CHECK(isnan(got[0]) && isnan(got[1]) && fabs(got[2]) <= 1.0);
}

static void kernels_know_their_diagonals_and_zero(void **state)
{
    (void)state;
    sur_mat x = normal_matrix(ROWS, D, 11), k;
    CHECK_OK(sur_mat_new(&k, ROWS, ROWS, NULL));
    for (sur_idx c = 0; c < D; c++) x.data[c] = 0.0;
    for (sur_family family = 0; family < SUR_MLP; family++) {
        const sur_features features = make(family, D);
        CHECK_OK(sur_features_kernel(&k, &features, &x, &x, NULL));
        for (sur_idx i = 0; i < ROWS; i++) {
            const double norm = sur_norm2(sur_mat_row(&x, i), D);
            const double product = norm * norm / D;
            const double diagonal[] = {product, product, 1.0, 0.5 * product};
            CHECK_NEAR(sur_mat_row(&k, i)[i], diagonal[family], 1e-14, 1e-14);
            if (family == SUR_RELU) CHECK(sur_mat_row(&k, 0)[i] == 0.0);
        }
    }
    sur_mat_free(&x);
    sur_mat_free(&k);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    sur_error err;
    sur_mat x = normal_matrix(ROWS, D, 12), z = normal_matrix(ROWS, D, 13),
            k = normal_matrix(ROWS, ROWS, 13);
    sur_features features = make(SUR_LINEAR, D);
    CHECK(sur_features_limit(&features) == D);
    CHECK_OK(sur_features_fill(&z, &features, &x, 0, &err));
    CHECK_STATUS(sur_features_fill(&z, &features, &x, 1, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "6 of 5 linear");
    features = make(SUR_FOURIER, D);
    features.bandwidth = nan("");
    CHECK(sur_features_limit(&features) == INT32_MAX);
    CHECK_STATUS(sur_features_fill(&z, &features, &x, 0, &err), SUR_EINVAL);
    CHECK_STATUS(sur_features_kernel(&k, &features, &x, &x, &err), SUR_EINVAL);
    sur_mat_free(&x);
    sur_mat_free(&z);
    sur_mat_free(&k);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const sur_features features = make(SUR_RELU, D);
    sur_mat x = normal_matrix(ROWS, D, 14), z = normal_matrix(ROWS, 20, 15),
            k = normal_matrix(ROWS, ROWS, 16);
    CHECK_EVERY_ALLOCATION(sur_features_fill(&z, &features, &x, 0, NULL), 3, (void)0);
    CHECK_EVERY_ALLOCATION(sur_features_kernel(&k, &features, &x, &x, NULL), 2,
                           (void)0);
    sur_mat_free(&x);
    sur_mat_free(&z);
    sur_mat_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_features_approach_the_kernel),
        cmocka_unit_test(a_feature_does_not_depend_on_the_block_it_is_made_in),
        cmocka_unit_test(a_feature_does_not_depend_on_the_other_rows),
        cmocka_unit_test(strided_views_are_read_and_written_in_place),
        cmocka_unit_test(the_families_are_the_formulas_of_the_header),
        cmocka_unit_test(another_seed_gives_other_features),
        cmocka_unit_test(cosines_agree_with_the_mathematics_library),
        cmocka_unit_test(kernels_know_their_diagonals_and_zero),
        cmocka_unit_test(wrong_requests_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
