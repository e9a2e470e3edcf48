/* Convolutional networks: counts, gradients, statistics, threads. */
#include "support/convolution.h"
#include "support/network.h"

#include "model/conv_pass.h"

typedef struct sample {
    sur_network net;
    sur_idx rows;
    sur_mode mode;
} sample;

static sur_network network_of(sur_family family, sur_idx width, sur_idx c, sur_idx h,
                              sur_idx w)
{
    return (sur_network){.family = family,
                         .inputs = c * h * w,
                         .outputs = 3,
                         .width = width,
                         .image = {c, h, w}};
}

/* All families, widths that fill no block, one and a bit, images of every kind of
 * shape; fewer rows than a chunk, whole chunks, parts of one. */
static const struct {
    sur_family family;
    sur_idx width, image[3], rows;
} cases[] = {{SUR_CNN5, 1, {1, 8, 8}, 5},     {SUR_CNN5, 2, {3, 7, 9}, 19},
             {SUR_CNN5, 3, {12, 5, 6}, 9},    {SUR_CNN5, 1, {1, 1, 1}, 16},
             {SUR_ALLCNN, 1, {1, 8, 8}, 7},   {SUR_ALLCNN, 9, {2, 6, 5}, 11},
             {SUR_RESNET18, 1, {3, 8, 8}, 6}, {SUR_RESNET18, 2, {1, 9, 7}, 17},
             {SUR_RESNET50, 1, {3, 6, 6}, 9}};
enum { CASES = sizeof cases / sizeof *cases };

static sample sample_of(int c, sur_mode mode)
{
    const sur_idx *image = cases[c].image;
    return (sample){
        network_of(cases[c].family, cases[c].width, image[0], image[1], image[2]),
        cases[c].rows, mode};
}

/* A vector with scales, shifts and statistics that are not what they begin as. */
static float *draw(const sur_network *net, uint64_t seed)
{
    sur_tensor table[SUR_NETWORK_TENSORS_MOST];
    const sur_idx tensors = sur_network_tensors(table, net);
    float *vector = calloc((size_t)sur_network_size(net), sizeof *vector);
    sur_network_draw(vector, net, SUR_INIT_HE, 1.0, seed);
    sur_rng rng = sur_rng_make(seed, "stir", 0);
    for (sur_idx i = 0; i < tensors; i++)
        for (sur_idx j = 0; table[i].dims == 1 && j < sur_tensor_count(&table[i]); j++)
            vector[table[i].offset + j] +=
                (float)(0.4 * (sur_rng_uniform(&rng) - (table[i].trained ? 0.5 : 0.0)));
    return vector;
}

static double *widen(const float *x, sur_idx count)
{
    double *out = reference_zeros(count);
    for (sur_idx i = 0; i < count; i++) out[i] = (double)x[i];
    return out;
}

static void fill(double *x, sur_idx count, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "numbers", 0);
    sur_rng_normals(&rng, x, count, 1.0);
    for (sur_idx i = 0; i < count; i++) x[i] = (double)(float)x[i];
}

/* sum of delta f */
static double total(reference *r, double *w, const double *x, const double *delta,
                    bool training)
{
    double sum = 0.0;
    reference_forward(r, w, x, training);
    for (sur_idx i = 0; i < r->rows * r->outputs; i++) sum += delta[i] * r->answer[i];
    return sum;
}

static void the_reference_gradient_is_the_limit_of_central_differences(void **state)
{
    (void)state;
    for (int c = 0; c < 2 * CASES; c++) {
        sample s = sample_of(c / 2, c % 2 ? SUR_TRAINING : SUR_ANSWERING);
        const bool training = s.mode == SUR_TRAINING;
        const sur_idx n = sur_network_parameters(&s.net), rows = 2;
        reference r;
        reference_new(&r, &s.net, rows);
        float *vector = draw(&s.net, (uint64_t)c);
        double *w = widen(vector, sur_network_size(&s.net)),
               *x = reference_zeros(rows * s.net.inputs),
               *delta = reference_zeros(rows * 3), *g = reference_zeros(n);
        fill(x, rows * s.net.inputs, (uint64_t)c);
        fill(delta, rows * 3, (uint64_t)c + 100);
        reference_forward(&r, w, x, training);
        reference_backward(&r, g, w, delta, training);
        sur_rng rng = sur_rng_make((uint64_t)c, "places", 0);
        int close = 0;
        for (int trial = 0; trial < 12; trial++) {
            const sur_idx i = sur_rng_below(&rng, n);
            const double at = w[i], step = 1e-6;
            w[i] = at + step;
            const double up = total(&r, w, x, delta, training);
            w[i] = at - step;
            const double slope = (up - total(&r, w, x, delta, training)) / (2 * step);
            w[i] = at;
            close += fabs(slope - g[i]) <= 1e-5 * (1.0 + fabs(g[i]));
        }
        CHECK(close >= 11); /* a corner of the rectifier may be in between */
        reference_free(&r);
        free(vector), free(w), free(x), free(delta), free(g);
    }
}

/* A pass, what it works on, and its reference. */
typedef struct bench {
    sur_pass *pass;
    float *working, *gradient, *vector;
    void *block;
    network_data data;
    reference r;
    double *w, *g;
} bench;

static void bench_open(bench *b, const sample *s, uint64_t seed)
{
    network_data_make(&b->data, s->rows, s->net.inputs, 3, seed);
    b->vector = draw(&s->net, seed);
    CHECK_OK(sur_pass_new(&b->pass, &s->net, s->rows, true, NULL));
    CHECK_OK(
        sur_floats_new(&b->working, &b->block, 2 * sur_padded(b->pass->size), NULL));
    b->gradient = b->working + sur_padded(b->pass->size);
    sur_pass_pad(b->working, b->pass, b->vector);
    reference_new(&b->r, &s->net, s->rows);
    b->w = widen(b->vector, sur_network_size(&s->net));
    b->g = reference_zeros(sur_network_parameters(&s->net));
}

static void bench_close(bench *b)
{
    sur_pass_free(b->pass);
    network_data_free(&b->data);
    reference_free(&b->r);
    free(b->block), free(b->vector), free(b->w), free(b->g);
}

static void collect(void *payload, sur_idx offset, const float *gradient, sur_idx count)
{
    memcpy((float *)payload + offset, gradient, (size_t)count * sizeof *gradient);
}

/* The largest difference over the largest number of b. */
static double apart(const float *a, const double *b, sur_idx count)
{
    double most = 0.0, size = 1e-30;
    for (sur_idx i = 0; i < count; i++) {
        most = fmax(most, fabs((double)a[i] - b[i]));
        size = fmax(size, fabs(b[i]));
    }
    return most / size;
}

static void set_slopes(sur_pass *pass, double *delta, sur_idx rows, uint64_t seed)
{
    fill(delta, rows * 3, seed);
    for (sur_idx i = 0; i < rows; i++)
        for (sur_idx j = 0; j < 3; j++)
            pass->delta[i * pass->row + j] = (float)delta[i * 3 + j];
}

static void check_pass(const sample *s, uint64_t seed)
{
    const sur_idx size = sur_network_size(&s->net), n = sur_network_parameters(&s->net);
    const bool training = s->mode == SUR_TRAINING;
    double *delta = reference_zeros(s->rows * 3);
    float *got = calloc((size_t)size, sizeof *got);
    bench b;
    bench_open(&b, s, seed);
    CHECK_OK(sur_pass_forward(b.pass, b.working, &b.data.inputs, NULL, 0, s->rows,
                              s->mode, NULL));
    reference_forward(&b.r, b.w, b.data.x.data, training);
    for (sur_idx i = 0; i < s->rows; i++)
        CHECK(apart(b.pass->answer + i * b.pass->row, b.r.answer + i * 3, 3) < 2e-4);
    sur_pass_unpad(got, b.pass, b.working);
    CHECK(apart(got + n, b.w + n, size - n) < 1e-5); /* statistics moved */
    CHECK(memcmp(got, b.vector, (size_t)n * sizeof *got) == 0);

    for (int again = 0; again < 2; again++) {
        set_slopes(b.pass, delta, s->rows, seed + 7);
        CHECK_OK(
            sur_pass_backward(b.pass, b.working, s->rows, collect, b.gradient, NULL));
        sur_pass_unpad_gradient(got, b.pass, b.gradient);
        memset(b.g, 0, (size_t)n * sizeof *b.g);
        reference_backward(&b.r, b.g, b.w, delta, training);
        CHECK(apart(got, b.g, n) < 2e-4);
    }
    float *padded = calloc((size_t)b.pass->trained, sizeof *padded);
    sur_pass_pad_gradient(padded, b.pass, got);
    for (sur_idx i = 0; i < b.pass->trained; i++) CHECK(padded[i] == b.gradient[i]);
    free(padded), free(delta), free(got);
    bench_close(&b);
}

static void passes_agree_with_the_reference(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int mode = 0; mode < 2; mode++) {
            const sample s = sample_of(c, mode ? SUR_TRAINING : SUR_ANSWERING);
            check_pass(&s, (uint64_t)c + 1);
        }
}

static void parameters_are_as_many_as_the_formulas_say(void **state)
{
    (void)state;
    for (sur_idx k = 1; k <= 64; k += k < 4 ? 1 : 30) {
        sur_network net = network_of(SUR_RESNET18, k, 3, 32, 32);
        net.outputs = 10;
        assert_int_equal(sur_network_parameters(&net), 2724 * k * k + 213 * k + 10);
        assert_int_equal(sur_network_size(&net), 2724 * k * k + (213 + 106) * k + 10);
        net.family = SUR_RESNET50;
        assert_int_equal(sur_network_parameters(&net), 5724 * k * k + 993 * k + 10);
        net.family = SUR_CNN5;
        assert_int_equal(sur_network_parameters(&net), 378 * k * k + 137 * k + 10);
        net.family = SUR_ALLCNN;
        assert_int_equal(sur_network_parameters(&net), 175 * k * k + 75 * k + 10);
    }
    sur_network net = network_of(SUR_RESNET18, 64, 3, 32, 32);
    net.outputs = 10;
    assert_int_equal(sur_network_parameters(&net), 11171146);
    net = (sur_network){
        .family = SUR_MLP, .inputs = 32, .outputs = 1, .depth = 2, .width = 256};
    assert_int_equal(sur_network_parameters(&net), 74497);
}

static void tensors_follow_each_other_under_names_of_their_own(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const sample s = sample_of(c, SUR_TRAINING);
        sur_tensor t[SUR_NETWORK_TENSORS_MOST];
        const sur_idx count = sur_network_tensors(t, &s.net);
        sur_idx offset = 0;
        CHECK(count <= SUR_NETWORK_TENSORS_MOST);
        for (sur_idx i = 0; i < count; i++) {
            assert_int_equal(t[i].offset, offset);
            offset += sur_tensor_count(&t[i]);
            CHECK(i == 0 || t[i].trained <= t[i - 1].trained);
            for (sur_idx j = 0; j < i; j++) CHECK(strcmp(t[i].name, t[j].name) != 0);
        }
        assert_int_equal(offset, sur_network_size(&s.net));
    }
    sur_tensor t[SUR_NETWORK_TENSORS_MOST];
    const sur_network net = network_of(SUR_RESNET18, 1, 3, 8, 8);
    sur_network_tensors(t, &net);
    CHECK_TEXT(t[0].name, "conv1.weight");
    CHECK_TEXT(t[1].name, "layer1.0.bn1.weight");
    CHECK_TEXT(t[2].name, "layer1.0.bn1.bias");
}

static void threads_move_no_bits(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        sample s = sample_of(c, SUR_TRAINING);
        s.rows = 40;
        double *delta = reference_zeros(s.rows * 3);
        float *kept[2];
        bench b;
        for (int way = 0; way < 2; way++) {
            bench_open(&b, &s, 3);
            b.pass->threads = 1 + 2 * way;
            ((sur_conv_pass *)b.pass)->stretch = 1e9; /* worth them */
            CHECK_OK(sur_pass_forward(b.pass, b.working, &b.data.inputs, NULL, 0,
                                      s.rows, s.mode, NULL));
            set_slopes(b.pass, delta, s.rows, 4);
            CHECK_OK(sur_pass_backward(b.pass, b.working, s.rows, collect, b.gradient,
                                       NULL));
            const size_t bytes = 2 * (size_t)sur_padded(b.pass->size) * sizeof(float);
            kept[way] = malloc(bytes);
            memcpy(kept[way], b.working, bytes);
            if (way == 1) CHECK(memcmp(kept[0], kept[1], bytes) == 0);
            bench_close(&b);
        }
        free(kept[0]), free(kept[1]), free(delta);
    }
}

static void answers_do_not_depend_on_the_other_rows(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const sample s = sample_of(c, SUR_ANSWERING);
        const sur_idx rows = 70, picks[] = {69, 3, 3, 64};
        network_data d;
        sur_mat all = {0}, few = {0};
        network_data_make(&d, rows, s.net.inputs, 3, 8);
        float *vector = draw(&s.net, 5);
        CHECK_OK(sur_mat_new(&all, rows, 3, NULL));
        CHECK_OK(sur_mat_new(&few, 4, 3, NULL));
        CHECK_OK(sur_network_answer(&all, &s.net, vector, &d.inputs, NULL, NULL));
        CHECK_OK(sur_network_answer(&few, &s.net, vector, &d.inputs, picks, NULL));
        for (int i = 0; i < 4; i++)
            CHECK(memcmp(sur_mat_row(&few, i), sur_mat_row(&all, picks[i]),
                         3 * sizeof(double)) == 0);
        sur_mat_free(&all), sur_mat_free(&few);
        network_data_free(&d);
        free(vector);
    }
}

static void the_loss_of_a_table_has_the_gradient_it_says(void **state)
{
    (void)state;
    const sur_network net = network_of(SUR_RESNET18, 1, 1, 6, 6);
    const sur_idx rows = 70, n = sur_network_parameters(&net);
    network_data d;
    network_data_make(&d, rows, net.inputs, 3, 8);
    float *vector = draw(&net, 5), *g = calloc((size_t)n, sizeof *g);
    const sur_goal goal = {SUR_LOSS_CROSS_ENTROPY, NULL, d.label, d.weight};
    double loss, square = 0.0, ahead;
    CHECK_OK(
        sur_network_loss(&loss, g, &net, vector, &d.inputs, &goal, NULL, rows, NULL));
    for (sur_idx i = 0; i < n; i++) square += (double)g[i] * (double)g[i];
    const double step = 1e-3 / square; /* the loss should fall by 1e-3 */
    for (sur_idx i = 0; i < n; i++) vector[i] -= (float)(0.5 * step * (double)g[i]);
    CHECK_OK(sur_network_loss(&loss, NULL, &net, vector, &d.inputs, &goal, NULL, rows,
                              NULL));
    for (sur_idx i = 0; i < n; i++) vector[i] += (float)(step * (double)g[i]);
    CHECK_OK(sur_network_loss(&ahead, NULL, &net, vector, &d.inputs, &goal, NULL, rows,
                              NULL));
    CHECK_NEAR(ahead - loss, 1e-3, 5e-5, 0);
    network_data_free(&d);
    free(vector), free(g);
}

/* A moved image is the image that was moved by hand. */
static void images_are_moved_as_asked(void **state)
{
    (void)state;
    for (sur_idx channels = 2; channels <= 9; channels += 7) {
        sample s = {network_of(SUR_CNN5, 2, channels, 6, 5), 9, SUR_ANSWERING};
        sur_jitter jitter[9];
        bench b;
        bench_open(&b, &s, 2);
        sur_mat by_hand = {0}, answers = {0};
        CHECK_OK(sur_mat_new(&by_hand, 9, s.net.inputs, NULL));
        CHECK_OK(sur_mat_new(&answers, 9, 3, NULL));
        for (int n = 0; n < 9; n++) {
            jitter[n] =
                (sur_jitter){(int8_t)(n % 4 - 2), (int8_t)(n % 3 - 1), (int8_t)(n % 2)};
            for (sur_idx c = 0; c < channels; c++)
                for (sur_idx y = 0; y < 6; y++)
                    for (sur_idx x = 0; x < 5; x++) {
                        const sur_idx to_y = y + jitter[n].down,
                                      right = x + jitter[n].right,
                                      to_x = jitter[n].flip ? 4 - right : right;
                        if (to_y < 0 || to_y >= 6 || right < 0 || right >= 5) continue;
                        sur_mat_row(&by_hand, n)[(c * 6 + to_y) * 5 + to_x] =
                            sur_mat_row(&b.data.x, n)[(c * 6 + y) * 5 + x];
                    }
        }
        sur_inputs moved;
        CHECK_OK(sur_inputs_new(&moved, &by_hand, NULL));
        CHECK_OK(sur_network_answer(&answers, &s.net, b.vector, &moved, NULL, NULL));
        b.pass->jitter = jitter;
        CHECK_OK(sur_pass_forward(b.pass, b.working, &b.data.inputs, NULL, 0, 9, s.mode,
                                  NULL));
        for (int n = 0; n < 9; n++)
            for (int j = 0; j < 3; j++)
                CHECK((double)b.pass->answer[n * b.pass->row + j] ==
                      sur_mat_row(&answers, n)[j]);
        sur_inputs_free(&moved);
        sur_mat_free(&by_hand), sur_mat_free(&answers);
        bench_close(&b);
    }
}

static void no_layer_falls_to_the_reference_kernel(void **state)
{
    (void)state;
    if (sur_kernels_at(0) == &sur_kernels_plain) return; /* no wide vectors here */
    for (int c = 0; c < 12; c++) {
        static const sur_family families[] = {SUR_CNN5, SUR_ALLCNN, SUR_RESNET18,
                                              SUR_RESNET50};
        const sur_idx k = c % 3 == 0 ? 1 : 4 * c, side = c % 2 ? 28 : 32;
        const sur_network net = network_of(families[c % 4], k, 1 + c / 4, side, side);
        sur_pass *pass;
        CHECK_OK(sur_pass_new(&pass, &net, 16, true, NULL));
        const sur_conv_pass *p = (const sur_conv_pass *)pass;
        for (int i = 0; i < p->plan.ops; i++)
            for (int d = 0; p->layer[i].conv && d < 3; d++) {
                const char *name = sur_conv_kernel(p->layer[i].conv, d);
                CHECK(!name || strstr(name, "jit") || strstr(name, "tiles"));
            }
        sur_pass_free(pass);
    }
}

static void initial_numbers_have_the_deviations_of_their_names(void **state)
{
    (void)state;
    const sur_network net = network_of(SUR_CNN5, 16, 3, 8, 8);
    sur_tensor t[SUR_NETWORK_TENSORS_MOST];
    const sur_idx count = sur_network_tensors(t, &net);
    float *vector = calloc((size_t)sur_network_size(&net), sizeof *vector);
    for (int init = 0; init < 3; init++) {
        sur_network_draw(vector, &net, (sur_init)init, 1.0, 1);
        for (sur_idx i = 0; i < count; i++) {
            const sur_idx n = sur_tensor_count(&t[i]);
            const double in = (double)(t[i].shape[1] * t[i].shape[2] * t[i].shape[3]),
                         out = (double)(t[i].shape[0] * t[i].shape[2] * t[i].shape[3]);
            const double want = init == SUR_INIT_HE       ? 2.0 / in
                                : init == SUR_INIT_GLOROT ? 2.0 / (in + out)
                                                          : 1.0 / (3.0 * in);
            double square = 0.0;
            for (sur_idx j = 0; j < n; j++)
                square += pow((double)vector[t[i].offset + j], 2) / (double)n;
            if (t[i].dims == 4)
                CHECK_NEAR(square, want, 0, 6.0 * sqrt(2.0 / (double)n));
            const bool one = strstr(t[i].name, "running_var") ||
                             (strstr(t[i].name, "bn") && strstr(t[i].name, ".weight"));
            if (t[i].dims == 1 && strstr(t[i].name, "bn"))
                CHECK(square == (one ? 1.0 : 0.0));
        }
    }
    free(vector);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int c = 0; c < 2; c++) {
        sur_network net = network_of(SUR_RESNET18, 1, 1, 4, 4);
        net.compute = c ? SUR_BFLOAT16 : SUR_FLOAT32;
        sur_pass *pass = NULL;
        CHECK_EVERY_ALLOCATION(sur_pass_new(&pass, &net, 9, true, NULL), 20,
                               sur_pass_free(pass));
    }
}

static void what_is_no_network_of_images_is_refused(void **state)
{
    (void)state;
    const sur_network good = network_of(SUR_CNN5, 2, 1, 4, 4);
    CHECK_OK(sur_network_check(&good, NULL));
    for (int c = 0; c < 5; c++) {
        sur_network net = good;
        if (c == 0) net.inputs = 15;
        if (c == 1) net.image[1] = 0, net.inputs = 0;
        if (c == 2) net.width = 0;
        if (c == 3) net.outputs = 0;
        if (c == 4) net.width = 4000;
        CHECK_STATUS(sur_network_check(&net, NULL), SUR_EINVAL);
    }
}

static void a_build_without_onednn_says_so(void **state)
{
    (void)state;
    const sur_network net = network_of(SUR_CNN5, 1, 1, 8, 8);
    sur_pass *pass;
    sur_error err;
    CHECK_STATUS(sur_network_check(&net, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "-DSUR_DNNL=OFF");
    CHECK_STATUS(sur_pass_new(&pass, &net, 8, true, NULL), SUR_EINVAL);
    CHECK(pass == NULL);
}

int main(void)
{
    const struct CMUnitTest without[] = {
        cmocka_unit_test(parameters_are_as_many_as_the_formulas_say),
        cmocka_unit_test(tensors_follow_each_other_under_names_of_their_own),
        cmocka_unit_test(a_build_without_onednn_says_so),
    };
    if (sur_conv_available(NULL) != SUR_OK) return RUN(without);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_as_many_as_the_formulas_say),
        cmocka_unit_test(tensors_follow_each_other_under_names_of_their_own),
        cmocka_unit_test(the_reference_gradient_is_the_limit_of_central_differences),
        cmocka_unit_test(passes_agree_with_the_reference),
        cmocka_unit_test(threads_move_no_bits),
        cmocka_unit_test(answers_do_not_depend_on_the_other_rows),
        cmocka_unit_test(the_loss_of_a_table_has_the_gradient_it_says),
        cmocka_unit_test(images_are_moved_as_asked),
        cmocka_unit_test(no_layer_falls_to_the_reference_kernel),
        cmocka_unit_test(initial_numbers_have_the_deviations_of_their_names),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_is_no_network_of_images_is_refused),
    };
    return RUN(tests);
}
