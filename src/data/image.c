/* image.c -- what the columns of an image are: "channels,height,width" in text. */
#include <surplus/data.h>

#include "base/text.h"

#include <stdio.h>
#include <string.h>

sur_status sur_data_image(sur_idx shape[3], const char *text, sur_idx cols,
                          sur_error *err)
{
    long long c, h, w;
    int end = 0;
    if (sscanf(text, "%lld , %lld , %lld %n", &c, &h, &w, &end) != 3 || text[end])
        return sur_fail(err, SUR_EINVAL,
                        "image '%.60s' is not channels,height,width: 3,32,32", text);
    if (c < 1 || h < 1 || w < 1 || c > cols || h > cols || w > cols ||
        (double)c * (double)h * (double)w != (double)cols)
        return sur_fail(
            err, SUR_EINVAL,
            "image %lld,%lld,%lld has %.0f places, but there are %lld columns", c, h, w,
            (double)c * (double)h * (double)w, (long long)cols);
    shape[0] = c;
    shape[1] = h;
    shape[2] = w;
    return SUR_OK;
}

sur_status sur_data_image_known(char **text, const sur_dataset *data, sur_error *err)
{
    sur_text made = {0};
    sur_idx shape[3];
    if (*text && **text) return sur_data_image(shape, *text, data->cols, err);
    if (data->shape[0] < 1)
        return sur_fail(
            err, SUR_EINVAL,
            "the data do not say what image their %lld columns are; --image "
            "channels,height,width does",
            (long long)data->cols);
    const sur_status status =
        sur_text_format(&made, err, "%lld,%lld,%lld", (long long)data->shape[0],
                        (long long)data->shape[1], (long long)data->shape[2]);
    if (status == SUR_OK) *text = made.at;
    return status;
}
