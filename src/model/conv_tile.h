/* conv_tile.h -- convolutions of 3 x 3 places over blocks of 8 channels, by register
 * tiles. */
#ifndef MODEL_CONV_TILE_H
#define MODEL_CONV_TILE_H

#include <surplus/base.h>

/* Images x of in_blocks x height x width x 8 floats, of whose channels the first `used`
 * are not zero, become images y of out_blocks x down x across x 8, down and across
 * being height and width over the stride (1 or 2), rounded up. Places outside an image
 * are zeros. */
typedef struct sur_tiling {
    sur_idx images, in_blocks, out_blocks, used, height, width, stride, down, across;
} sur_tiling;

/* Whether this processor can. */
bool sur_tiles_run(void);

/* Weights: [out block][in block][row a][column b][in 8][out 8].
 *     y(o, r, q) = sum_{i, a, b} w(o, i, a, b) x(i, s r + a - 1, s q + b - 1) */
void sur_tiles_forward(float *y, const float *x, const float *w, const sur_tiling *t);

/* Stride 2 the other way: x become images y of height x width.
 *     y(o, r, q) = sum_{i, a, b} w(o, i, a, b) x(i, (r + a - 1) / 2, (q + b - 1) / 2)
 * over what is whole; x are of down x across. */
void sur_tiles_spread(float *y, const float *x, const float *w, const sur_tiling *t);

/* dw(o, i, a, b) = sum over images, r, q of dy(o, r, q) x(i, s r + a - 1, s q + b - 1),
 * zeros for channels that are not used. */
void sur_tiles_weights(float *dw, const float *dy, const float *x, const sur_tiling *t);

#endif
