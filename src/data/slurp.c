/* slurp.c -- a whole file in memory. */
#include "data/slurp.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

sur_status sur_source_slurp(sur_source *source, char **bytes, sur_idx *count,
                            sur_error *err)
{
    const sur_idx known =
        source->size >= 0 && !source->unpack && !source->zstd && !source->in_tar
            ? source->size
            : 0;
    sur_idx room = known + 4096, got = 0;
    sur_status status;
    *bytes = NULL;
    *count = 0;
    SUR_TRY(sur_alloc(bytes, room + 1, 1, err));
    for (;;) {
        SUR_TRY(sur_source_read(source, *bytes + *count, room - *count, &got, err));
        *count += got;
        if (*count < room) break;
        SUR_TRY(sur_resize(bytes, 2 * room + 1, 1, err));
        room *= 2;
    }
    (*bytes)[*count] = '\0';
done:
    if (status != SUR_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

sur_status sur_source_believe(const sur_source *source, double bytes, sur_error *err)
{
    const double file = (double)(source->size > 0 ? source->size : source->taken);
    if (bytes <= (double)SUR_EXPANSION_FREE || bytes <= SUR_EXPANSION_LIMIT * file)
        return SUR_OK;
    return sur_fail(err, SUR_EPARSE, "%s: claims to unpack to %.3g bytes from %.3g",
                    source->name, bytes, file);
}
