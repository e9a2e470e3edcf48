/* region_picture.c -- a plane as the report's pictures take it. */
#include "experiments/unlearn/region.h"

#include "base/text.h"
#include "base/try.h"

static sur_status put_pair(sur_text *out, const char *name, const double pair[2],
                           sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_text_format(out, err, "\"%s\":[", name));
    SUR_TRY(sur_text_number(out, pair[0], err));
    SUR_TRY(sur_text_add(out, ",", err));
    SUR_TRY(sur_text_number(out, pair[1], err));
    SUR_TRY(sur_text_add(out, "],", err));

done:
    return status;
}

static sur_status put_points(sur_text *out, const unlearn_plane *plane,
                             const char *const names[3], sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_text_add(out, "\"points\":[", err));
    for (int k = 0; k < 3; k++) {
        SUR_TRY(sur_text_format(out, err, "%s{", k ? "," : ""));
        SUR_TRY(put_pair(out, "at", plane->point[k], err));
        SUR_TRY(sur_text_add(out, "\"name\":", err));
        SUR_TRY(sur_text_json(out, names[k], err));
        SUR_TRY(sur_text_add(out, "}", err));
    }
    SUR_TRY(sur_text_add(out, "],", err));

done:
    return status;
}

static sur_status put_map(sur_text *out, const unlearn_plane *plane, int m,
                          const char *name, sur_error *err)
{
    const sur_idx cells = plane->resolution * plane->resolution;
    const int32_t *map = plane->map + m * cells;
    sur_status status;
    SUR_TRY(sur_text_format(out, err, "%s{\"name\":", m ? "," : ""));
    SUR_TRY(sur_text_json(out, name, err));
    SUR_TRY(sur_text_add(out, ",\"classes\":[", err));
    for (sur_idx g = 0; g < cells; g++)
        SUR_TRY(sur_text_format(out, err, "%s%d", g ? "," : "", (int)map[g]));
    SUR_TRY(sur_text_add(out, "]}", err));

done:
    return status;
}

sur_status unlearn_plane_json(char **text, const unlearn_plane *plane,
                              const char *const *models, const char *const points[3],
                              const char *const *classes, sur_idx class_count,
                              sur_error *err)
{
    sur_text out = {0};
    sur_status status;

    *text = NULL;
    SUR_TRY(sur_text_add(&out, "{", err));
    SUR_TRY(put_pair(&out, "x", plane->x, err));
    SUR_TRY(put_pair(&out, "y", plane->y, err));
    SUR_TRY(sur_text_format(&out, err, "\"resolution\":%d,", (int)plane->resolution));
    SUR_TRY(put_points(&out, plane, points, err));
    SUR_TRY(sur_text_add(&out, "\"classes\":[", err));
    for (sur_idx c = 0; c < class_count; c++) {
        if (c) SUR_TRY(sur_text_add(&out, ",", err));
        SUR_TRY(sur_text_json(&out, classes[c], err));
    }
    SUR_TRY(sur_text_add(&out, "],\"maps\":[", err));
    for (int m = 0; m < plane->models; m++)
        SUR_TRY(put_map(&out, plane, m, models[m], err));
    SUR_TRY(sur_text_add(&out, "]}", err));
    *text = out.at;
    out = (sur_text){0};

done:
    sur_text_free(&out);
    return status;
}
