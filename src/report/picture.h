/* picture.h -- maps of classes on planes, side by side, for a few trials.
 *
 * A row is one trial that kept the picture's artifact; its maps (before, after, ...)
 * stand beside each other. Of many trials three are shown, evenly along the axis of the
 * first figure where that varies, else along the first option that does. */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include "base/json.h"
#include "report/view.h"

enum {
    SUR_PICTURE_ROWS = 3,
    SUR_PICTURE_MAPS = 4,
    SUR_PICTURE_POINTS = 8,
    SUR_PICTURE_SIDE = 512,
    SUR_PICTURE_CLASSES = 1000
};

typedef struct sur_plane {
    char *label; /* what tells the row from the others; "" when there is one */
    double x[2], y[2];
    sur_idx resolution;
    int maps, points;
    const char *map_name[SUR_PICTURE_MAPS]; /* owned by root, like all names */
    int32_t *map;                           /* [maps x resolution x resolution] */
    double at[SUR_PICTURE_POINTS][2];
    const char *point_name[SUR_PICTURE_POINTS];
    const char *class_name[SUR_PICTURE_CLASSES]; /* NULL: it has none */
    sur_json *root;
} sur_plane;

typedef struct sur_maps {
    const sur_picture *picture;
    sur_plane row[SUR_PICTURE_ROWS];
    int rows;
    bool present[SUR_PICTURE_CLASSES]; /* on some map */
    sur_idx classes;                   /* one more than the largest of these */
    char *note;                        /* what is held fixed */
} sur_maps;

/* out->rows is 0 where no trial kept such an artifact. SUR_EPARSE: a damaged one;
 * SUR_ENOMEM, what the store says. */
SUR_MUST_USE sur_status sur_maps_new(sur_maps *out, const sur_view *view,
                                     const sur_picture *picture, sur_error *err);
void sur_maps_free(sur_maps *maps);

/* The colour of a class, "#3b6fb6". */
const char *sur_class_colour(sur_idx class);

/* As a gnuplot script. whole: with title, note and legend; else the maps only. */
void sur_maps_script(FILE *out, const sur_maps *maps, const char *terminal,
                     const char *output, bool whole);

/* Rows "row,map,x,y,class". */
void sur_maps_csv(FILE *out, const sur_maps *maps);

#endif
