/* Convolutions in bfloat16: those of rounded numbers, whoever computes them. */
#include "support/network.h"

#include "base/bfloat16.h"
#include "model/conv_pass.h"

/* By tiles and by oneDNN, every kernel and stride, images of three channels, blocks
 * that are part empty. */
static const sur_conv_shape shapes[] = {
    {2, 8, 16, 8, 16, 5, 9, 3, 1, 8, false, true},
    {1, 16, 8, 16, 8, 6, 7, 3, 2, 8, false, true},
    {2, 3, 8, 3, 8, 8, 8, 3, 1, 8, true, true},
    {1, 8, 24, 8, 24, 5, 4, 1, 2, 8, false, true},
    {3, 16, 16, 16, 16, 4, 3, 1, 1, 8, false, true}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float *draw(sur_idx count, const char *name, bool rounded)
{
    float *x = aligned_alloc(64, ((size_t)count * sizeof *x + 63) / 64 * 64);
    sur_rng rng = sur_rng_make(7, name, 0);
    for (sur_idx i = 0; i < count; i++) {
        x[i] = (float)sur_rng_normal(&rng);
        if (rounded) x[i] = sur_bfloat16_rounded(x[i]);
    }
    return x;
}

/* What a convolution makes of the numbers, by their places in [out][in][row][column].
 */
typedef struct made {
    float *y, *dx, *dw;
    sur_idx ins, outs, weights;
} made;

static made run(const sur_conv_shape *s, bool rounded)
{
    const sur_idx taps = s->kernel * s->kernel, weights = s->out * s->in * taps;
    sur_conv *c;
    CHECK_OK(sur_conv_new(&c, s, true, true, 1, NULL));
    made m = {.ins = sur_conv_floats_in(s),
              .outs = sur_conv_floats_out(s),
              .weights = weights};
    float *x = draw(m.ins, "x", rounded), *dy = draw(m.outs, "dy", rounded),
          *drawn = draw(weights, "w", rounded), *w = draw(sur_conv_size(c), "w", false),
          *dw = draw(sur_conv_size(c), "dw", false);
    char *scratch = aligned_alloc(64, (sur_conv_scratch(c) + 64) / 64 * 64);
    m.y = draw(m.outs, "y", false);
    m.dx = draw(m.ins, "dx", false);
    m.dw = draw(weights, "dw", false);
    memset(w, 0, (size_t)sur_conv_size(c) * sizeof *w);
    for (sur_idx i = 0; i < weights; i++)
        w[sur_conv_place(c, i / taps / s->in, i / taps % s->in, i % taps / s->kernel,
                         i % s->kernel)] = drawn[i];
    CHECK(sur_conv_take(c, w, false));
    CHECK(sur_conv_forward(c, 0, m.y, x, scratch));
    CHECK(sur_conv_take(c, w, true));
    CHECK(sur_conv_back_data(c, 0, m.dx, dy, scratch));
    CHECK(sur_conv_back_weights(c, 0, dw, dy, x, scratch));
    for (sur_idx i = 0; i < weights; i++)
        m.dw[i] = dw[sur_conv_place(c, i / taps / s->in, i / taps % s->in,
                                    i % taps / s->kernel, i % s->kernel)];
    sur_conv_free(c);
    free(x), free(dy), free(drawn), free(w), free(dw), free(scratch);
    return m;
}

static void made_free(made *m) { free(m->y), free(m->dx), free(m->dw); }

static double apart(const float *a, const float *b, sur_idx count)
{
    double most = 0.0, size = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
        size = fmax(size, fabs((double)b[i]));
    }
    return most / size;
}

static void a_convolution_in_bfloat16_is_that_of_rounded_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        sur_conv_shape plain = shapes[i];
        plain.bfloat16 = false;
        made got = run(&shapes[i], false), want = run(&plain, true),
             before = run(&plain, false);
        CHECK(apart(got.y, want.y, got.outs) < 1e-5);
        CHECK(apart(got.dx, want.dx, got.ins) < 1e-5);
        CHECK(apart(got.dw, want.dw, got.weights) < 1e-5);
        /* and not that of the numbers as they were */
        CHECK(apart(got.y, before.y, got.outs) > 1e-4);
        CHECK(apart(got.dx, before.dx, got.ins) > 1e-4);
        CHECK(apart(got.dw, before.dw, got.weights) > 1e-4);
        made_free(&got), made_free(&want), made_free(&before);
    }
}

static void rounding_takes_the_nearest_and_of_two_the_even(void **state)
{
    (void)state;
    const float ulp = 0x1p-7F;
    for (uint32_t u = 0; u < 0x10000; u++) {
        const sur_float_bits bits = {.u = u << 16};
        if (bits.f != bits.f) continue;
        CHECK(sur_bfloat16(bits.f) == u);
    }
    CHECK(sur_bfloat16_rounded(1.0F + 0.49F * ulp) == 1.0F);
    CHECK(sur_bfloat16_rounded(1.0F + 0.50F * ulp) == 1.0F);
    CHECK(sur_bfloat16_rounded(1.0F + 0.51F * ulp) == 1.0F + ulp);
    CHECK(sur_bfloat16_rounded(1.0F + 1.50F * ulp) == 1.0F + 2.0F * ulp);
    CHECK(isinf(sur_bfloat16_rounded(0x1.fffffep127F)));
    for (uint32_t u = 0x7f800001; u < 0x7f820000; u++) {
        const sur_float_bits bits = {.u = u};
        CHECK(isnan(sur_bfloat16_rounded(bits.f)));
    }
}

/* The first step from one place: losses and their gradients differ by a few parts in
 * 2^8, and do differ. */
static void
a_network_in_bfloat16_has_nearly_the_gradient_of_one_in_float32(void **state)
{
    (void)state;
    const sur_idx rows = 16;
    sur_network net = {.family = SUR_RESNET18,
                       .inputs = 3 * 8 * 8,
                       .outputs = 3,
                       .width = 4,
                       .image = {3, 8, 8}};
    const sur_idx n = sur_network_parameters(&net);
    network_data d;
    network_data_make(&d, rows, net.inputs, 3, 8);
    float *vector = calloc((size_t)sur_network_size(&net), sizeof *vector),
          *g = calloc(2 * (size_t)n, sizeof *g);
    const sur_goal goal = {SUR_LOSS_CROSS_ENTROPY, NULL, d.label, d.weight};
    double loss[2], dot[3] = {0.0};
    sur_network_draw(vector, &net, SUR_INIT_HE, 1.0, 3);
    for (int i = 0; i < 2; i++) {
        net.compute = i ? SUR_BFLOAT16 : SUR_FLOAT32;
        CHECK_OK(sur_network_loss(&loss[i], g + i * n, &net, vector, &d.inputs, &goal,
                                  NULL, rows, NULL));
    }
    for (sur_idx i = 0; i < n; i++) {
        dot[0] += (double)g[i] * (double)g[i];
        dot[1] += (double)g[i] * (double)g[n + i];
        dot[2] += (double)g[n + i] * (double)g[n + i];
    }
    CHECK_NEAR(loss[1], loss[0], 0.02, 0);
    CHECK(loss[1] != loss[0]);
    CHECK(dot[1] / sqrt(dot[0] * dot[2]) > 0.99);
    network_data_free(&d);
    free(vector), free(g);
}

int main(void)
{
    const struct CMUnitTest without[] = {
        cmocka_unit_test(rounding_takes_the_nearest_and_of_two_the_even),
    };
    if (sur_conv_available(NULL) != SUR_OK) return RUN(without);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_takes_the_nearest_and_of_two_the_even),
        cmocka_unit_test(a_convolution_in_bfloat16_is_that_of_rounded_numbers),
        cmocka_unit_test(
            a_network_in_bfloat16_has_nearly_the_gradient_of_one_in_float32),
    };
    return RUN(tests);
}
