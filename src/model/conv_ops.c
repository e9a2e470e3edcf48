/* conv_ops.c -- images in, the largest of windows, means over places. */
#include "model/conv_pass.h"

#include <string.h>

sur_idx sur_conv_map_floats(const sur_conv_pass *p, int map)
{
    const sur_conv_map *m = &p->plan.map[map];
    const bool plain = map == 0 && p->plain;
    const sur_idx channels =
        plain ? m->channels : (m->channels + p->block - 1) / p->block * p->block;
    return channels * m->height * m->width;
}

/* ---- images in ---- */

/* to = one channel of an image, moved. */
static void move(float *to, const float *from, const sur_conv_map *m,
                 const sur_jitter *jitter)
{
    for (sur_idx r = 0; r < m->height; r++)
        for (sur_idx q = 0; q < m->width; q++) {
            const sur_idx at = jitter->flip ? m->width - 1 - q : q;
            const sur_idx row = r - jitter->down, column = at - jitter->right;
            const bool inside =
                row >= 0 && row < m->height && column >= 0 && column < m->width;
            to[r * m->width + q] = inside ? from[row * m->width + column] : 0.0F;
        }
}

static void put_plain(float *to, const float *from, const sur_conv_map *m,
                      const sur_jitter *jitter)
{
    const sur_idx places = m->height * m->width;
    if (!jitter) {
        memcpy(to, from, (size_t)(m->channels * places) * sizeof *to);
        return;
    }
    for (sur_idx c = 0; c < m->channels; c++)
        move(to + c * places, from + c * places, m, jitter);
}

static void put_blocked(float *to, const float *from, const sur_conv_map *m,
                        const sur_jitter *jitter, sur_idx block)
{
    const sur_jitter none = {0}, *by = jitter ? jitter : &none;
    const sur_idx places = m->height * m->width;
    for (sur_idx r = 0; r < m->height; r++)
        for (sur_idx q = 0; q < m->width; q++) {
            const sur_idx at = by->flip ? m->width - 1 - q : q;
            const sur_idx row = r - by->down, column = at - by->right;
            const bool inside =
                row >= 0 && row < m->height && column >= 0 && column < m->width;
            for (sur_idx c = 0; c < m->channels; c++)
                to[(c / block * places + r * m->width + q) * block + c % block] =
                    inside ? from[c * places + row * m->width + column] : 0.0F;
        }
}

void sur_conv_gather(sur_conv_pass *p, const sur_inputs *inputs, const sur_idx *picks,
                     sur_idx first, int c)
{
    const sur_conv_map *m = &p->plan.map[0];
    const sur_idx floats = sur_conv_map_floats(p, 0), rows = sur_chunk_rows(p, c);
    float *to = sur_chunk_at(p, c, p->layer[0].in);
    memset(to, 0, (size_t)(p->rows * floats) * sizeof *to);
    for (sur_idx i = 0; i < rows; i++, to += floats) {
        const sur_idx at = c * p->rows + i, row = picks ? picks[at] : first + at;
        const float *from = inputs->x + row * inputs->stride;
        const sur_jitter *jitter = p->base.jitter ? &p->base.jitter[at] : NULL;
        if (p->plain)
            put_plain(to, from, m, jitter);
        else
            put_blocked(to, from, m, jitter, p->block);
    }
}

/* ---- pooling ---- */

/* One block of channels of one image, before and after. */
typedef struct window {
    sur_idx height, width, rows, columns; /* of the input; of a window */
    sur_idx down, across;                 /* windows */
    sur_idx block, planes;
} window;

static window window_of(const sur_conv_pass *p, int op)
{
    const sur_conv_op *o = &p->plan.op[op];
    const sur_conv_map *in = &p->plan.map[o->in], *out = &p->plan.map[o->out];
    const sur_idx k = o->kernel;
    return (window){.height = in->height,
                    .width = in->width,
                    .rows = k == 0 || in->height < k ? in->height : k,
                    .columns = k == 0 || in->width < k ? in->width : k,
                    .down = out->height,
                    .across = out->width,
                    .block = p->block,
                    .planes = p->rows * ((in->channels + p->block - 1) / p->block)};
}

/* The largest of the window at x, for every channel of the block. */
static void largest(float *most, const float *x, const window *w)
{
    memcpy(most, x, (size_t)w->block * sizeof *most);
    for (sur_idx r = 0; r < w->rows; r++)
        for (sur_idx q = 0; q < w->columns; q++) {
            const float *at = x + (r * w->width + q) * w->block;
            for (sur_idx l = 0; l < w->block; l++)
                most[l] = at[l] > most[l] || at[l] != at[l] ? at[l] : most[l];
        }
}

void sur_conv_pool_forward(sur_conv_pass *p, int op, int c)
{
    const window w = window_of(p, op);
    const float *x = sur_chunk_at(p, c, p->layer[op].in);
    float *y = sur_chunk_at(p, c, p->layer[op].out);
    for (sur_idx i = 0; i < w.planes; i++, x += w.height * w.width * w.block)
        for (sur_idx r = 0; r < w.down; r++)
            for (sur_idx q = 0; q < w.across; q++, y += w.block)
                largest(y, x + (r * w.rows * w.width + q * w.columns) * w.block, &w);
}

/* dx = dy at the first of the largest. */
static void hand_down(float *dx, const float *dy, const float *x, const window *w)
{
    float most[LANES];
    bool given[LANES] = {false};
    largest(most, x, w);
    for (sur_idx r = 0; r < w->rows; r++)
        for (sur_idx q = 0; q < w->columns; q++) {
            const sur_idx at = (r * w->width + q) * w->block;
            for (sur_idx l = 0; l < w->block; l++) {
                const bool here = !given[l] && x[at + l] == most[l];
                dx[at + l] = here ? dy[l] : 0.0F;
                given[l] = given[l] || here;
            }
        }
}

void sur_conv_pool_back(sur_conv_pass *p, int op, int c)
{
    const window w = window_of(p, op);
    const sur_idx floats = w.height * w.width * w.block;
    const float *x = sur_chunk_at(p, c, p->layer[op].in),
                *dy = sur_chunk_at(p, c, p->layer[op].dout);
    float *dx = sur_chunk_at(p, c, p->layer[op].din);
    memset(dx, 0, (size_t)(w.planes * floats) * sizeof *dx);
    for (sur_idx i = 0; i < w.planes; i++, x += floats, dx += floats)
        for (sur_idx r = 0; r < w.down; r++)
            for (sur_idx q = 0; q < w.across; q++, dy += w.block) {
                const sur_idx at = (r * w.rows * w.width + q * w.columns) * w.block;
                hand_down(dx + at, dy, x + at, &w);
            }
}

/* ---- means ---- */

void sur_conv_mean_forward(sur_conv_pass *p, int op, int c)
{
    const window w = window_of(p, op);
    const sur_idx places = w.height * w.width;
    const float *x = sur_chunk_at(p, c, p->layer[op].in);
    float *y = sur_chunk_at(p, c, p->layer[op].out);
    for (sur_idx i = 0; i < w.planes; i++, y += w.block) {
        double sum[LANES] = {0.0};
        for (sur_idx at = 0; at < places; at++, x += w.block)
            for (sur_idx l = 0; l < w.block; l++) sum[l] += (double)x[l];
        for (sur_idx l = 0; l < w.block; l++) y[l] = (float)(sum[l] / (double)places);
    }
}

void sur_conv_mean_back(sur_conv_pass *p, int op, int c)
{
    const window w = window_of(p, op);
    const sur_idx places = w.height * w.width;
    const float *dy = sur_chunk_at(p, c, p->layer[op].dout),
                share = 1.0F / (float)places;
    float *dx = sur_chunk_at(p, c, p->layer[op].din);
    for (sur_idx i = 0; i < w.planes; i++, dy += w.block)
        for (sur_idx at = 0; at < places; at++, dx += w.block)
            for (sur_idx l = 0; l < w.block; l++) dx[l] = dy[l] * share;
}
