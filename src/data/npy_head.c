/* npy_head.c -- the head of an NPY array, taken apart and distrusted. */
#include "data/npy.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_HEAD = 1 << 16, LONGEST_TEXT = 1 << 16 };

/* A place in the header text, which ends with a zero byte. */
typedef struct cursor {
    const char *at;
} cursor;

static char next_sign(cursor *c)
{
    while (*c->at == ' ' || *c->at == '\n' || *c->at == '\t') c->at++;
    return *c->at;
}

static bool take(cursor *c, char sign)
{
    if (next_sign(c) != sign) return false;
    c->at++;
    return true;
}

/* A string in either kind of quotes; false if none stands here or it does not fit. */
static bool take_string(cursor *c, char *text, size_t size)
{
    const char quote = next_sign(c);
    if (quote != '\'' && quote != '"') return false;
    const char *end = strchr(c->at + 1, quote);
    if (!end || (size_t)(end - c->at) > size) return false;
    const size_t length = (size_t)(end - c->at - 1);
    memcpy(text, c->at + 1, length);
    text[length] = '\0';
    c->at = end + 1;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    next_sign(c);
    if (strncmp(c->at, word, strlen(word)) != 0) return false;
    c->at += strlen(word);
    return true;
}

/* Digits, at most 2^60. */
static bool take_count(cursor *c, sur_idx *count)
{
    char sign = next_sign(c);
    if (sign < '0' || sign > '9') return false;
    for (*count = 0; (sign = *c->at) >= '0' && sign <= '9'; c->at++) {
        if (*count > (sur_idx)1 << 56) return false;
        *count = 10 * *count + (sign - '0');
    }
    if (*c->at == 'L') c->at++; /* Python 2 */
    return true;
}

static bool take_shape(cursor *c, sur_npy *npy)
{
    if (!take(c, '(')) return false;
    for (npy->dims = 0; !take(c, ')'); npy->dims++) {
        if (npy->dims == SUR_NPY_DIMS || !take_count(c, &npy->shape[npy->dims]))
            return false;
        if (!take(c, ',') && next_sign(c) != ')') return false;
    }
    return true;
}

/* "<f8": byte order, kind, width. */
static sur_status set_type(sur_npy *npy, const char *descr, const char *name,
                           sur_error *err)
{
    const uint16_t one = 1;
    const bool little = *(const uint8_t *)&one == 1;
    const char *d = descr;
    const char order = strchr("<>=|", *d) && *d ? *d++ : '=';
    npy->kind = *d ? *d++ : '?';
    npy->swapped = (order == '<' && !little) || (order == '>' && little);
    npy->width = 0;
    for (; *d >= '0' && *d <= '9' && npy->width < 1000000; d++)
        npy->width = 10 * npy->width + (*d - '0');
    if (npy->kind == 'O')
        return sur_fail(err, SUR_EPARSE,
                        "%s: an array of Python objects (pickle), which reading could "
                        "run; save it as numbers",
                        name);
    const sur_idx w = npy->width;
    const bool whole = w == 1 || w == 2 || w == 4 || w == 8;
    const bool known = (npy->kind == 'f' && (w == 2 || w == 4 || w == 8)) ||
                       ((npy->kind == 'i' || npy->kind == 'u') && whole) ||
                       (npy->kind == 'b' && w == 1) ||
                       (sur_npy_is_text(npy) && w >= 1 && w <= LONGEST_TEXT);
    if (*d || !known)
        return sur_fail(err, SUR_EPARSE,
                        "%s: numbers of type \"%s\", which is not read", name,
                        sur_shown(descr, (sur_idx)strlen(descr)).text);
    const bool byte = npy->kind == 'b' || (npy->kind == 'u' && w == 1);
    npy->scalar = byte ? SUR_U8 : w <= (npy->kind == 'f' ? 4 : 2) ? SUR_F32 : SUR_F64;
    if (npy->kind == 'U') npy->width *= 4;
    return SUR_OK;
}

bool sur_npy_is_text(const sur_npy *npy)
{
    return npy->kind == 'U' || npy->kind == 'S';
}

static sur_status parse(sur_npy *npy, const char *text, const char *name,
                        sur_error *err)
{
    cursor c = {text};
    char key[32], descr[64];
    bool type = false, order = false, shape = false;
    sur_status status = SUR_OK;
    bool good = take(&c, '{');
    while (good && status == SUR_OK && !take(&c, '}')) {
        good = take_string(&c, key, sizeof key) && take(&c, ':');
        if (good && strcmp(key, "descr") == 0) {
            if (next_sign(&c) == '[')
                return sur_fail(err, SUR_EPARSE,
                                "%s: a structured array; save its fields as separate "
                                "arrays of an NPZ file",
                                name);
            good = take_string(&c, descr, sizeof descr);
            if (good) status = set_type(npy, descr, name, err);
            type = true;
        } else if (good && strcmp(key, "fortran_order") == 0) {
            npy->fortran = take_word(&c, "True");
            good = npy->fortran || take_word(&c, "False");
            order = true;
        } else if (good && strcmp(key, "shape") == 0) {
            good = take_shape(&c, npy);
            shape = true;
        } else {
            good = false;
        }
        if (good && !take(&c, ',')) good = next_sign(&c) == '}';
    }
    if (status == SUR_OK && !(good && type && order && shape))
        return sur_fail(err, SUR_EPARSE, "%s: damaged NPY header", name);
    return status;
}

/* Rows, columns, and whether they look like images: n x h x w, n x h x w x c or
 * n x c x h x w with at most four channels. */
static sur_status set_sizes(sur_npy *npy, const sur_stream *stream, sur_idx head,
                            sur_error *err)
{
    double bytes = (double)npy->width;
    npy->rows = npy->cols = 1;
    for (int k = 0; k < npy->dims; k++) {
        bytes *= (double)npy->shape[k];
        if (npy->shape[k] < 1)
            return sur_fail(err, SUR_EPARSE, "%s: an array without entries",
                            stream->name);
        if (bytes > 0x1p60 ||
            (stream->size >= 0 && bytes > (double)(stream->size - head)))
            return sur_fail(err, SUR_EPARSE,
                            "%s: the header claims more numbers than the file holds",
                            stream->name);
        *(k == 0 ? &npy->rows : &npy->cols) *= npy->shape[k];
    }
    const sur_idx *s = npy->shape;
    sur_idx *image = npy->image;
    if (npy->dims == 3) {
        image[0] = 1, image[1] = s[1], image[2] = s[2];
    } else if (npy->dims == 4 && s[3] <= 4) {
        image[0] = s[3], image[1] = s[1], image[2] = s[2];
        npy->channels_last = true;
    } else if (npy->dims == 4 && s[1] <= 4) {
        image[0] = s[1], image[1] = s[2], image[2] = s[3];
    }
    return SUR_OK;
}

static sur_status read_exactly(const sur_stream *stream, void *to, sur_idx want,
                               sur_error *err)
{
    sur_idx got;
    const sur_status status = stream->read(stream->payload, to, want, &got, err);
    if (status != SUR_OK || got == want) return status;
    return sur_fail(err, SUR_EPARSE, "%s: ends inside the NPY header", stream->name);
}

sur_status sur_npy_head(sur_npy *npy, const sur_stream *stream, sur_error *err)
{
    unsigned char start[12];
    char *text = NULL;
    sur_status status;

    *npy = (sur_npy){0};
    SUR_TRY(read_exactly(stream, start, 8, err));
    SUR_FAIL_IF(memcmp(start, "\x93NUMPY", 6) != 0, SUR_EPARSE,
                "%s: does not begin as an NPY array does", stream->name);
    const int version = start[6], bytes = version == 1 ? 2 : 4;
    SUR_FAIL_IF(version < 1 || version > 3, SUR_EPARSE,
                "%s: NPY version %d, not 1 to 3", stream->name, version);
    SUR_TRY(read_exactly(stream, start + 8, bytes, err));
    sur_idx length = start[8] | start[9] << 8;
    if (bytes == 4) length |= (sur_idx)start[10] << 16 | (sur_idx)start[11] << 24;
    SUR_FAIL_IF(length > LONGEST_HEAD, SUR_EPARSE, "%s: an NPY header of %lld bytes",
                stream->name, (long long)length);
    SUR_TRY(sur_alloc(&text, length + 1, 1, err));
    SUR_TRY(read_exactly(stream, text, length, err));
    SUR_TRY(parse(npy, text, stream->name, err));
    SUR_TRY(set_sizes(npy, stream, 8 + bytes + length, err));
done:
    free(text);
    return status;
}
