/* Convolutions by register tiles: against nested loops, and against oneDNN. */
#include "support/check.h"

#include "model/conv.h"
#include "model/conv_tile.h"
#include "model/pass.h"

#include <surplus/random.h>

#include <math.h>
#include <stdlib.h>

/* Widths of one segment, of several, of narrow ones; one row, blocks that are part
 * empty, one block and more; both strides. */
static const sur_conv_shape shapes[] = {
    {2, 8, 8, 8, 8, 5, 32, 3, 1, 8, false, false},
    {3, 16, 8, 10, 3, 1, 1, 3, 1, 8, false, false},
    {1, 8, 24, 4, 24, 4, 4, 3, 1, 8, false, false},
    {2, 8, 16, 2, 16, 2, 3, 3, 1, 8, false, false},
    {2, 24, 16, 17, 9, 7, 12, 3, 1, 8, false, false},
    {1, 16, 8, 16, 1, 3, 25, 3, 1, 8, false, false},
    {2, 8, 16, 8, 16, 6, 32, 3, 2, 8, false, false},
    {1, 8, 24, 5, 20, 7, 7, 3, 2, 8, false, false},
    {3, 16, 8, 9, 8, 1, 2, 3, 2, 8, false, false},
    {1, 8, 8, 1, 8, 5, 25, 3, 2, 8, false, false},
    {2, 16, 16, 16, 16, 2, 1, 3, 2, 8, false, false},
    {1, 8, 16, 3, 9, 9, 8, 3, 2, 8, false, false}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct bench {
    sur_conv_shape s;
    float *x, *y, *w; /* maps and weights [out][in][3][3], zeros where not used */
} bench;

/* Of the input's map, and of the output's. */
typedef struct sides {
    sur_idx channels, used, height, width;
} sides;

static sides in_of(const sur_conv_shape *s)
{
    return (sides){s->in, s->in_used, s->height, s->width};
}

static sides out_of(const sur_conv_shape *s)
{
    return (sides){s->out, s->out_used, (s->height - 1) / s->stride + 1,
                   (s->width - 1) / s->stride + 1};
}

static sur_idx floats(const sur_conv_shape *s, sides of)
{
    return s->images * of.channels * of.height * of.width;
}

static float *at(float *map, sides of, sur_idx image, sur_idx c, sur_idx r, sur_idx q)
{
    return map +
           (((image * (of.channels / 8) + c / 8) * of.height + r) * of.width + q) * 8 +
           c % 8;
}

static float *map_of(const sur_conv_shape *s, sides of, uint64_t seed)
{
    float *map = calloc((size_t)floats(s, of), sizeof *map);
    sur_rng rng = sur_rng_make(seed, "map", 0);
    for (sur_idx n = 0; n < s->images; n++)
        for (sur_idx c = 0; c < of.used; c++)
            for (sur_idx r = 0; r < of.height; r++)
                for (sur_idx q = 0; q < of.width; q++)
                    *at(map, of, n, c, r, q) = (float)sur_rng_normal(&rng);
    return map;
}

static bench open_bench(int i)
{
    const sur_conv_shape *s = &shapes[i];
    bench b = {.s = *s,
               .x = map_of(s, in_of(s), (uint64_t)i),
               .y = map_of(s, out_of(s), (uint64_t)i + 50),
               .w = calloc((size_t)(s->out * s->in * 9), 4)};
    sur_rng rng = sur_rng_make((uint64_t)i, "weights", 0);
    for (sur_idx o = 0; o < s->out_used; o++)
        for (sur_idx c = 0; c < s->in_used; c++)
            for (sur_idx k = 0; k < 9; k++)
                b.w[(o * s->in + c) * 9 + k] = (float)sur_rng_normal(&rng);
    return b;
}

static void close_bench(bench *b) { free(b->x), free(b->y), free(b->w); }

/* Adds what w(o, i, a, b) joins, over all places, to one of the three. */
static void join(double *y, double *x, double *w, bench *b, sur_idx o, sur_idx i,
                 sur_idx k)
{
    const sur_conv_shape *s = &b->s;
    const sides from = in_of(s), to = out_of(s);
    const sur_idx where = (o * s->in + i) * 9 + k;
    for (sur_idx n = 0; n < s->images; n++)
        for (sur_idx r = 0; r < to.height; r++)
            for (sur_idx q = 0; q < to.width; q++) {
                const sur_idx row = r * s->stride + k / 3 - 1,
                              column = q * s->stride + k % 3 - 1;
                if (row < 0 || row >= from.height || column < 0 || column >= from.width)
                    continue;
                const float *in = at(b->x, from, n, i, row, column),
                            *out = at(b->y, to, n, o, r, q);
                if (y) y[out - b->y] += (double)b->w[where] * (double)*in;
                if (x) x[in - b->x] += (double)b->w[where] * (double)*out;
                if (w) w[where] += (double)*in * (double)*out;
            }
}

static void by_loops(double *y, double *x, double *w, bench *b)
{
    for (sur_idx o = 0; o < b->s.out; o++)
        for (sur_idx i = 0; i < b->s.in; i++)
            for (sur_idx k = 0; k < 9; k++) join(y, x, w, b, o, i, k);
}

static void check_near(const float *got, const double *want, sur_idx count)
{
    for (sur_idx i = 0; i < count; i++) CHECK_NEAR((double)got[i], want[i], 2e-5, 1e-5);
}

/* What a way computes of a bench: y, dx, dw ([out][in][3][3]). */
typedef struct answers {
    float *y, *dx, *dw;
} answers;

static answers ask(sur_conv *c, bench *b)
{
    const sur_conv_shape *s = &b->s;
    const sur_idx size = sur_conv_size(c);
    answers a = {calloc((size_t)(floats(s, out_of(s))), 4),
                 calloc((size_t)(floats(s, in_of(s))), 4),
                 calloc((size_t)(s->out * s->in * 9), 4)};
    void *block, *scratch = malloc(sur_conv_scratch(c) + 1);
    float *w, *dw;
    CHECK_OK(sur_floats_new(&w, &block, 2 * sur_padded(size), NULL));
    dw = w + sur_padded(size);
    for (sur_idx j = 0; j < s->out * s->in * 9; j++)
        w[sur_conv_place(c, j / 9 / s->in, j / 9 % s->in, j % 9 / 3, j % 3)] = b->w[j];
    CHECK(sur_conv_take(c, w, false));
    CHECK(sur_conv_forward(c, 0, a.y, b->x, scratch));
    CHECK(sur_conv_take(c, w, true));
    CHECK(sur_conv_back_data(c, 0, a.dx, b->y, scratch));
    CHECK(sur_conv_back_weights(c, 0, dw, b->y, b->x, scratch));
    for (sur_idx j = 0; j < s->out * s->in * 9; j++)
        a.dw[j] = dw[sur_conv_place(c, j / 9 / s->in, j / 9 % s->in, j % 9 / 3, j % 3)];
    free(block), free(scratch);
    return a;
}

static void free_answers(answers *a) { free(a->y), free(a->dx), free(a->dw); }

static void tiles_sum_what_nested_loops_sum(void **state)
{
    (void)state;
    if (!sur_conv_tiled_fits(&shapes[0])) return; /* no vectors of that kind here */
    for (int i = 0; i < SHAPES; i++) {
        bench b = open_bench(i);
        const sur_conv_shape *s = &b.s;
        double *y = calloc((size_t)(floats(s, out_of(s))), sizeof *y),
               *x = calloc((size_t)(floats(s, in_of(s))), sizeof *x),
               *w = calloc((size_t)(s->out * s->in * 9), sizeof *w);
        sur_conv *c;
        CHECK(sur_conv_tiled_fits(s));
        CHECK_OK(sur_conv_tiled_new(&c, s, true, NULL));
        by_loops(y, x, w, &b);
        answers a = ask(c, &b);
        check_near(a.y, y, floats(s, out_of(s)));
        check_near(a.dx, x, floats(s, in_of(s)));
        check_near(a.dw, w, s->out * s->in * 9);
        free(y), free(x), free(w);
        free_answers(&a), sur_conv_free(c), close_bench(&b);
    }
}

static void tiles_and_onednn_agree(void **state)
{
    (void)state;
    if (!sur_conv_tiled_fits(&shapes[0]) || sur_conv_available(NULL) != SUR_OK) return;
    for (int i = 0; i < SHAPES; i++) {
        bench b = open_bench(i);
        const sur_conv_shape *s = &b.s;
        sur_conv *tiled, *other;
        CHECK_OK(sur_conv_tiled_new(&tiled, s, true, NULL));
        CHECK_OK(sur_conv_dnnl_new(&other, s, true, true, 1, NULL));
        answers a = ask(tiled, &b), o = ask(other, &b);
        for (sur_idx j = 0; j < floats(s, out_of(s)); j++)
            CHECK_NEAR((double)a.y[j], (double)o.y[j], 4e-5, 2e-5);
        for (sur_idx j = 0; j < floats(s, in_of(s)); j++)
            CHECK_NEAR((double)a.dx[j], (double)o.dx[j], 4e-5, 2e-5);
        for (sur_idx j = 0; j < s->out * s->in * 9; j++)
            CHECK_NEAR((double)a.dw[j], (double)o.dw[j], 4e-5, 2e-5);
        free_answers(&a), free_answers(&o);
        sur_conv_free(tiled), sur_conv_free(other), close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_sum_what_nested_loops_sum),
        cmocka_unit_test(tiles_and_onednn_agree),
    };
    return RUN(tests);
}
