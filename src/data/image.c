/* image.c -- what the columns of an image are: "channels,height,width" in text. */
#include <surplus/data.h>

#include "base/text.h"

#include <stdlib.h>

/* The next number of the list, and what follows its comma; 0: there is none. */
static sur_idx next_number(const char **text)
{
    char *end;
    const long long value = strtoll(*text, &end, 10);
    if (end == *text || value > INT32_MAX) return 0;
    while (*end == ' ') end++;
    if (*end == ',') end++;
    *text = end;
    return value > 0 ? value : 0;
}

sur_status sur_data_image(sur_idx shape[3], const char *text, sur_idx cols,
                          sur_error *err)
{
    const char *at = text;
    double places = 1.0;
    for (int i = 0; i < 3; i++) {
        shape[i] = next_number(&at);
        places *= (double)shape[i];
    }
    if (places == 0.0 || *at || at[-1] == ',')
        return sur_fail(err, SUR_EINVAL,
                        "image '%.60s' is not channels,height,width, as in 3,32,32",
                        text);
    if (places != (double)cols)
        return sur_fail(err, SUR_EINVAL,
                        "image %.60s has %.0f places, but there are %lld columns", text,
                        places, (long long)cols);
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
