/* conv_dnnl.c -- convolutions by oneDNN; the one file that knows it, and which of its
 * versions (2.x, 3.x) there is.
 *
 * oneDNN chooses the layout of weights; images have ours. Of the three layouts
 * (forward, for the input's gradient, of the weights' gradient) the last is that of a
 * network's numbers at work; weights are put into the others where these differ.
 * Primitives are made for one thread and given their scratch, so that lanes do not
 * meet. In bfloat16 factors are narrowed into the scratch, and results are floats. */
#include "model/conv.h"

#include "base/bfloat16.h"
#include "base/memory.h"
#include "base/try.h"

#include <oneapi/dnnl/dnnl.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t seen; /* a description that somebody owns */
#else
typedef const dnnl_memory_desc_t *seen;
#endif

enum { FORWARD, DATA, WEIGHTS, DIRECTIONS };

/* What one lane computes with: handles of the arrays at hand. */
typedef struct desk {
    dnnl_stream_t stream;
    dnnl_memory_t x[DIRECTIONS], y[DIRECTIONS], scratch[DIRECTIONS], dw;
} desk;

typedef struct dnnl_conv {
    sur_conv base;
    dnnl_engine_t engine;
    dnnl_primitive_desc_t made[DIRECTIONS];
    dnnl_primitive_t run[DIRECTIONS];
    seen w[DIRECTIONS];       /* w[WEIGHTS]: the layout at work */
    dnnl_primitive_t turn[2]; /* from it to forward, to data; NULL: the same */
    float *own[2];            /* the result */
    void *block[2];
    dnnl_memory_t worked, taken[2]; /* weights at work, and as [FORWARD], [DATA] */
    desk *desk;
    int lanes;
} dnnl_conv;

sur_status sur_conv_available(sur_error *err)
{
    (void)err;
    return SUR_OK;
}

int sur_conv_alone(void)
{
#ifdef _OPENMP
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    return before;
#else
    return 1;
#endif
}

void sur_conv_alone_end(int before)
{
#ifdef _OPENMP
    omp_set_num_threads(before);
#else
    (void)before;
#endif
}

static bool half(const dnnl_conv *c) { return c->base.shape.bfloat16; }

/* ---- what 2.x and 3.x spell differently ---- */

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t owned;
static seen see(const owned *of) { return *of; }
static void forget(owned *of) { dnnl_memory_desc_destroy(*of); }
static dnnl_status_t describe(owned *out, dnnl_dims_t dims, dnnl_data_type_t type,
                              dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(out, 4, dims, type, tag);
}
#else
typedef dnnl_memory_desc_t owned;
static seen see(const owned *of) { return of; }
static void forget(owned *of) { (void)of; }
static dnnl_status_t describe(owned *out, dnnl_dims_t dims, dnnl_data_type_t type,
                              dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_init_by_tag(out, 4, dims, type, tag);
}
#endif

/* One convolution with all its shapes: arrays that are multiplied, and results. */
enum { FACTOR, RESULT, ROLES };
typedef struct problem {
    owned x[ROLES], w[ROLES], y[ROLES];
    dnnl_dims_t stride, before, after;
    dnnl_primitive_attr_t attr;
} problem;

static dnnl_status_t plan(dnnl_conv *c, const problem *p, int direction)
{
    dnnl_primitive_desc_t *out = &c->made[direction];
    const dnnl_primitive_desc_t hint = c->made[FORWARD];
    const seen x = see(&p->x[direction == DATA ? RESULT : FACTOR]),
               w = see(&p->w[direction == WEIGHTS ? RESULT : FACTOR]),
               y = see(&p->y[direction == FORWARD ? RESULT : FACTOR]);
#if DNNL_VERSION_MAJOR >= 3
    if (direction == FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(
            out, c->engine, dnnl_forward_training, dnnl_convolution_direct, x, w, NULL,
            y, p->stride, NULL, p->before, p->after, p->attr);
    if (direction == DATA)
        return dnnl_convolution_backward_data_primitive_desc_create(
            out, c->engine, dnnl_convolution_direct, x, w, y, p->stride, NULL,
            p->before, p->after, hint, p->attr);
    return dnnl_convolution_backward_weights_primitive_desc_create(
        out, c->engine, dnnl_convolution_direct, x, w, NULL, y, p->stride, NULL,
        p->before, p->after, hint, p->attr);
#else
    dnnl_convolution_desc_t of;
    dnnl_status_t status;
    if (direction == FORWARD)
        status = dnnl_convolution_forward_desc_init(&of, dnnl_forward_training,
                                                    dnnl_convolution_direct, x, w, NULL,
                                                    y, p->stride, p->before, p->after);
    else if (direction == DATA)
        status = dnnl_convolution_backward_data_desc_init(
            &of, dnnl_convolution_direct, x, w, y, p->stride, p->before, p->after);
    else
        status = dnnl_convolution_backward_weights_desc_init(
            &of, dnnl_convolution_direct, x, w, NULL, y, p->stride, p->before,
            p->after);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(out, &of, p->attr, c->engine,
                                      direction == FORWARD ? NULL : hint);
#endif
}

/* Strides between blocks, and the blocks within, of a layout. */
typedef struct blocking {
    const dnnl_dim_t *stride, *size, *of;
    int count;
} blocking;

static blocking blocking_of(seen layout)
{
    blocking b = {0};
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dims_t *stride, *size, *of;
    dnnl_memory_desc_query(layout, dnnl_query_strides, &stride);
    dnnl_memory_desc_query(layout, dnnl_query_inner_blks, &size);
    dnnl_memory_desc_query(layout, dnnl_query_inner_idxs, &of);
    dnnl_memory_desc_query(layout, dnnl_query_inner_nblks_s32, &b.count);
    b.stride = *stride;
    b.size = *size;
    b.of = *of;
#else
    const dnnl_blocking_desc_t *from = &layout->format_desc.blocking;
    b = (blocking){from->strides, from->inner_blks, from->inner_idxs,
                   from->inner_nblks};
#endif
    return b;
}

/* ---- making ---- */

#define DNNL_TRY(call)                                                      \
    SUR_FAIL_IF((call) != dnnl_success, SUR_EBACKEND,                       \
                "oneDNN refused a convolution of %lld to %lld channels of " \
                "%lld x %lld",                                              \
                (long long)c->base.shape.in, (long long)c->base.shape.out,  \
                (long long)c->base.shape.height, (long long)c->base.shape.width)

/* Of each direction: what its arrays are called, asked for and handed over. */
static const struct {
    dnnl_query_t x, y, w;
    int x_arg, y_arg, w_arg;
} asks[DIRECTIONS] = {
    {dnnl_query_src_md, dnnl_query_dst_md, dnnl_query_weights_md, DNNL_ARG_SRC,
     DNNL_ARG_DST, DNNL_ARG_WEIGHTS},
    {dnnl_query_diff_src_md, dnnl_query_diff_dst_md, dnnl_query_weights_md,
     DNNL_ARG_DIFF_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS},
    {dnnl_query_src_md, dnnl_query_diff_dst_md, dnnl_query_diff_weights_md,
     DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS}};

static seen layout(const dnnl_conv *c, int direction, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(c->made[direction], what, 0);
}

static sur_status make_problem(problem *p, const dnnl_conv *c, sur_error *err)
{
    const sur_conv_shape *s = &c->base.shape;
    const sur_idx h = (s->height - 1) / s->stride + 1,
                  w = (s->width - 1) / s->stride + 1, side = s->kernel / 2;
    dnnl_dims_t x = {s->images, s->in, s->height, s->width},
                k = {s->out, s->in, s->kernel, s->kernel},
                y = {s->images, s->out, h, w};
    const dnnl_format_tag_t blocked = s->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
    sur_status status = SUR_OK;

    p->stride[0] = p->stride[1] = s->stride;
    p->before[0] = p->before[1] = side;
    p->after[0] = (h - 1) * s->stride + s->kernel - s->height - side;
    p->after[1] = (w - 1) * s->stride + s->kernel - s->width - side;
    for (int i = 0; i < ROLES; i++) {
        const dnnl_data_type_t type = s->bfloat16 && i == FACTOR ? dnnl_bf16 : dnnl_f32;
        DNNL_TRY(describe(&p->x[i], x, type, s->plain ? dnnl_nchw : blocked));
        DNNL_TRY(describe(&p->w[i], k, type, dnnl_format_tag_any));
        DNNL_TRY(describe(&p->y[i], y, type, blocked));
    }
    DNNL_TRY(dnnl_primitive_attr_create(&p->attr));
    DNNL_TRY(
        dnnl_primitive_attr_set_scratchpad_mode(p->attr, dnnl_scratchpad_mode_user));

done:
    return status;
}

static const char *dnnl_kernel(const sur_conv *conv, int direction)
{
    const dnnl_conv *c = (const dnnl_conv *)conv;
    const char *name = NULL;
    if (direction < 0 || direction >= DIRECTIONS || !c->made[direction]) return NULL;
    dnnl_primitive_desc_query(c->made[direction], dnnl_query_impl_info_str, 0, &name);
    return name;
}

/* oneDNN's loops for whatever has no kernel are hundreds of times slower. */
static bool by_loops(const dnnl_conv *c, int direction)
{
    const char *name = dnnl_kernel(&c->base, direction);
    return !name || strncmp(name, "ref", 3) == 0;
}

/* From the layout at work to that of a direction, if it is another. */
static sur_status make_turn(dnnl_conv *c, int direction, sur_error *err)
{
    dnnl_primitive_desc_t turn = NULL;
    const seen to = layout(c, direction, asks[direction].w), from = c->w[WEIGHTS];
    sur_status status = SUR_OK;

    c->w[direction] = to;
    if (dnnl_memory_desc_equal(from, to)) {
        DNNL_TRY(dnnl_memory_create(&c->taken[direction], to, c->engine, NULL));
        goto done;
    }
    SUR_TRY(sur_floats_new(
        &c->own[direction], &c->block[direction],
        (sur_idx)((dnnl_memory_desc_get_size(to) + 3) / sizeof(float)), err));
    DNNL_TRY(
        dnnl_memory_create(&c->taken[direction], to, c->engine, c->own[direction]));
    DNNL_TRY(dnnl_reorder_primitive_desc_create(&turn, from, c->engine, to, c->engine,
                                                NULL));
    DNNL_TRY(dnnl_primitive_create(&c->turn[direction], turn));

done:
    dnnl_primitive_desc_destroy(turn);
    return status;
}

static sur_status make_desk(dnnl_conv *c, desk *l, sur_error *err)
{
    sur_status status = SUR_OK;
    DNNL_TRY(dnnl_stream_create(&l->stream, c->engine, dnnl_stream_default_flags));
    if (c->made[WEIGHTS])
        DNNL_TRY(dnnl_memory_create(&l->dw, c->w[WEIGHTS], c->engine, NULL));
    for (int i = 0; i < DIRECTIONS; i++) {
        if (!c->made[i]) continue;
        DNNL_TRY(
            dnnl_memory_create(&l->x[i], layout(c, i, asks[i].x), c->engine, NULL));
        DNNL_TRY(
            dnnl_memory_create(&l->y[i], layout(c, i, asks[i].y), c->engine, NULL));
        DNNL_TRY(dnnl_memory_create(
            &l->scratch[i], layout(c, i, dnnl_query_scratchpad_md), c->engine, NULL));
    }

done:
    return status;
}

static sur_status make(dnnl_conv *c, bool back, bool data, sur_error *err)
{
    /* numbers at work are floats, which in bfloat16 only gradients are */
    const bool wanted[DIRECTIONS] = {true, back && data, back || half(c)};
    problem p = {0};
    sur_status status;

    DNNL_TRY(dnnl_engine_create(&c->engine, dnnl_cpu, 0));
    SUR_TRY(make_problem(&p, c, err));
    for (int i = 0; i < DIRECTIONS; i++) {
        if (!wanted[i]) continue;
        DNNL_TRY(plan(c, &p, i));
        SUR_FAIL_IF(half(c) && by_loops(c, i), SUR_EBACKEND,
                    "no kernel for bfloat16 on this processor");
        DNNL_TRY(dnnl_primitive_create(&c->run[i], c->made[i]));
    }
    const int works = wanted[WEIGHTS] ? WEIGHTS : FORWARD;
    c->w[WEIGHTS] = layout(c, works, asks[works].w);
    DNNL_TRY(dnnl_memory_create(&c->worked, c->w[WEIGHTS], c->engine, NULL));
    SUR_TRY(make_turn(c, FORWARD, err));
    if (wanted[DATA]) SUR_TRY(make_turn(c, DATA, err));
    for (int i = 0; i < c->lanes; i++) SUR_TRY(make_desk(c, &c->desk[i], err));

done:
    dnnl_primitive_attr_destroy(p.attr);
    for (int i = 0; i < ROLES; i++) {
        forget(&p.x[i]);
        forget(&p.w[i]);
        forget(&p.y[i]);
    }
    return status;
}

static void dnnl_free(sur_conv *conv)
{
    dnnl_conv *c = (dnnl_conv *)conv;
    for (int i = 0; c->desk && i < c->lanes; i++) {
        desk *l = &c->desk[i];
        for (int d = 0; d < DIRECTIONS; d++) {
            dnnl_memory_destroy(l->scratch[d]);
            dnnl_memory_destroy(l->x[d]);
            dnnl_memory_destroy(l->y[d]);
        }
        dnnl_memory_destroy(l->dw);
        dnnl_stream_destroy(l->stream);
    }
    for (int i = 0; i < 2; i++) {
        dnnl_primitive_destroy(c->turn[i]);
        dnnl_memory_destroy(c->taken[i]);
        free(c->block[i]);
    }
    dnnl_memory_destroy(c->worked);
    for (int i = 0; i < DIRECTIONS; i++) {
        dnnl_primitive_destroy(c->run[i]);
        dnnl_primitive_desc_destroy(c->made[i]);
    }
    dnnl_engine_destroy(c->engine);
    free(c->desk);
    free(c);
}

/* ---- asking ---- */

static sur_idx dnnl_size(const sur_conv *conv)
{
    const dnnl_conv *c = (const dnnl_conv *)conv;
    return (sur_idx)(dnnl_memory_desc_get_size(c->w[WEIGHTS]) / sizeof(float));
}

static sur_idx dnnl_place(const sur_conv *conv, sur_idx o, sur_idx i, sur_idx row,
                          sur_idx column)
{
    const blocking b = blocking_of(((const dnnl_conv *)conv)->w[WEIGHTS]);
    sur_idx at[4] = {o, i, row, column}, place = 0, step = 1;
    for (int k = b.count - 1; k >= 0; k--) {
        sur_idx *outer = &at[b.of[k]];
        place += *outer % b.size[k] * step;
        *outer /= b.size[k];
        step *= b.size[k];
    }
    for (int k = 0; k < 4; k++) place += at[k] * b.stride[k];
    return place;
}

/* Bytes of a map of bfloat16, to the next cache line. */
static size_t narrow_bytes(sur_idx floats)
{
    return ((size_t)floats * 2 + 63) / 64 * 64;
}

static size_t scratch_of(const dnnl_conv *c, int direction)
{
    return dnnl_memory_desc_get_size(layout(c, direction, dnnl_query_scratchpad_md));
}

static size_t dnnl_scratch(const sur_conv *conv)
{
    const dnnl_conv *c = (const dnnl_conv *)conv;
    size_t most = 0;
    for (int i = 0; i < DIRECTIONS; i++) {
        if (!c->made[i]) continue;
        const size_t size = scratch_of(c, i);
        most = size > most ? size : most;
    }
    if (!half(c)) return most;
    return (most + 63) / 64 * 64 + narrow_bytes(sur_conv_floats_in(&conv->shape)) +
           narrow_bytes(sur_conv_floats_out(&conv->shape));
}

/* ---- running ---- */

static bool dnnl_take(sur_conv *conv, float *weights, bool back)
{
    dnnl_conv *c = (dnnl_conv *)conv;
    const int d = back ? DATA : FORWARD;
    if (!c->run[d]) return true;
    if (!c->turn[d])
        return dnnl_memory_set_data_handle(c->taken[d], weights) == dnnl_success;
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, c->worked},
                                    {DNNL_ARG_TO, c->taken[d]}};
    return dnnl_memory_set_data_handle(c->worked, weights) == dnnl_success &&
           dnnl_primitive_execute(c->turn[d], c->desk[0].stream, 2, args) ==
               dnnl_success &&
           dnnl_stream_wait(c->desk[0].stream) == dnnl_success;
}

/* The factors among x and y narrowed into scratch, behind what oneDNN needs of it. */
static void narrow(const dnnl_conv *c, int direction, float **x, float **y,
                   void *scratch)
{
    const sur_conv_shape *s = &c->base.shape;
    char *at = (char *)scratch + (scratch_of(c, direction) + 63) / 64 * 64;
    float **const map[] = {direction == DATA ? NULL : x,
                           direction == FORWARD ? NULL : y};
    const sur_idx floats[] = {sur_conv_floats_in(s), sur_conv_floats_out(s)};
    for (int i = 0; i < 2; i++) {
        if (!map[i]) continue;
        void *room = at;
        uint16_t *to = room;
        for (sur_idx j = 0; j < floats[i]; j++) to[j] = sur_bfloat16((*map[i])[j]);
        *map[i] = room;
        at += narrow_bytes(floats[i]);
    }
}

/* Gives the arrays to the lane and runs; dw only for WEIGHTS. */
static bool run(sur_conv *conv, int direction, int which, float *x, float *y, float *dw,
                void *scratch)
{
    dnnl_conv *c = (dnnl_conv *)conv;
    const desk *l = &c->desk[which];
    const dnnl_memory_t third = direction == WEIGHTS ? l->dw : c->taken[direction];
    const dnnl_exec_arg_t list[] = {{asks[direction].x_arg, l->x[direction]},
                                    {asks[direction].y_arg, l->y[direction]},
                                    {asks[direction].w_arg, third},
                                    {DNNL_ARG_SCRATCHPAD, l->scratch[direction]}};
    if (half(c)) narrow(c, direction, &x, &y, scratch);
    if (dnnl_memory_set_data_handle(l->x[direction], x) != dnnl_success ||
        dnnl_memory_set_data_handle(l->y[direction], y) != dnnl_success ||
        dnnl_memory_set_data_handle(l->scratch[direction], scratch) != dnnl_success)
        return false;
    if (dw && dnnl_memory_set_data_handle(l->dw, dw) != dnnl_success) return false;
    return dnnl_primitive_execute(c->run[direction], l->stream, 4, list) ==
               dnnl_success &&
           dnnl_stream_wait(l->stream) == dnnl_success;
}

static bool dnnl_forth(sur_conv *c, int lane, float *y, float *x, void *scratch)
{
    return run(c, FORWARD, lane, x, y, NULL, scratch);
}

static bool dnnl_back(sur_conv *c, int lane, float *dx, float *dy, void *scratch)
{
    return run(c, DATA, lane, dx, dy, NULL, scratch);
}

static bool dnnl_back_weights(sur_conv *c, int lane, float *dw, float *dy, float *x,
                              void *scratch)
{
    return run(c, WEIGHTS, lane, x, dy, dw, scratch);
}

static const sur_conv_way way = {dnnl_free,   dnnl_size,    dnnl_place,
                                 dnnl_kernel, dnnl_scratch, dnnl_take,
                                 dnnl_forth,  dnnl_back,    dnnl_back_weights};

sur_status sur_conv_dnnl_new(sur_conv **out, const sur_conv_shape *shape, bool back,
                             bool data, int lanes, sur_error *err)
{
    dnnl_conv *c;
    *out = NULL;
    sur_status status = sur_alloc(&c, 1, sizeof *c, err);
    if (status != SUR_OK) return status;
    c->base = (sur_conv){&way, *shape};
    c->lanes = lanes;
    status = sur_alloc(&c->desk, lanes, sizeof *c->desk, err);
    if (status == SUR_OK) {
        const int before = sur_conv_alone();
        status = make(c, back, data, err);
        sur_conv_alone_end(before);
    }
    if (status == SUR_OK)
        *out = &c->base;
    else
        dnnl_free(&c->base);
    return status;
}
