/* 03_train_mlp.c -- eight networks at once: widths 2 to 256 on noisy labels of
 * synthetic collisions. Prints the training and test loss of each. */
#include <surplus/data.h>
#include <surplus/train.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRAIN = 500, TEST = 2000, NETWORKS = 8 };

typedef struct result {
    const sur_job *jobs;
    const sur_inputs *inputs;
    const sur_goal *goal;
    double train[NETWORKS], test[NETWORKS];
} result;

/* Called whenever a network reaches a step asked for; rows TRAIN .. are test rows. */
static sur_status take(void *payload, const sur_moment *m, sur_error *err)
{
    result *r = payload;
    const sur_network *network = &r->jobs[m->job].network;
    sur_idx test[TEST];
    if (m->status != SUR_OK) return sur_fail(err, m->status, "%s", m->message);
    for (sur_idx i = 0; i < TEST; i++) test[i] = TRAIN + i;
    sur_status status =
        sur_network_loss(&r->train[m->job], NULL, network, m->parameters, r->inputs,
                         r->goal, NULL, TRAIN, err);
    if (status == SUR_OK)
        status = sur_network_loss(&r->test[m->job], NULL, network, m->parameters,
                                  r->inputs, r->goal, test, TEST, err);
    return status;
}

int main(void)
{
    char name[] = "synthetic:events";
    sur_data_options options = {.data = name,
                                .samples = TRAIN,
                                .test_samples = TEST,
                                .seed = 1,
                                .condition = NAN};
    sur_dataset data;
    sur_mat x = {0};
    sur_inputs inputs = {0};
    sur_error err = {SUR_OK, ""};
    static int32_t label[TRAIN + TEST];
    sur_job jobs[NETWORKS];
    const sur_idx steps = 2000, *stops[NETWORKS];
    sur_idx counts[NETWORKS];

    sur_status status = sur_data_generate(&data, &options, 28, NULL, &err);
    if (status == SUR_OK) status = sur_mat_new(&x, data.rows, data.cols, &err);
    if (status == SUR_OK) sur_dataset_rows(&x, &data, NULL, 0);
    if (status == SUR_OK) status = sur_inputs_new(&inputs, &x, &err);
    for (sur_idx i = 0; i < TRAIN + TEST && status == SUR_OK; i++)
        label[i] = (int32_t)data.target[i];
    const sur_goal goal = {.loss = SUR_LOSS_CROSS_ENTROPY, .label = label};
    for (sur_idx j = 0; j < NETWORKS; j++) {
        jobs[j] = (sur_job){.network = {.family = SUR_MLP,
                                        .inputs = 28,
                                        .outputs = 2,
                                        .depth = 1,
                                        .width = 2 << j},
                            .options = {.init = SUR_INIT_UNIFORM,
                                        .init_scale = 1,
                                        .optimizer = SUR_ADAM,
                                        .batch = 50,
                                        .learning_rate = 0.003},
                            .inputs = &inputs,
                            .count = TRAIN,
                            .goal = goal,
                            .seed = 1,
                            .order = 1,
                            .steps = steps};
        stops[j] = &steps;
        counts[j] = 1;
    }
    result r = {.jobs = jobs, .inputs = &inputs, .goal = &goal};
    if (status == SUR_OK)
        status = sur_train_many(jobs, stops, counts, NETWORKS, 2, take, NULL, &r, &err);
    for (int j = 0; j < NETWORKS && status == SUR_OK; j++)
        printf("width %3d: train %.4f, test %.4f\n", 2 << j, r.train[j], r.test[j]);
    if (status != SUR_OK) fprintf(stderr, "%s\n", err.message);
    sur_inputs_free(&inputs);
    sur_mat_free(&x);
    sur_dataset_free(&data);
    return status != SUR_OK;
}
