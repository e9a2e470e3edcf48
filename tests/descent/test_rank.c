/* test_rank.c -- the effective rank of what the last layer of a network is given. */
#include "experiments/descent/descent.h"
#include "model/conv.h"
#include "support/check.h"

enum { ROWS = 12 };

/* exp of the entropy of the singular values of h (rows x cols). */
static double entropy_rank(const sur_mat *h)
{
    sur_mat gram = {0};
    double square[ROWS], sum = 0.0, entropy = 0.0;
    CHECK_OK(sur_mat_new(&gram, h->rows, h->rows, NULL));
    sur_mat_multiply(&gram, 1.0, h, SUR_PLAIN, h, SUR_TRANSPOSED, 0.0);
    CHECK_OK(sur_eigen(square, NULL, &gram, NULL));
    for (sur_idx i = 0; i < h->rows; i++) sum += sqrt(fmax(square[i], 0.0));
    for (sur_idx i = 0; i < h->rows; i++) {
        const double q = sqrt(fmax(square[i], 0.0)) / sum;
        if (q > 0.0) entropy -= q * log(q);
    }
    sur_mat_free(&gram);
    return exp(entropy);
}

/* With f = W h + b the loss of one row has the derivatives g h by W and g by b: their
 * ratio is h, which no answer shows. */
static void hidden_by_gradients(sur_mat *h, const sur_network *network,
                                const float *vector, const sur_inputs *inputs,
                                const sur_tensor *weight, const sur_tensor *bias)
{
    const sur_idx size = sur_network_parameters(network), k = network->outputs;
    const bool out_first = sur_family_is_conv(network->family);
    static const float target[ROWS * 3] = {0};
    const sur_goal goal = {.loss = SUR_LOSS_SQUARED, .target = target};
    float *gradient = calloc((size_t)size, sizeof *gradient);
    for (sur_idx i = 0; i < ROWS; i++) {
        double loss;
        CHECK_OK(sur_network_loss(&loss, gradient, network, vector, inputs, &goal, &i,
                                  1, NULL));
        for (sur_idx j = 0; j < h->cols; j++)
            sur_mat_row(h, i)[j] =
                (double)gradient[weight->offset + j * (out_first ? 1 : k)] /
                (double)gradient[bias->offset];
    }
    free(gradient);
}

static void check_network(sur_network network, const char *last)
{
    sur_tensor t[SUR_NETWORK_TENSORS_MOST], weight = {0}, bias = {0};
    char name[64];
    sur_mat x = {0}, h = {0};
    sur_inputs inputs;
    double rank;
    const sur_idx count = sur_network_tensors(t, &network);
    for (sur_idx i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s.weight", last);
        if (strcmp(t[i].name, name) == 0) weight = t[i];
        snprintf(name, sizeof name, "%s.bias", last);
        if (strcmp(t[i].name, name) == 0) bias = t[i];
    }
    CHECK(bias.dims == 1 && bias.shape[0] == network.outputs);
    CHECK_OK(sur_mat_new(&x, ROWS, network.inputs, NULL));
    sur_rng rng = sur_rng_make(1, "test", 0);
    for (sur_idx i = 0; i < ROWS * network.inputs; i++)
        x.data[i] = sur_rng_normal(&rng);
    CHECK_OK(sur_inputs_new(&inputs, &x, NULL));
    float *vector = calloc((size_t)sur_network_size(&network), sizeof *vector);
    sur_network_draw(vector, &network, SUR_INIT_UNIFORM, 1.0, 2);
    CHECK_OK(sur_mat_new(&h, ROWS, sur_tensor_count(&weight) / network.outputs, NULL));
    hidden_by_gradients(&h, &network, vector, &inputs, &weight, &bias);
    CHECK_OK(sur_descent_network_rank(&rank, &network, vector, &inputs, NULL));
    CHECK(rank > 1.0 && rank <= ROWS);
    CHECK_NEAR(rank, entropy_rank(&h), 0, 2e-3); /* gradients are floats */
    CHECK_EVERY_ALLOCATION(
        sur_descent_network_rank(&rank, &network, vector, &inputs, NULL), 8, (void)0);
    free(vector);
    sur_mat_free(&h);
    sur_mat_free(&x);
    sur_inputs_free(&inputs);
}

static void it_is_that_of_what_the_last_layer_is_given(void **state)
{
    (void)state;
    static const sur_family families[] = {SUR_CNN5, SUR_ALLCNN, SUR_RESNET18};
    sur_network mlp = {.family = SUR_MLP, .inputs = 5, .outputs = 3, .width = 20};
    check_network(mlp, "layers.0"); /* depth 0: the inputs */
    for (int u = 0; u < 3; u++) {
        mlp.depth = 2;
        mlp.activation = (sur_unit)u;
        check_network(mlp, "layers.2");
    }
    for (int f = 0; f < 3 && sur_conv_available(NULL) == SUR_OK; f++)
        check_network((sur_network){.family = families[f],
                                    .inputs = 64,
                                    .outputs = 3,
                                    .width = 2,
                                    .image = {1, 8, 8}},
                      "linear");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_that_of_what_the_last_layer_is_given),
    };
    return RUN(tests);
}
