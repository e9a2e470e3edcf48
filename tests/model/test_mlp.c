/* Networks: gradients, passes of every kind, answers. */
#include "support/network.h"

#include "model/pass.h"

enum { ROWS = 23, CASES = 24 };

/* Case c of sizes, units and losses, all combinations of the last two among them. */
static sur_network network_of(int c)
{
    static const sur_idx inputs[] = {1, 5, 16, 30, 7, 33}, outputs[] = {1, 2, 10, 14},
                         widths[] = {1, 4, 16, 19, 40, 65};
    return (sur_network){.family = SUR_MLP,
                         .inputs = inputs[c % 6],
                         .outputs = outputs[(c / 2) % 4],
                         .depth = c % 5 == 4 ? 0 : 1 + c % 3,
                         .width = widths[(c + c / 6) % 6],
                         .activation = (sur_unit)(c % 3)};
}

static int class_of(const network_data *d, sur_loss loss, sur_idx row)
{
    return loss == SUR_LOSS_CROSS_ENTROPY ? d->label[row] : -1;
}

/* Parameters in both precisions. */
static float *draw(double **w, const sur_network *net, uint64_t seed)
{
    const sur_idx n = sur_network_parameters(net);
    float *theta = calloc((size_t)n, sizeof *theta);
    *w = calloc((size_t)n, sizeof **w);
    sur_network_draw(theta, net, SUR_INIT_UNIFORM, 1.5, seed);
    for (sur_idx i = 0; i < n; i++) (*w)[i] = (double)theta[i];
    return theta;
}

static void the_reference_gradient_is_the_limit_of_central_differences(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const sur_network net = network_of(c);
        const sur_loss loss = (sur_loss)(c / 3 % 2);
        const sur_idx n = sur_network_parameters(&net);
        network_data d;
        double *w, *g = calloc((size_t)n, sizeof *g);
        network_data_make(&d, 1, net.inputs, net.outputs, (uint64_t)c);
        float *theta = draw(&w, &net, (uint64_t)c);
        double t[16];
        for (int j = 0; j < net.outputs; j++) t[j] = (double)d.target[j];
        const int label = class_of(&d, loss, 0);
        network_loss(g, &net, w, d.x.data, t, label);
        sur_rng rng = sur_rng_make((uint64_t)c, "places", 0);
        for (int trial = 0; trial < 40; trial++) {
            const sur_idx i = sur_rng_below(&rng, n);
            const double at = w[i];
            double error[2];
            for (int h = 0; h < 2; h++) {
                const double step = h == 0 ? 2e-4 : 1e-4;
                w[i] = at + step;
                const double up = network_loss(NULL, &net, w, d.x.data, t, label);
                w[i] = at - step;
                const double down = network_loss(NULL, &net, w, d.x.data, t, label);
                error[h] = fabs((up - down) / (2 * step) - g[i]);
                w[i] = at;
            }
            /* error falls as the square of the step, down to rounding */
            CHECK(error[1] < 0.3 * error[0] + 1e-10);
            CHECK(error[1] < 1e-6);
        }
        free(w), free(g), free(theta);
        network_data_free(&d);
    }
}

static void gradients_agree_with_the_reference(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const sur_network net = network_of(c);
        const sur_idx n = sur_network_parameters(&net), k = net.outputs;
        network_data d;
        double *w, *want = calloc((size_t)n, sizeof *want), loss, wanted = 0.0;
        float *got = calloc((size_t)n, sizeof *got);
        const bool weighted = c % 4 == 1;
        network_data_make(&d, ROWS, net.inputs, k, (uint64_t)c);
        float *theta = draw(&w, &net, (uint64_t)c);
        const sur_goal goal = {(sur_loss)(c / 3 % 2), d.target, d.label,
                               weighted ? d.weight : NULL};
        const sur_idx picks[] = {3, 0, 22, 7, 7, 1, 12};
        const sur_idx count = c % 2 ? 7 : ROWS;
        for (sur_idx p = 0; p < count; p++) {
            const sur_idx i = c % 2 ? picks[p] : p;
            const double weight =
                (weighted ? (double)d.weight[i] : 1.0) / (double)count;
            double t[16], *own = calloc((size_t)n, sizeof *own);
            for (sur_idx j = 0; j < k; j++) t[j] = (double)d.target[i * k + j];
            wanted += weight * network_loss(own, &net, w, sur_mat_row(&d.x, i), t,
                                            class_of(&d, goal.loss, i));
            for (sur_idx j = 0; j < n; j++) want[j] += weight * own[j];
            free(own);
        }
        CHECK_OK(sur_network_loss(&loss, got, &net, theta, &d.inputs, &goal,
                                  c % 2 ? picks : NULL, count, NULL));
        CHECK_NEAR(loss, wanted, 1e-6, 2e-6);
        double most = 0.0;
        for (sur_idx j = 0; j < n; j++) most = fmax(most, fabs(want[j]));
        for (sur_idx j = 0; j < n; j++)
            CHECK_NEAR((double)got[j], want[j], 5e-6 * most, 0);
        free(w), free(want), free(got), free(theta);
        network_data_free(&d);
    }
}

/* All numbers a way through the network makes, with the kernels of one kind. */
static void run_kind(float *out, sur_idx size, const sur_kernels *kernels,
                     const sur_network *net, const float *theta, const network_data *d,
                     const sur_goal *goal, int threads);

typedef struct sums {
    float *at;
} sums;

static void take(void *payload, sur_idx offset, const float *gradient, sur_idx count)
{
    memcpy(((sums *)payload)->at + offset, gradient, (size_t)count * sizeof *gradient);
}

static void run_kind(float *out, sur_idx size, const sur_kernels *kernels,
                     const sur_network *net, const float *theta, const network_data *d,
                     const sur_goal *goal, int threads)
{
    sur_pass *pass;
    void *block;
    float *padded;
    const sur_idx rows = d->inputs.rows;
    CHECK_OK(sur_pass_new(&pass, net, rows, true, NULL));
    pass->kernels = kernels;
    pass->threads = threads;
    CHECK(pass->size == size);
    CHECK_OK(sur_floats_new(&padded, &block, pass->size, NULL));
    sur_pass_pad(padded, pass, theta);
    CHECK_OK(
        sur_pass_forward(pass, padded, &d->inputs, NULL, 0, rows, SUR_TRAINING, NULL));
    sur_pass_delta(pass, goal, NULL, 0, rows, 1.0 / (double)rows);
    CHECK_OK(sur_pass_backward(pass, padded, rows, take, &(sums){out}, NULL));
    free(block);
    sur_pass_free(pass);
}

static sur_idx padded_size(const sur_network *net)
{
    sur_pass *pass;
    CHECK_OK(sur_pass_new(&pass, net, 1, false, NULL));
    const sur_idx size = pass->size;
    sur_pass_free(pass);
    return size;
}

static void all_kinds_of_kernels_agree(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const sur_network net = network_of(c);
        const sur_idx size = padded_size(&net);
        network_data d;
        double *w;
        network_data_make(&d, ROWS, net.inputs, net.outputs, (uint64_t)c);
        float *theta = draw(&w, &net, (uint64_t)c);
        const sur_goal goal = {(sur_loss)(c % 2), d.target, d.label, NULL};
        float *first = calloc((size_t)size, sizeof *first),
              *other = calloc((size_t)size, sizeof *other);
        run_kind(first, size, sur_kernels_at(0), &net, theta, &d, &goal, 1);
        double most = 0.0;
        for (sur_idx j = 0; j < size; j++) most = fmax(most, fabs((double)first[j]));
        for (int kind = 1; sur_kernels_at(kind); kind++) {
            run_kind(other, size, sur_kernels_at(kind), &net, theta, &d, &goal, 1);
            for (sur_idx j = 0; j < size; j++)
                CHECK_NEAR((double)other[j], (double)first[j], 3e-6 * most, 0);
            /* fused products in one order give the same bits in vectors of any length
             */
            if (strcmp(sur_kernels_at(kind)->name, "avx2") == 0)
                CHECK(memcmp(first, other, (size_t)size * sizeof *first) == 0);
        }
        free(first), free(other), free(theta), free(w);
        network_data_free(&d);
    }
}

static void padding_stays_zero(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const sur_network net = network_of(c);
        const sur_idx size = padded_size(&net), n = sur_network_parameters(&net);
        network_data d;
        double *w;
        network_data_make(&d, ROWS, net.inputs, net.outputs, (uint64_t)c);
        float *theta = draw(&w, &net, 1),
              *padded = calloc((size_t)size, sizeof *padded);
        float *mask = calloc((size_t)size, sizeof *mask),
              *ones = calloc((size_t)n, sizeof *ones);
        const sur_goal goal = {(sur_loss)(c % 2), d.target, d.label, NULL};
        sur_pass *pass;
        CHECK_OK(sur_pass_new(&pass, &net, 1, false, NULL));
        for (sur_idx i = 0; i < n; i++) ones[i] = 1.0F;
        sur_pass_pad(mask, pass, ones);
        for (int kind = 0; sur_kernels_at(kind); kind++) {
            run_kind(padded, size, sur_kernels_at(kind), &net, theta, &d, &goal, 1);
            for (sur_idx j = 0; j < size; j++)
                CHECK((mask[j] > 0.0F) || (!(padded[j] > 0.0F) && !(padded[j] < 0.0F)));
        }
        sur_pass_free(pass);
        free(theta), free(w), free(padded), free(mask), free(ones);
        network_data_free(&d);
    }
}

static void answers_do_not_depend_on_the_other_rows(void **state)
{
    (void)state;
    enum { N = 300 };
    const sur_network net = {.family = SUR_MLP,
                             .inputs = 9,
                             .outputs = 3,
                             .depth = 2,
                             .width = 21,
                             .activation = SUR_UNIT_GELU};
    network_data d;
    double *w;
    network_data_make(&d, N, 9, 3, 4);
    float *theta = draw(&w, &net, 9);
    sur_mat all = {0}, one = {0};
    CHECK_OK(sur_mat_new(&all, N, 3, NULL));
    CHECK_OK(sur_mat_new(&one, 1, 3, NULL));
    CHECK_OK(sur_network_answer(&all, &net, theta, &d.inputs, NULL, NULL));
    for (sur_idx i = 0; i < N; i += 37) {
        CHECK_OK(sur_network_answer(&one, &net, theta, &d.inputs, &i, NULL));
        CHECK(memcmp(one.data, sur_mat_row(&all, i), 3 * sizeof(double)) == 0);
    }
    sur_mat_free(&all);
    sur_mat_free(&one);
    free(theta), free(w);
    network_data_free(&d);
}

/* The second is so wide that threads share all of a step. */
static void threads_move_no_bits(void **state)
{
    (void)state;
    static const struct {
        sur_idx depth, width, rows;
    } cases[] = {{2, 290, 64}, {1, 1300, 170}};
    for (int c = 0; c < 2; c++) {
        const sur_network net = {.family = SUR_MLP,
                                 .inputs = 280,
                                 .outputs = 5,
                                 .depth = cases[c].depth,
                                 .width = cases[c].width,
                                 .activation = SUR_UNIT_RELU};
        const sur_idx size = padded_size(&net);
        network_data d;
        double *w;
        network_data_make(&d, cases[c].rows, 280, 5, 4);
        float *theta = draw(&w, &net, 9);
        const sur_goal goal = {SUR_LOSS_CROSS_ENTROPY, NULL, d.label, NULL};
        float *one = calloc((size_t)size, sizeof *one),
              *two = calloc((size_t)size, sizeof *two);
        run_kind(one, size, sur_kernels_at(0), &net, theta, &d, &goal, 1);
        run_kind(two, size, sur_kernels_at(0), &net, theta, &d, &goal, 3);
        CHECK(memcmp(one, two, (size_t)size * sizeof *one) == 0);
        free(one), free(two), free(theta), free(w);
        network_data_free(&d);
    }
}

/* One input, one output: with h_j = max(0, u_j x + b_j), f = sum_j v_j h_j + c and a
 * squared loss, dl/db_j = 2 (f - t) v_j where h_j > 0. */
static void a_layer_may_be_wider_than_the_block_its_gradient_is_made_in(void **state)
{
    (void)state;
    enum { WIDTH = 200000 };
    const sur_network net = {.family = SUR_MLP,
                             .inputs = 1,
                             .outputs = 1,
                             .depth = 1,
                             .width = WIDTH,
                             .activation = SUR_UNIT_RELU};
    network_data d;
    double *w, loss;
    network_data_make(&d, 1, 1, 1, 4);
    float *theta = draw(&w, &net, 9);
    float *got = calloc((size_t)sur_network_parameters(&net), sizeof *got);
    const sur_goal goal = {SUR_LOSS_SQUARED, d.target, NULL, NULL};
    CHECK_OK(
        sur_network_loss(&loss, got, &net, theta, &d.inputs, &goal, NULL, 1, NULL));
    const double *u = w, *b = w + WIDTH, *v = w + 2 * WIDTH, x = d.x.data[0];
    double f = v[WIDTH];
    for (sur_idx j = 0; j < WIDTH; j++) f += v[j] * fmax(0.0, u[j] * x + b[j]);
    const double slope = 2.0 * (f - (double)d.target[0]);
    CHECK_NEAR(loss, slope * slope / 4.0, 0, 1e-4);
    for (sur_idx j = 0; j < WIDTH; j++)
        if (fabs(u[j] * x + b[j]) > 1e-6)
            CHECK_NEAR((double)got[WIDTH + j], u[j] * x + b[j] > 0 ? slope * v[j] : 0.0,
                       1e-4 * fabs(slope), 0);
    free(got), free(theta), free(w);
    network_data_free(&d);
}

static void initial_parameters_have_the_deviations_of_their_names(void **state)
{
    (void)state;
    const sur_network net = {.family = SUR_MLP,
                             .inputs = 50,
                             .outputs = 10,
                             .depth = 1,
                             .width = 200,
                             .activation = SUR_UNIT_RELU};
    static const double variance[] = {2.0 / 50, 6.0 / 250 / 3, 1.0 / 50 / 3};
    float *theta = calloc((size_t)sur_network_parameters(&net), sizeof *theta);
    for (int init = 0; init < 3; init++) {
        sur_network_draw(theta, &net, (sur_init)init, 0.5, 3);
        double square = 0.0, bias = 0.0;
        for (sur_idx i = 0; i < 50 * 200; i++)
            square += (double)theta[i] * (double)theta[i];
        for (sur_idx i = 0; i < 200; i++) bias += fabs((double)theta[50 * 200 + i]);
        /* a mean of 10,000 squares: four standard errors are below 6 % */
        CHECK_NEAR(square / 1e4, 0.25 * variance[init], 0, 0.06);
        CHECK((bias > 0.0) == (init == SUR_INIT_UNIFORM));
    }
    free(theta);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const sur_network net = {.family = SUR_MLP,
                             .inputs = 3,
                             .outputs = 2,
                             .depth = 1,
                             .width = 4,
                             .activation = SUR_UNIT_GELU};
    network_data d;
    double *w, loss;
    float gradient[64];
    network_data_make(&d, 5, 3, 2, 4);
    float *theta = draw(&w, &net, 9);
    const sur_goal goal = {SUR_LOSS_SQUARED, d.target, NULL, NULL};
    sur_mat out = {0};
    sur_inputs inputs;
    CHECK_OK(sur_mat_new(&out, 5, 2, NULL));
    CHECK_EVERY_ALLOCATION(
        sur_network_loss(&loss, gradient, &net, theta, &d.inputs, &goal, NULL, 5, NULL),
        2, (void)0);
    CHECK_EVERY_ALLOCATION(sur_network_answer(&out, &net, theta, &d.inputs, NULL, NULL),
                           2, (void)0);
    CHECK_EVERY_ALLOCATION(sur_inputs_new(&inputs, &d.x, NULL), 1,
                           sur_inputs_free(&inputs));
    sur_mat_free(&out);
    free(theta), free(w);
    network_data_free(&d);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    sur_network net = {
        .family = SUR_MLP, .inputs = 3, .outputs = 2, .depth = 1, .width = 4};
    network_data d;
    double *w, loss;
    network_data_make(&d, 5, 4, 2, 4);
    float *theta = draw(&w, &net, 9);
    const sur_goal goal = {SUR_LOSS_CROSS_ENTROPY, NULL, d.label, NULL};
    CHECK_STATUS(
        sur_network_loss(&loss, NULL, &net, theta, &d.inputs, &goal, NULL, 5, NULL),
        SUR_ESHAPE);
    net.inputs = 4;
    d.label[2] = 2;
    CHECK_STATUS(
        sur_network_loss(&loss, NULL, &net, theta, &d.inputs, &goal, NULL, 5, NULL),
        SUR_ESHAPE);
    CHECK_STATUS(
        sur_network_check(
            &(sur_network){
                .family = SUR_MLP, .inputs = 1, .outputs = 1, .depth = 33, .width = 1},
            NULL),
        SUR_EINVAL);
    CHECK_STATUS(sur_network_check(&(sur_network){.family = SUR_MLP,
                                                  .inputs = 1 << 20,
                                                  .outputs = 1,
                                                  .depth = 1,
                                                  .width = 1 << 20},
                                   NULL),
                 SUR_EINVAL);
    CHECK_STATUS(
        sur_network_check(
            &(sur_network){.family = SUR_MLP, .inputs = 0, .outputs = 1, .width = 1},
            NULL),
        SUR_EINVAL);
    free(theta), free(w);
    network_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_gradient_is_the_limit_of_central_differences),
        cmocka_unit_test(gradients_agree_with_the_reference),
        cmocka_unit_test(all_kinds_of_kernels_agree),
        cmocka_unit_test(padding_stays_zero),
        cmocka_unit_test(answers_do_not_depend_on_the_other_rows),
        cmocka_unit_test(threads_move_no_bits),
        cmocka_unit_test(a_layer_may_be_wider_than_the_block_its_gradient_is_made_in),
        cmocka_unit_test(initial_parameters_have_the_deviations_of_their_names),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return RUN(tests);
}
