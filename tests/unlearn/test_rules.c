/* test_rules.c -- each method's update rule against its published formula.
 *
 * The reference writes a rule's losses as functions of the parameters, in double, takes
 * their gradients by central differences and makes plain gradient steps. Batches hold
 * all rows, so that the order of rows plays no part. */
#include "support/network.h"

#include "experiments/unlearn/course.h"
#include "experiments/unlearn/search.h"

enum { N = 24, F = 6, COLS = 5, K = 3, WIDTH = 4, MOST = 64 };

typedef struct bench {
    network_data data;
    sur_unlearn_options options;
    unlearn_problem problem;
    sur_idx forget[F], retain[N - F];
    float original[MOST], teacher[N * K];
    double start[MOST];
    sur_idx size;
} bench;

static void bench_new(bench *b, sur_idx depth)
{
    *b = (bench){.size = 0};
    CHECK_OK(sur_fields_preset(&sur_unlearn_fields, &b->options, NULL));
    b->options.train.batch = N;
    b->options.unlearn_optimizer = SUR_SGD;
    CHECK_OK(sur_train_complete(&b->options.train, SUR_MLP, K, NULL));
    network_data_make(&b->data, N, COLS, K, 3);
    unlearn_problem *p = &b->problem;
    p->o = &b->options;
    p->n = p->rows = N;
    p->classes = K;
    p->network = (sur_network){.family = SUR_MLP,
                               .inputs = COLS,
                               .outputs = K,
                               .depth = depth,
                               .width = WIDTH,
                               .activation = SUR_UNIT_TANH};
    p->label = b->data.label;
    p->inputs = b->data.inputs;
    for (sur_idx i = 0; i < N; i++)
        *(i % 4 == 1 ? &b->forget[i / 4] : &b->retain[i - (i + 2) / 4]) = i;
    p->set = (unlearn_forget){
        .count = F, .retain_count = N - F, .forget = b->forget, .retain = b->retain};
    b->size = sur_network_size(&p->network);
    CHECK(b->size <= MOST);
    sur_network_draw(b->original, &p->network, SUR_INIT_GLOROT, 1.5, 7);
    for (sur_idx i = 0; i < b->size; i++) b->start[i] = (double)b->original[i];
    CHECK_OK(unlearn_answers(b->teacher, p, b->original, NULL, 0, N, NULL));
}

static void bench_free(bench *b)
{
    network_data_free(&b->data);
    sur_fields_free(&sur_unlearn_fields, &b->options);
}

/* The parameters after `passes` passes of a method. */
static void run(double *out, const bench *b, int method, const double *setting,
                sur_idx passes)
{
    double all[UNLEARN_SETTINGS] = {0};
    float vector[MOST];
    unlearn_course c;
    for (int i = 0; i < UNLEARN_SETTINGS && unlearn_methods[method].settings[i].name;
         i++)
        all[i] = setting[i];
    CHECK_OK(unlearn_course_new(&c, &b->problem, &unlearn_methods[method], b->original,
                                b->teacher, all, NULL));
    c.epochs = passes;
    if (c.method->begin) CHECK_OK(c.method->begin(&c, NULL));
    for (sur_idx e = 0; e < passes; e++) CHECK_OK(c.method->epoch(&c, e, NULL));
    sur_learner_get(vector, c.learner);
    for (sur_idx i = 0; i < b->size; i++) out[i] = (double)vector[i];
    unlearn_course_free(&c);
}

/* ---- the reference ---- */

static void answers(double *f, const bench *b, const double *w, sur_idx row)
{
    const sur_network *net = &b->problem.network;
    double target[K] = {0}, probe[K];
    /* The loss of class j is log sum exp f - f_j: differences of losses are answers. */
    for (int j = 0; j < K; j++)
        probe[j] = network_loss(NULL, net, w, sur_mat_row(&b->data.x, row), target, j);
    for (int j = 0; j < K; j++)
        f[j] = -probe[j]; /* log p_j: answers up to a constant */
}

static void shares(double *p, const double *f, double t)
{
    double total = 0.0;
    for (int j = 0; j < K; j++) total += p[j] = exp(f[j] / t);
    for (int j = 0; j < K; j++) p[j] /= total;
}

/* Mean over rows of weight CE(label) + divergence T^2 KL(teacher || model). */
typedef struct part {
    const sur_idx *rows;
    sur_idx count;
    double entropy, divergence, temperature;
    const int32_t *label;  /* by row; NULL: the data's */
    const double *teacher; /* [N x K] answers; NULL: the original's */
} part;

static double loss_of(const bench *b, const double *w, const part *parts, int count)
{
    double loss = 0.0;
    for (int q = 0; q < count; q++) {
        const part *s = &parts[q];
        for (sur_idx i = 0; i < s->count; i++) {
            const sur_idx row = s->rows[i];
            const int32_t y = s->label ? s->label[row] : b->data.label[row];
            double f[K], t[K], p[K], u[K], kl = 0.0;
            answers(f, b, w, row);
            loss -= s->entropy * f[y] / (double)s->count;
            if (s->divergence == 0.0) continue;
            answers(t, b, b->start, row);
            if (s->teacher) memcpy(t, s->teacher + row * K, sizeof t);
            shares(p, f, s->temperature);
            shares(u, t, s->temperature);
            for (int j = 0; j < K; j++) kl += u[j] * log(u[j] / p[j]);
            loss +=
                s->divergence * s->temperature * s->temperature * kl / (double)s->count;
        }
    }
    return loss;
}

/* w -= rate (gradient + penalty sign w), on the entries that mask allows. */
static void step(double *w, const bench *b, const part *parts, int count, double rate,
                 double penalty, const uint8_t *mask)
{
    double next[MOST];
    for (sur_idx i = 0; i < b->size; i++) {
        double moved[MOST];
        const double h = 1e-5;
        memcpy(moved, w, sizeof moved);
        moved[i] = w[i] + h;
        const double up = loss_of(b, moved, parts, count);
        moved[i] = w[i] - h;
        const double slope = (up - loss_of(b, moved, parts, count)) / (2 * h);
        const double sign = (double)(w[i] > 0) - (double)(w[i] < 0);
        next[i] = mask && !mask[i] ? w[i] : w[i] - rate * (slope + penalty * sign);
    }
    memcpy(w, next, (size_t)b->size * sizeof *w);
}

static void check_rule(const bench *b, int method, const double *setting,
                       sur_idx passes, const double *want)
{
    double got[MOST];
    run(got, b, method, setting, passes);
    for (sur_idx i = 0; i < b->size; i++) {
        CHECK_NEAR(got[i], want[i], 2e-5, 0);
        if (method != METHOD_SALUN && i < 3) CHECK(fabs(got[i] - b->start[i]) > 1e-5);
    }
}

#define RETAINED(e)                          \
    {                                        \
        b.retain, N - F, e, 0, 1, NULL, NULL \
    }
#define FORGOTTEN(e)                     \
    {                                    \
        b.forget, F, e, 0, 1, NULL, NULL \
    }

static void finetune_and_ascent_lower_and_raise_the_loss(void **state)
{
    bench b;
    double w[MOST];
    (void)state;
    bench_new(&b, 1);
    const part retained[] = {RETAINED(1)}, forgotten[] = {FORGOTTEN(-1)};
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 3; e++) step(w, &b, retained, 1, 0.3, 0, NULL);
    check_rule(&b, METHOD_FINETUNE, (double[]){0.3}, 3, w);
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 2; e++) step(w, &b, forgotten, 1, 0.2, 0, NULL);
    check_rule(&b, METHOD_ASCENT, (double[]){0.2}, 2, w);
    bench_free(&b);
}

static void neggrad_weighs_both_in_one_step(void **state)
{
    bench b;
    double w[MOST];
    (void)state;
    bench_new(&b, 1);
    const part both[] = {RETAINED(0.8), FORGOTTEN(-0.2)};
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 2; e++) step(w, &b, both, 2, 0.3, 0, NULL);
    check_rule(&b, METHOD_NEGGRAD, (double[]){0.3, 0.8}, 2, w);
    bench_free(&b);
}

static void l1_fades_over_the_passes(void **state)
{
    bench b;
    double w[MOST];
    (void)state;
    bench_new(&b, 1);
    const part retained[] = {RETAINED(1)};
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 4; e++)
        step(w, &b, retained, 1, 0.2, 0.05 * (1 - e / 4.0), NULL);
    check_rule(&b, METHOD_L1, (double[]){0.2, 0.05}, 4, w);
    bench_free(&b);
}

static void scrub_climbs_first_and_keeps_to_the_teacher(void **state)
{
    bench b;
    double w[MOST];
    (void)state;
    bench_new(&b, 1);
    const part climb[] = {{b.forget, F, 0, -1, 2, NULL, NULL}};
    const part keep[] = {{b.retain, N - F, 0.9, 0.5, 2, NULL, NULL}};
    memcpy(w, b.start, sizeof w);
    /* At the start the divergence is 0 and so is its gradient: the first climb idles.
     */
    for (int e = 0; e < 4; e++) {
        if (e < 2) step(w, &b, climb, 1, 0.3, 0, NULL);
        step(w, &b, keep, 1, 0.3, 0, NULL);
    }
    check_rule(&b, METHOD_SCRUB, (double[]){0.3, 2, 0.5, 0.9, 2}, 4, w);
    check_rule(&b, METHOD_SCRUB_R, (double[]){0.3, 2, 0.5, 0.9, 2}, 4, w);
    bench_free(&b);
}

static void random_labels_for_the_forgotten(const bench *b, int32_t *label, int epoch)
{
    for (sur_idx i = 0; i < F; i++) {
        sur_rng rng = sur_rng_make((uint64_t)b->options.data.seed, "random label",
                                   (uint64_t)(epoch * N + b->forget[i]));
        label[b->forget[i]] = (int32_t)sur_rng_below(&rng, K);
    }
}

static void random_labels_and_salun_differ_by_a_mask(void **state)
{
    bench b;
    double w[MOST], gradient[MOST] = {0}, sorted[MOST];
    int32_t label[N] = {0};
    uint8_t mask[MOST];
    (void)state;
    bench_new(&b, 1);
    const part wrong[] = {{b.forget, F, 1, 0, 1, label, NULL}},
               retained[] = {RETAINED(1)};
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 2; e++) {
        random_labels_for_the_forgotten(&b, label, e);
        step(w, &b, wrong, 1, 0.3, 0, NULL);
        step(w, &b, retained, 1, 0.3, 0, NULL);
    }
    check_rule(&b, METHOD_RANDOM_LABEL, (double[]){0.3}, 2, w);

    for (sur_idx i = 0; i < F; i++)
        network_loss(gradient, &b.problem.network, b.start,
                     sur_mat_row(&b.data.x, b.forget[i]), (double[K]){0},
                     b.data.label[b.forget[i]]);
    for (sur_idx i = 0; i < b.size; i++) {
        sorted[i] = 0;
        for (sur_idx j = 0; j < b.size; j++) /* how many are larger */
            sorted[i] += fabs(gradient[j]) > fabs(gradient[i]);
        mask[i] = sorted[i] < ceil(0.4 * (double)b.size);
    }
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 2; e++) {
        random_labels_for_the_forgotten(&b, label, e);
        step(w, &b, wrong, 1, 0.3, 0, mask);
        step(w, &b, retained, 1, 0.3, 0, mask);
    }
    check_rule(&b, METHOD_SALUN, (double[]){0.3, 0.4}, 2, w);
    bench_free(&b);
}

static void the_bad_teacher_teaches_the_forgotten(void **state)
{
    bench b;
    double w[MOST], drawn[MOST], teacher[N * K];
    float vector[MOST];
    sur_idx all[N];
    (void)state;
    bench_new(&b, 1);
    sur_rng rng = sur_rng_make((uint64_t)b.options.data.seed, "bad teacher", 0);
    sur_network_draw(vector, &b.problem.network, (sur_init)b.options.train.init,
                     b.options.train.init_scale, sur_rng_u64(&rng));
    for (sur_idx i = 0; i < b.size; i++) drawn[i] = (double)vector[i];
    for (sur_idx i = 0; i < N; i++) {
        all[i] = i;
        answers(teacher + i * K, &b, b.start, i);
    }
    for (sur_idx i = 0; i < F; i++)
        answers(teacher + b.forget[i] * K, &b, drawn, b.forget[i]);
    const part taught[] = {{all, N, 0, 1, 1.5, NULL, teacher}};
    memcpy(w, b.start, sizeof w);
    for (int e = 0; e < 3; e++) step(w, &b, taught, 1, 0.3, 0, NULL);
    check_rule(&b, METHOD_BAD_TEACHER, (double[]){0.3, 1.5}, 3, w);
    bench_free(&b);
}

/* (H + damping I) x = b by Gaussian elimination. */
static void solve(double *h, double *x, sur_idx n)
{
    for (sur_idx k = 0; k < n; k++)
        for (sur_idx i = k + 1; i < n; i++) {
            const double m = h[i * n + k] / h[k * n + k];
            for (sur_idx j = k; j < n; j++) h[i * n + j] -= m * h[k * n + j];
            x[i] -= m * x[k];
        }
    for (sur_idx k = n - 1; k >= 0; k--) {
        for (sur_idx j = k + 1; j < n; j++) x[k] -= h[k * n + j] * x[j];
        x[k] /= h[k * n + k];
    }
}

/* Depth 0: the Gauss-Newton matrix is the Hessian of the loss. */
static void influence_is_a_newton_step_where_the_network_is_linear(void **state)
{
    bench b;
    double *h, up[MOST], down[MOST], x[MOST] = {0}, got[MOST];
    const double damping = 0.05, d = 1e-5;
    (void)state;
    bench_new(&b, 0);
    h = calloc((size_t)(b.size * b.size), sizeof *h);
    for (sur_idx k = 0; k < b.size; k++) {
        double w[MOST];
        memset(up, 0, sizeof up);
        memset(down, 0, sizeof down);
        for (sur_idx i = 0; i < N - F; i++) {
            const double *row = sur_mat_row(&b.data.x, b.retain[i]);
            const int y = b.data.label[b.retain[i]];
            memcpy(w, b.start, sizeof w);
            w[k] += d;
            network_loss(up, &b.problem.network, w, row, (double[K]){0}, y);
            w[k] -= 2 * d;
            network_loss(down, &b.problem.network, w, row, (double[K]){0}, y);
        }
        for (sur_idx i = 0; i < b.size; i++)
            h[i * b.size + k] = (up[i] - down[i]) / (2 * d * (N - F));
        h[k * b.size + k] += damping;
    }
    for (sur_idx i = 0; i < F; i++)
        network_loss(x, &b.problem.network, b.start,
                     sur_mat_row(&b.data.x, b.forget[i]), (double[K]){0},
                     b.data.label[b.forget[i]]);
    for (sur_idx i = 0; i < b.size; i++) x[i] /= N - F;
    solve(h, x, b.size);
    run(got, &b, METHOD_INFLUENCE, (double[]){1, damping, 50}, 0);
    for (sur_idx i = 0; i < b.size; i++)
        CHECK_NEAR(got[i] - b.start[i], x[i], 2e-4, 2e-3);
    free(h);
    bench_free(&b);
}

static void min_norm_shrinks_what_the_sample_cannot_see(void **state)
{
    bench b;
    double got[MOST], before[K], after[K];
    (void)state;
    bench_new(&b, 1);
    run(got, &b, METHOD_MIN_NORM, (double[]){0, 0.1, 2}, 0);
    CHECK(sur_norm2(got, b.size) < sur_norm2(b.start, b.size));
    bench_free(&b);
    /* linear in theta: answers to the sample stay as they are, whatever the strength */
    bench_new(&b, 0);
    run(got, &b, METHOD_MIN_NORM, (double[]){0, 1, N - F}, 0);
    for (sur_idx i = 0; i < N - F; i++) {
        answers(before, &b, b.start, b.retain[i]);
        answers(after, &b, got, b.retain[i]);
        for (int j = 0; j < K; j++) CHECK_NEAR(after[j], before[j], 1e-5, 0);
    }
    bench_free(&b);
}

/* C4: margins of 200 leave shares, and gradients, of e^-200. */
static void finetune_leaves_an_interpolating_linear_model_as_it_is(void **state)
{
    bench b;
    double got[MOST];
    (void)state;
    bench_new(&b, 0);
    for (sur_idx i = 0; i < N; i++) { /* labels that the model gives */
        const float *f = b.teacher + i * K;
        b.data.label[i] = unlearn_class(f, K);
    }
    for (sur_idx i = 0; i < b.size; i++) b.original[i] *= 20000.0F;
    run(got, &b, METHOD_FINETUNE, (double[]){0.1}, 5);
    for (sur_idx i = 0; i < b.size; i++)
        CHECK_NEAR(got[i], (double)b.original[i], 1e-10, 0);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finetune_and_ascent_lower_and_raise_the_loss),
        cmocka_unit_test(neggrad_weighs_both_in_one_step),
        cmocka_unit_test(l1_fades_over_the_passes),
        cmocka_unit_test(scrub_climbs_first_and_keeps_to_the_teacher),
        cmocka_unit_test(random_labels_and_salun_differ_by_a_mask),
        cmocka_unit_test(the_bad_teacher_teaches_the_forgotten),
        cmocka_unit_test(influence_is_a_newton_step_where_the_network_is_linear),
        cmocka_unit_test(min_norm_shrinks_what_the_sample_cannot_see),
        cmocka_unit_test(finetune_leaves_an_interpolating_linear_model_as_it_is),
    };
    return RUN(tests);
}
