/* conv_families.c -- what the convolutional families are made of; k is the width. */
#include "model/conv.h"

#include <stdio.h>

/* convolve, normalize, rectify */
static int unit(sur_conv_plan *p, int in, int i, sur_idx channels, sur_idx kernel,
                sur_idx stride)
{
    char name[16];
    snprintf(name, sizeof name, "conv%d", i);
    const int out = sur_conv_convolve(p, in, channels, kernel, stride, name);
    snprintf(name, sizeof name, "bn%d", i);
    return sur_conv_norm(p, out, name);
}

static void cnn5(sur_conv_plan *p, sur_idx k)
{
    int at = unit(p, 0, 1, k, 3, 1);
    at = sur_conv_pool(p, unit(p, at, 2, 2 * k, 3, 1), 2);
    at = sur_conv_pool(p, unit(p, at, 3, 4 * k, 3, 1), 2);
    sur_conv_pool(p, unit(p, at, 4, 8 * k, 3, 1), 0);
}

static void allcnn(sur_conv_plan *p, sur_idx k)
{
    static const struct {
        sur_idx factor, kernel, stride;
    } layer[] = {{1, 3, 1}, {1, 3, 1}, {2, 3, 2}, {2, 3, 1},
                 {2, 3, 1}, {2, 3, 2}, {2, 3, 1}, {2, 1, 1}};
    int at = 0;
    for (int i = 0; i < 8; i++)
        at = unit(p, at, i + 1, layer[i].factor * k, layer[i].kernel, layer[i].stride);
    sur_conv_mean(p, at);
}

/* x + F(x): F of convolutions, each after a normalization. Where places or channels
 * change, x is replaced by a 1x1 convolution of its normalized self. `wide` channels
 * come out; kernels[i] and channels[i] are the convolutions', the stride is that of the
 * one `strided`. */
typedef struct block {
    int convolutions, strided;
    sur_idx kernel[3], channels[3];
} block;

static int residual(sur_conv_plan *p, int in, const block *b, sur_idx stride,
                    const char *name)
{
    const sur_idx wide = b->channels[b->convolutions - 1];
    const bool moves = stride > 1 || p->map[in].channels != wide;
    char full[40];
    int at = in, aside = in;
    for (int i = 0; i < b->convolutions; i++) {
        snprintf(full, sizeof full, "%s.bn%d", name, i + 1);
        at = sur_conv_norm(p, at, full);
        if (i == 0 && moves) {
            snprintf(full, sizeof full, "%s.shortcut.0", name);
            aside = sur_conv_convolve(p, at, wide, 1, stride, full);
        }
        snprintf(full, sizeof full, "%s.conv%d", name, i + 1);
        at = sur_conv_convolve(p, at, b->channels[i], b->kernel[i],
                               i == b->strided ? stride : 1, full);
    }
    return sur_conv_add(p, at, aside);
}

static int stages(sur_conv_plan *p, int at, sur_idx k, const int counts[4], bool deep)
{
    for (int s = 0; s < 4; s++) {
        const sur_idx c = k << s;
        const block plain = {2, 0, {3, 3}, {c, c}},
                    bottleneck = {3, 1, {1, 3, 1}, {c, c, 4 * c}};
        for (int i = 0; i < counts[s]; i++) {
            char name[24];
            snprintf(name, sizeof name, "layer%d.%d", s + 1, i);
            at = residual(p, at, deep ? &bottleneck : &plain, s > 0 && i == 0 ? 2 : 1,
                          name);
        }
    }
    return at;
}

static void resnet18(sur_conv_plan *p, sur_idx k)
{
    const int stem = sur_conv_convolve(p, 0, k, 3, 1, "conv1");
    sur_conv_mean(p, stages(p, stem, k, (const int[]){2, 2, 2, 2}, false));
}

static void resnet50(sur_conv_plan *p, sur_idx k)
{
    const int stem = sur_conv_convolve(p, 0, k, 3, 1, "conv1");
    sur_conv_mean(p, stages(p, stem, k, (const int[]){3, 4, 6, 3}, true));
}

sur_conv_family sur_conv_family_of(sur_family family)
{
    static const sur_conv_family all[] = {cnn5, allcnn, resnet18, resnet50};
    return all[family - SUR_CNN5];
}
