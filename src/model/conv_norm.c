/* conv_norm.c -- batch normalization and the rectifier after it.
 *
 * With m, v the mean and variance of a channel over all n images and places of the
 * batch, and s, t its scale and shift:
 *     out = max(0, a (x - m) + t),  a = s / sqrt(v + 1e-5).
 * Backward, with g the derivative by out where out > 0, x^ = (x - m) / sqrt(v + 1e-5):
 *     dt = sum g,  ds = sum g x^,  dx = a (g - dt / n - x^ ds / n);
 * with statistics that are constants, dx = a g. Running statistics go a tenth of the
 * way to m and v n / (n - 1) (as PyTorch has it).
 *
 * Means and sums of squares about them are made for each image and joined as Chan,
 * Golub & LeVeque (Am. Stat. 37, 1983) do: in double, images in their order. */
#include "model/conv_pass.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-5
#define PACE 0.1
/* Floats are added up in float so many at a time. */
enum { RUN = 8192 };

typedef struct plane {
    sur_idx blocks, floats, places; /* of one block of one image */
    int width;                      /* B */
} plane;

static plane plane_of(const sur_conv_pass *p, int op)
{
    const sur_conv_map *map = &p->plan.map[p->plan.op[op].in];
    const sur_idx places = map->height * map->width;
    return (plane){p->layer[op].channels / p->block, places * p->block, places,
                   (int)p->block};
}

/* sum[j] over lanes of channel j, and over runs. */
static void fold(double *sum, const float *lanes, int width)
{
    for (int l = 0; l < LANES; l++) sum[l % width] += (double)lanes[l];
}

/* The mean and the sum of squares about it, of the channels of one block. */
static void moments(double *mean, double *square, const sur_kernels *k, const float *x,
                    const plane *of)
{
    float lanes[LANES], centre[LANES];
    double sum[LANES] = {0.0}, off[LANES] = {0.0};
    for (sur_idx i = 0; i < of->floats; i += RUN) {
        k->lane_sum(lanes, x + i, of->floats - i < RUN ? of->floats - i : RUN);
        fold(sum, lanes, of->width);
    }
    for (int l = 0; l < LANES; l++)
        centre[l] = (float)(sum[l % of->width] / (double)of->places);
    for (sur_idx i = 0; i < of->floats; i += RUN) {
        k->lane_square(lanes, x + i, centre,
                       of->floats - i < RUN ? of->floats - i : RUN);
        fold(off, lanes, of->width);
    }
    for (int j = 0; j < of->width; j++) {
        mean[j] = sum[j] / (double)of->places;
        square[j] = off[j]; /* about centre, which is the mean rounded */
    }
}

/* Joins (count, mean, square) of channels to those of n already there. */
static void join(double *mean, double *square, double n, const double *m,
                 const double *s, double count, sur_idx channels)
{
    for (sur_idx j = 0; j < channels; j++) {
        const double step = m[j] - mean[j];
        mean[j] += step * count / (n + count);
        square[j] += s[j] + step * step * n * count / (n + count);
    }
}

void sur_conv_moments(sur_conv_pass *p, int op, int c)
{
    sur_conv_layer *layer = &p->layer[op];
    const plane of = plane_of(p, op);
    const float *x = sur_chunk_at(p, c, layer->in);
    double *mean = layer->part + 2 * c * layer->channels,
           *square = mean + layer->channels, m[LANES], s[LANES];
    memset(mean, 0, 2 * (size_t)layer->channels * sizeof *mean);
    for (sur_idx i = 0; i < sur_chunk_rows(p, c); i++)
        for (sur_idx b = 0; b < of.blocks; b++, x += of.floats) {
            moments(m, s, p->base.kernels, x, &of);
            join(mean + b * of.width, square + b * of.width, (double)(i * of.places), m,
                 s, (double)of.places, of.width);
        }
}

/* Numbers of channels to lanes of blocks. */
static void spread(float *lanes, double value, sur_idx channel, sur_idx block)
{
    for (sur_idx l = channel % block; l < LANES; l += block)
        lanes[channel / block * LANES + l] = (float)value;
}

static void settle(sur_conv_pass *p, int op, const float *working, const double *mean,
                   const double *variance)
{
    sur_conv_layer *layer = &p->layer[op];
    for (sur_idx j = 0; j < layer->channels; j++) {
        layer->inverse[j] = 1.0 / sqrt(variance[j] + EPSILON);
        const double a = (double)working[layer->weight + j] * layer->inverse[j];
        spread(layer->mean, mean[j], j, p->block);
        spread(layer->factor, a, j, p->block);
        spread(layer->term, (double)working[layer->shift + j] - a * mean[j], j,
               p->block);
    }
}

/* In training from the chunks' moments, which end in the first chunk's. */
void sur_conv_norm_settle(sur_conv_pass *p, int op, float *working)
{
    sur_conv_layer *layer = &p->layer[op];
    const sur_idx channels = layer->channels, places = plane_of(p, op).places;
    double *mean = layer->part, *square = mean + channels;
    float *running = working + layer->running_mean,
          *spreading = working + layer->running;
    if (p->mode == SUR_TRAINING) {
        for (int c = 1; c < p->used; c++) {
            const double *m = layer->part + 2 * c * channels;
            join(mean, square, (double)(c * p->rows * places), m, m + channels,
                 (double)(sur_chunk_rows(p, c) * places), channels);
        }
        const double n = (double)(p->count * places);
        for (sur_idx j = 0; j < channels; j++) {
            const double fair = n > 1.0 ? square[j] / (n - 1.0) : 0.0;
            running[j] += (float)(PACE * (mean[j] - (double)running[j]));
            if (n > 1.0) spreading[j] += (float)(PACE * (fair - (double)spreading[j]));
            square[j] /= n;
        }
    } else {
        for (sur_idx j = 0; j < channels; j++) {
            mean[j] = (double)running[j];
            square[j] = (double)spreading[j];
        }
    }
    settle(p, op, working, mean, square);
}

/* Zeros where a chunk has no images. */
static void clear_rest(const sur_conv_pass *p, float *map, int c, sur_idx each)
{
    const sur_idx rows = sur_chunk_rows(p, c);
    memset(map + rows * each, 0, (size_t)((p->rows - rows) * each) * sizeof *map);
}

void sur_conv_norm_forward(sur_conv_pass *p, int op, int c)
{
    const sur_conv_layer *layer = &p->layer[op];
    const plane of = plane_of(p, op);
    const float *x = sur_chunk_at(p, c, layer->in);
    float *y = sur_chunk_at(p, c, layer->out);
    clear_rest(p, y, c, of.blocks * of.floats);
    for (sur_idx i = 0; i < sur_chunk_rows(p, c); i++)
        for (sur_idx b = 0; b < of.blocks; b++, x += of.floats, y += of.floats)
            p->base.kernels->lane_normal(y, x, layer->factor + b * LANES,
                                         layer->term + b * LANES, of.floats);
}

/* part = the sums of g and of g (x - m) over the chunk. */
void sur_conv_slopes(sur_conv_pass *p, int op, int c)
{
    sur_conv_layer *layer = &p->layer[op];
    const plane of = plane_of(p, op);
    const float *x = sur_chunk_at(p, c, layer->in),
                *dy = sur_chunk_at(p, c, layer->dout);
    double *first = layer->part + 2 * c * layer->channels,
           *second = first + layer->channels;
    float lanes[2 * LANES];
    memset(first, 0, 2 * (size_t)layer->channels * sizeof *first);
    for (sur_idx i = 0; i < sur_chunk_rows(p, c); i++)
        for (sur_idx b = 0; b < of.blocks; b++, x += of.floats, dy += of.floats)
            for (sur_idx f = 0; f < of.floats; f += RUN) {
                p->base.kernels->lane_slopes(
                    lanes, dy + f, x + f, layer->factor + b * LANES,
                    layer->term + b * LANES, layer->mean + b * LANES,
                    of.floats - f < RUN ? of.floats - f : RUN);
                fold(first + b * of.width, lanes, of.width);
                fold(second + b * of.width, lanes + LANES, of.width);
            }
}

/* ds and dt to the taker, and what dx is made with. */
void sur_conv_norm_give(sur_conv_pass *p, int op, sur_pass_take take, void *payload)
{
    sur_conv_layer *layer = &p->layer[op];
    const sur_idx channels = layer->channels, room = layer->shift - layer->weight;
    const double n = (double)(p->count * plane_of(p, op).places);
    double *first = layer->part, *second = first + channels;
    for (int c = 1; c < p->used; c++)
        for (sur_idx j = 0; j < 2 * channels; j++)
            first[j] += layer->part[2 * c * channels + j];
    memset(p->whole, 0, 2 * (size_t)room * sizeof *p->whole);
    for (sur_idx j = 0; j < channels; j++) {
        const double a = (double)layer->factor[j / p->block * LANES + j % p->block],
                     inverse = layer->inverse[j];
        const bool moves = p->mode == SUR_TRAINING;
        p->whole[j] = (float)(second[j] * inverse);
        p->whole[room + j] = (float)first[j];
        spread(layer->slant, moves ? -a * second[j] * inverse * inverse / n : 0.0, j,
               p->block);
        spread(layer->level, moves ? -a * first[j] / n : 0.0, j, p->block);
    }
    take(payload, layer->weight, p->whole, 2 * room);
}

void sur_conv_norm_back(sur_conv_pass *p, int op, int c)
{
    const sur_conv_layer *layer = &p->layer[op];
    const plane of = plane_of(p, op);
    const float *x = sur_chunk_at(p, c, layer->in),
                *dy = sur_chunk_at(p, c, layer->dout);
    float *dx = sur_chunk_at(p, c, layer->din);
    if (layer->fresh) clear_rest(p, dx, c, of.blocks * of.floats);
    for (sur_idx i = 0; i < sur_chunk_rows(p, c); i++)
        for (sur_idx b = 0; b < of.blocks;
             b++, x += of.floats, dy += of.floats, dx += of.floats) {
            const sur_idx l = b * LANES;
            p->base.kernels->lane_back(dx, dy, x, layer->factor + l, layer->term + l,
                                       layer->mean + l, layer->slant + l,
                                       layer->level + l, of.floats, !layer->fresh);
        }
}
