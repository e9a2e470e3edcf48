/* conv_tile.h -- convolutions of 3 x 3 places and stride 1 over blocks of 8 channels,
 * by register tiles. */
#ifndef MODEL_CONV_TILE_H
#define MODEL_CONV_TILE_H

#include <surplus/base.h>

/* Images of in_blocks x height x width x 8 floats become such of out_blocks. Of the
 * input's channels the first `used` are not zero. */
typedef struct sur_tiling {
    sur_idx images, in_blocks, out_blocks, used, height, width;
} sur_tiling;

/* Whether this processor can. */
bool sur_tiles_run(void);

/* w: [out block][in block][row][column][in 8][out 8]; places outside an image are
 * zeros. y(o, r, q) = sum_{i, a, b} w(o, i, a, b) x(i, r + a - 1, q + b - 1) */
void sur_tiles_forward(float *y, const float *x, const float *w, const sur_tiling *t);

/* dw(o, i, a, b) = sum over images and places of dy(o, r, q) x(i, r + a - 1, q + b -
 * 1), zeros for channels that are not used. */
void sur_tiles_weights(float *dw, const float *dy, const float *x, const sur_tiling *t);

#endif
