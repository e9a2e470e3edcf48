/* Training: optimizers against their formulas, batches, checkpoints, divergence. */
#include "support/network.h"

#include <surplus/train.h>

#include "train/trainer.h"

enum { ROWS = 50, COLS = 6, K = 3 };

static sur_job job_of(const network_data *d, sur_loss loss, sur_optimizer optimizer)
{
    return (sur_job){.network = {.family = SUR_MLP,
                                 .inputs = COLS,
                                 .outputs = K,
                                 .depth = 2,
                                 .width = 9,
                                 .activation = SUR_UNIT_TANH},
                     .options = {.init = SUR_INIT_UNIFORM,
                                 .init_scale = 1.0,
                                 .optimizer = optimizer,
                                 .batch = 16,
                                 .learning_rate = 0.05},
                     .inputs = &d->inputs,
                     .count = ROWS,
                     .goal = {loss, d->target, d->label, NULL},
                     .seed = 5,
                     .order = 6,
                     .steps = 40};
}

static float *train(const sur_job *job, sur_idx steps)
{
    sur_trainer *t;
    float *w = calloc((size_t)sur_network_parameters(&job->network), sizeof *w);
    CHECK_OK(sur_trainer_new(&t, job, NULL));
    CHECK_OK(sur_trainer_run(t, steps, NULL));
    sur_trainer_parameters(w, t);
    sur_trainer_free(t);
    return w;
}

/* The formulas of train.h in double, with gradients from the reference. */
static void train_slowly(double *w, const sur_job *job, const network_data *d)
{
    const sur_idx n = sur_network_parameters(&job->network), batch = job->options.batch;
    const sur_train_options *o = &job->options;
    double *m = calloc((size_t)n, sizeof *m), *v = calloc((size_t)n, sizeof *v),
           *g = calloc((size_t)n, sizeof *g);
    sur_idx order[ROWS];
    for (sur_idx t = 0; t < job->steps; t++) {
        const sur_idx each = sur_job_epoch(job), place = t % each;
        if (place == 0) sur_shuffle(order, job, t / each);
        const sur_idx first = place * batch,
                      count = ROWS - first < batch ? ROWS - first : batch;
        memset(g, 0, (size_t)n * sizeof *g);
        for (sur_idx i = first; i < first + count; i++) {
            double target[K];
            for (int j = 0; j < K; j++) target[j] = (double)d->target[order[i] * K + j];
            network_loss(g, &job->network, w, sur_mat_row(&d->x, order[i]), target,
                         job->goal.loss == SUR_LOSS_SQUARED ? -1 : d->label[order[i]]);
        }
        double square = 0.0;
        for (sur_idx i = 0; i < n; i++) {
            g[i] /= (double)count;
            square += g[i] * g[i];
        }
        const double clip =
            o->clip > 0 && sqrt(square) > o->clip ? o->clip / sqrt(square) : 1;
        const double rate = sur_rate(o, t, job->steps), decay = o->weight_decay;
        for (sur_idx i = 0; i < n; i++) {
            double x = g[i] * clip;
            if (o->optimizer != SUR_ADAMW) x += decay * w[i];
            if (o->optimizer == SUR_SGD) {
                m[i] = o->momentum * m[i] + x;
                w[i] -= rate * (o->nesterov ? x + o->momentum * m[i] : m[i]);
                continue;
            }
            m[i] = 0.9 * m[i] + 0.1 * x;
            v[i] = 0.999 * v[i] + 0.001 * x * x;
            if (o->optimizer == SUR_ADAMW) w[i] *= 1 - rate * decay;
            w[i] -= rate * (m[i] / (1 - pow(0.9, (double)t + 1))) /
                    (sqrt(v[i] / (1 - pow(0.999, (double)t + 1))) + 1e-8);
        }
    }
    free(m), free(v), free(g);
}

static void every_optimizer_follows_its_formula(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    for (int c = 0; c < 36; c++) {
        sur_job job = job_of(&d, (sur_loss)(c % 2), (sur_optimizer)(c / 2 % 3));
        job.options.momentum = c % 4 < 2 ? 0.0 : 0.9;
        job.options.nesterov = c % 8 >= 4;
        job.options.weight_decay = c % 3 ? 0.0 : 0.1;
        job.options.clip = c % 5 ? 0.0 : 0.2;
        job.options.schedule = c / 6 % 3;
        if (job.options.optimizer == SUR_SGD && job.options.momentum > 0)
            job.options.learning_rate = 0.02;
        const sur_idx n = sur_network_parameters(&job.network);
        float *start = calloc((size_t)n, sizeof *start);
        double *want = calloc((size_t)n, sizeof *want);
        sur_network_draw(start, &job.network, SUR_INIT_UNIFORM, 1.0, 5);
        for (sur_idx i = 0; i < n; i++) want[i] = (double)start[i];
        train_slowly(want, &job, &d);
        float *got = train(&job, job.steps);
        for (sur_idx i = 0; i < n; i++) CHECK_NEAR((double)got[i], want[i], 2e-3, 1e-3);
        double off = 0.0, moved = 0.0;
        for (sur_idx i = 0; i < n; i++) {
            off += pow((double)got[i] - want[i], 2);
            moved += pow((double)start[i] - want[i], 2);
        }
        CHECK(off < 1e-7 * moved);
        free(start), free(want), free(got);
    }
    network_data_free(&d);
}

static void fifty_steps_saved_and_fifty_more_are_a_hundred(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    for (int c = 0; c < 4; c++) {
        sur_job job = job_of(&d, SUR_LOSS_CROSS_ENTROPY, (sur_optimizer)(c % 3));
        sur_trainer *a, *b;
        void *bytes;
        size_t size;
        const size_t n = (size_t)sur_network_parameters(&job.network);
        job.options.momentum = c == 3 ? 0.9 : 0.0;
        job.options.clip = 0.5;
        job.options.schedule = SUR_RATE_COSINE;
        job.steps = 100;
        float *whole = train(&job, 100), *rest = calloc(n, sizeof *rest);
        CHECK_OK(sur_trainer_new(&a, &job, NULL));
        CHECK_OK(sur_trainer_run(a, 50, NULL));
        CHECK_OK(sur_trainer_save(&bytes, &size, a, NULL));
        CHECK_OK(sur_trainer_new(&b, &job, NULL));
        CHECK_OK(sur_trainer_load(b, bytes, size, NULL));
        CHECK(sur_trainer_step(b) == 50);
        CHECK_OK(sur_trainer_run(b, 100, NULL));
        sur_trainer_parameters(rest, b);
        CHECK(memcmp(whole, rest, n * sizeof *rest) == 0);
        CHECK_STATUS(sur_trainer_load(b, bytes, size - 1, NULL), SUR_EPARSE);
        ((char *)bytes)[0] ^= 1;
        CHECK_STATUS(sur_trainer_load(b, bytes, size, NULL), SUR_EPARSE);
        free(bytes), free(whole), free(rest);
        sur_trainer_free(a);
        sur_trainer_free(b);
    }
    network_data_free(&d);
}

/* ---- many ---- */

enum { JOBS = 7, STOPS = 3 };

typedef struct seen {
    float *at[JOBS][STOPS];
    sur_status status[JOBS][STOPS];
    char message[JOBS][200];
    sur_idx count[JOBS], step[JOBS];
    const sur_job *jobs;
} seen;

static sur_status take(void *payload, const sur_moment *m, sur_error *err)
{
    seen *s = payload;
    (void)err;
    s->status[m->job][m->stop] = m->status;
    s->count[m->job]++;
    s->step[m->job] = m->step;
    snprintf(s->message[m->job], 200, "%s", m->message);
    if (m->status != SUR_OK) return SUR_OK;
    const size_t n = (size_t)sur_network_parameters(&s->jobs[m->job].network);
    s->at[m->job][m->stop] = calloc(n, sizeof(float));
    memcpy(s->at[m->job][m->stop], m->parameters, n * sizeof(float));
    return SUR_OK;
}

static void forget(seen *s)
{
    for (int j = 0; j < JOBS; j++)
        for (int i = 0; i < STOPS; i++) free(s->at[j][i]);
}

static void many_at_once_have_the_bits_of_one_by_one(void **state)
{
    (void)state;
    static const sur_idx steps[STOPS] = {0, 7, 40},
                         rows[20] = {4, 4, 9, 1, 0, 33, 49, 3},
                         counts[JOBS] = {3, 3, 3, 3, 3, 3, 3};
    const sur_idx *stops[JOBS];
    network_data d;
    sur_job jobs[JOBS];
    network_data_make(&d, ROWS, COLS, K, 1);
    for (int j = 0; j < JOBS; j++) {
        stops[j] = steps;
        jobs[j] = job_of(&d, (sur_loss)(j % 2), (sur_optimizer)(j % 3));
        jobs[j].network.width = 3 + 11 * j;
        jobs[j].seed = (uint64_t)j;
        if (j % 2) {
            jobs[j].rows = rows;
            jobs[j].count = 20;
        }
    }
    for (int threads = 1; threads <= 3; threads += 2) {
        seen s = {.jobs = jobs};
        CHECK_OK(
            sur_train_many(jobs, stops, counts, JOBS, threads, take, NULL, &s, NULL));
        for (int j = 0; j < JOBS; j++) {
            CHECK(s.count[j] == STOPS);
            for (int i = 0; i < STOPS; i++) {
                float *alone = train(&jobs[j], steps[i]);
                const size_t n = (size_t)sur_network_parameters(&jobs[j].network);
                CHECK(memcmp(alone, s.at[j][i], n * sizeof *alone) == 0);
                free(alone);
            }
        }
        forget(&s);
    }
    network_data_free(&d);
}

static void divergence_ends_one_network_only(void **state)
{
    (void)state;
    static const sur_idx steps[2] = {20, 40}, counts[2] = {2, 2};
    const sur_idx *stops[2] = {steps, steps};
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    sur_job jobs[2] = {job_of(&d, SUR_LOSS_SQUARED, SUR_SGD),
                       job_of(&d, SUR_LOSS_SQUARED, SUR_SGD)};
    jobs[0].network.activation = SUR_UNIT_RELU;
    jobs[0].options.learning_rate = 1e4;
    seen s = {.jobs = jobs};
    CHECK_OK(sur_train_many(jobs, stops, counts, 2, 1, take, NULL, &s, NULL));
    CHECK(s.count[0] == 1 && s.status[0][0] == SUR_ENUMERIC);
    CHECK_CONTAINS(s.message[0], "at step ");
    CHECK_CONTAINS(s.message[0], "learning rate 10000");
    CHECK(s.count[1] == 2 && s.status[1][1] == SUR_OK);
    forget(&s);
    network_data_free(&d);
}

/* A step that makes the loss not finite shows at the next; there may be none. */
static void divergence_in_the_last_step_is_told_as_in_any_other(void **state)
{
    (void)state;
    static const sur_idx counts[1] = {1};
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    sur_job job = job_of(&d, SUR_LOSS_SQUARED, SUR_SGD);
    job.network.activation = SUR_UNIT_RELU;
    job.options.learning_rate = 1e4;
    job.steps = 20;
    const sur_idx *stops[1] = {&job.steps};
    seen all = {.jobs = &job}, cut = {.jobs = &job};
    CHECK_OK(sur_train_many(&job, stops, counts, 1, 1, take, NULL, &all, NULL));
    CHECK(all.status[0][0] == SUR_ENUMERIC);
    const char *at = strstr(all.message[0], "at step ");
    if (!at) fail_msg("%s", all.message[0]);
    job.steps = strtol(at + strlen("at step "), NULL, 10);
    CHECK(job.steps > 0 && job.steps < 20);
    CHECK_OK(sur_train_many(&job, stops, counts, 1, 1, take, NULL, &cut, NULL));
    CHECK(cut.status[0][0] == SUR_ENUMERIC);
    CHECK(strcmp(cut.message[0], all.message[0]) == 0);
    forget(&all);
    forget(&cut);
    network_data_free(&d);
}

static void depth_0_reaches_least_squares(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    sur_job job = job_of(&d, SUR_LOSS_SQUARED, SUR_SGD);
    job.network.depth = 0;
    job.options.batch = ROWS;
    job.options.learning_rate = 0.4;
    job.options.momentum = 0.5;
    job.steps = 400;
    float *got = train(&job, 400);
    sur_mat z = {0}, y = {0}, b = {0};
    CHECK_OK(sur_mat_new(&z, ROWS, COLS + 1, NULL));
    CHECK_OK(sur_mat_new(&y, ROWS, K, NULL));
    CHECK_OK(sur_mat_new(&b, COLS + 1, K, NULL));
    for (sur_idx i = 0; i < ROWS; i++) {
        memcpy(sur_mat_row(&z, i), sur_mat_row(&d.x, i), COLS * sizeof(double));
        sur_mat_row(&z, i)[COLS] = 1.0;
        for (sur_idx j = 0; j < K; j++)
            sur_mat_row(&y, i)[j] = (double)d.target[i * K + j];
    }
    CHECK_OK(sur_lstsq(&b, NULL, NULL, &z, &y, -1.0, NULL));
    for (sur_idx i = 0; i < (COLS + 1) * K; i++)
        CHECK_NEAR((double)got[i], b.data[i], 1e-5, 1e-5);
    sur_mat_free(&z);
    sur_mat_free(&y);
    sur_mat_free(&b);
    free(got);
    network_data_free(&d);
}

static void sharpness_of_least_squares_is_twice_the_largest_eigenvalue(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    const sur_job job = job_of(&d, SUR_LOSS_SQUARED, SUR_SGD);
    sur_network net = job.network;
    float theta[(COLS + 1) * K];
    double values[COLS + 1], got;
    sur_mat z = {0}, gram = {0};
    net.depth = 0;
    sur_network_draw(theta, &net, SUR_INIT_HE, 1.0, 1);
    CHECK_OK(sur_sharpness(&got, &net, theta, &d.inputs, &job.goal, NULL, ROWS, NULL));
    CHECK_OK(sur_mat_new(&z, ROWS, COLS + 1, NULL));
    CHECK_OK(sur_mat_new(&gram, COLS + 1, COLS + 1, NULL));
    for (sur_idx i = 0; i < ROWS; i++) {
        memcpy(sur_mat_row(&z, i), sur_mat_row(&d.x, i), COLS * sizeof(double));
        sur_mat_row(&z, i)[COLS] = 1.0;
    }
    sur_mat_multiply(&gram, 2.0 / (ROWS * K), &z, SUR_TRANSPOSED, &z, SUR_PLAIN, 0.0);
    CHECK_OK(sur_eigen(values, NULL, &gram, NULL));
    CHECK_NEAR(got, values[COLS], 0, 0.02);
    sur_mat_free(&z);
    sur_mat_free(&gram);
    network_data_free(&d);
}

static void training_stops_below_a_loss(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    sur_job job = job_of(&d, SUR_LOSS_CROSS_ENTROPY, SUR_ADAM);
    job.network.width = 40;
    job.options.stop_below = 0.5;
    job.steps = 4000;
    sur_trainer *t;
    CHECK_OK(sur_trainer_new(&t, &job, NULL));
    CHECK_OK(sur_trainer_run(t, 4000, NULL));
    CHECK(sur_trainer_done(t) && sur_trainer_step(t) < 400);
    CHECK(sur_trainer_step(t) % sur_job_epoch(&job) == 0);
    sur_trainer_free(t);
    network_data_free(&d);
}

static void every_epoch_visits_every_row_once(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    const sur_job job = job_of(&d, SUR_LOSS_SQUARED, SUR_SGD);
    sur_idx order[ROWS], other[ROWS];
    sur_shuffle(order, &job, 0);
    sur_shuffle(other, &job, 1);
    CHECK(memcmp(order, other, sizeof order) != 0);
    bool there[ROWS] = {false};
    for (int i = 0; i < ROWS; i++) there[order[i]] = true;
    for (int i = 0; i < ROWS; i++) CHECK(there[i]);
    /* first places are uniform: of 5000 shuffles each row leads 100 +- 4 sqrt(98) */
    int first[ROWS] = {0};
    for (sur_idx e = 0; e < 5000; e++) {
        sur_shuffle(order, &job, e);
        first[order[0]]++;
    }
    for (int i = 0; i < ROWS; i++) CHECK(abs(first[i] - 100) < 45);
    network_data_free(&d);
}

static void faults_are_refused_and_every_allocation_may_fail(void **state)
{
    (void)state;
    static const sur_idx steps[1] = {3}, counts[2] = {1, 1};
    const sur_idx *stops[2] = {steps, steps}, wrong[] = {0, ROWS};
    network_data d;
    sur_trainer *t;
    double eigenvalue;
    float theta[1000];
    network_data_make(&d, ROWS, COLS, K, 1);
    sur_job job = job_of(&d, SUR_LOSS_CROSS_ENTROPY, SUR_ADAM);
    job.options.clip = 1.0;
    const sur_job jobs[2] = {job, job};
    CHECK_EVERY_ALLOCATION(sur_trainer_new(&t, &job, NULL), 4, sur_trainer_free(t));
    seen s = {.jobs = jobs};
    CHECK_EVERY_ALLOCATION(
        (forget(&s), memset(&s, 0, sizeof s), s.jobs = jobs,
         sur_train_many(jobs, stops, counts, 2, 1, take, NULL, &s, NULL)),
        8, forget(&s));
    sur_network_draw(theta, &job.network, SUR_INIT_HE, 1.0, 1);
    CHECK_EVERY_ALLOCATION(sur_sharpness(&eigenvalue, &job.network, theta, &d.inputs,
                                         &job.goal, NULL, ROWS, NULL),
                           3, (void)0);
    job.rows = wrong;
    job.count = 2;
    CHECK_STATUS(sur_trainer_new(&t, &job, NULL), SUR_ESHAPE);
    CHECK(t == NULL);
    job.rows = NULL;
    d.label[1] = -1;
    CHECK_STATUS(sur_trainer_new(&t, &job, NULL), SUR_ESHAPE);
    job.goal.loss = SUR_LOSS_SQUARED;
    job.options.batch = 0;
    CHECK_STATUS(sur_trainer_new(&t, &job, NULL), SUR_EINVAL);
    network_data_free(&d);
}

static void a_network_moved_by_hand_goes_where_its_trainer_goes(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    for (int c = 0; c < 6; c++) {
        sur_job job = job_of(&d, (sur_loss)(c % 2), (sur_optimizer)(c / 2));
        job.options.momentum = job.options.optimizer == SUR_SGD ? 0.9 : 0.0;
        job.options.clip = 0.3; /* so that both collect the gradient first */
        job.steps = 20;
        float *want = train(&job, job.steps), slope[16 * K], loss_slope[16 * K];
        const sur_idx n = sur_network_size(&job.network), each = sur_job_epoch(&job);
        float *w = calloc((size_t)n, sizeof *w), *g = calloc((size_t)n, sizeof *g);
        sur_idx order[ROWS];
        sur_learner *l;
        CHECK_OK(
            sur_learner_new(&l, &job.network, &job.options, 16, NULL, job.seed, NULL));
        for (sur_idx t = 0; t < job.steps; t++) {
            if (t % each == 0) sur_shuffle(order, &job, t / each);
            const sur_idx first = t % each * 16,
                          count = ROWS - first < 16 ? ROWS - first : 16;
            const float *answer;
            sur_idx stride;
            double loss;
            CHECK_OK(sur_learner_forward(l, &answer, &stride, &d.inputs, order + first,
                                         count, SUR_TRAINING, NULL));
            sur_learner_goal(&loss, loss_slope, l, &job.goal, order + first,
                             1.0 / (double)count);
            /* out of two unlike parts; then out and in again */
            for (sur_idx i = 0; i < count * K; i++) slope[i] = 0.25F * loss_slope[i];
            CHECK_OK(sur_learner_backward(l, slope, NULL));
            for (sur_idx i = 0; i < count * K; i++) slope[i] = 0.75F * loss_slope[i];
            CHECK_OK(sur_learner_backward(l, slope, NULL));
            sur_learner_gradient(g, l);
            sur_learner_set_gradient(l, g);
            sur_learner_step(l, job.options.learning_rate);
        }
        sur_learner_get(w, l);
        for (sur_idx i = 0; i < n; i++)
            CHECK_NEAR((double)w[i], (double)want[i], 2e-3, 0);
        sur_learner_set(l, want);
        sur_learner_get(w, l);
        CHECK(memcmp(w, want, (size_t)n * sizeof *w) == 0);
        sur_learner_free(l);
        free(want), free(w), free(g);
    }
    network_data_free(&d);
}

static void a_restarted_learner_is_a_new_one(void **state)
{
    (void)state;
    network_data d;
    network_data_make(&d, ROWS, COLS, K, 1);
    const sur_job job = job_of(&d, SUR_LOSS_SQUARED, SUR_ADAM);
    const sur_idx n = sur_network_size(&job.network);
    float *start = calloc((size_t)n, sizeof *start),
          *w[2] = {calloc((size_t)n, sizeof *start), calloc((size_t)n, sizeof *start)};
    sur_learner *l;
    sur_network_draw(start, &job.network, SUR_INIT_HE, 1.0, 2);
    CHECK_OK(sur_learner_new(&l, &job.network, &job.options, 16, start, 0, NULL));
    for (int again = 0; again < 2; again++) {
        for (int t = 0; t < 3; t++) {
            const float *answer;
            sur_idx stride;
            double loss;
            float slope[16 * K];
            CHECK_OK(sur_learner_forward(l, &answer, &stride, &d.inputs, NULL, 16,
                                         SUR_ANSWERING, NULL));
            sur_learner_goal(&loss, slope, l, &job.goal, NULL, 1.0 / 16);
            CHECK_OK(sur_learner_backward(l, slope, NULL));
            sur_learner_step(l, 0.01);
        }
        sur_learner_get(w[again], l);
        sur_learner_set(l, start);
        sur_learner_restart(l);
    }
    CHECK(memcmp(w[0], w[1], (size_t)n * sizeof *start) == 0);
    const float *answer;
    sur_idx stride;
    CHECK_STATUS(sur_learner_forward(l, &answer, &stride, &d.inputs, NULL, 17,
                                     SUR_ANSWERING, NULL),
                 SUR_ESHAPE);
    sur_learner_free(l);
    CHECK_EVERY_ALLOCATION(
        sur_learner_new(&l, &job.network, &job.options, 16, NULL, 1, NULL), 4,
        sur_learner_free(l));
    free(start), free(w[0]), free(w[1]);
    network_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_follows_its_formula),
        cmocka_unit_test(fifty_steps_saved_and_fifty_more_are_a_hundred),
        cmocka_unit_test(many_at_once_have_the_bits_of_one_by_one),
        cmocka_unit_test(divergence_ends_one_network_only),
        cmocka_unit_test(divergence_in_the_last_step_is_told_as_in_any_other),
        cmocka_unit_test(depth_0_reaches_least_squares),
        cmocka_unit_test(sharpness_of_least_squares_is_twice_the_largest_eigenvalue),
        cmocka_unit_test(training_stops_below_a_loss),
        cmocka_unit_test(every_epoch_visits_every_row_once),
        cmocka_unit_test(faults_are_refused_and_every_allocation_may_fail),
        cmocka_unit_test(a_network_moved_by_hand_goes_where_its_trainer_goes),
        cmocka_unit_test(a_restarted_learner_is_a_new_one),
    };
    return RUN(tests);
}
