/* region.h -- where two models decide differently: near some points, and elsewhere.
 *
 * Models are asked for the classes of inputs. The change of a set of inputs is the
 * share of them to which two models give different classes (ties: the lower class, as
 * every argmax here). Sets are
 *
 *   ball   points drawn uniformly from the ball of radius r about a centre
 *   plane  a grid on the plane through three inputs I1 I2 I3 (Somepalli et al. 2022):
 *          u = (I2 - I1) / |I2 - I1|, v = the part of I3 - I1 orthogonal to u,
 *          normalized; the points have coordinates (0, 0), (|I2 - I1|, 0) and
 *          (<u, I3-I1>, <v, I3-I1>); the grid takes `resolution` values per axis from
 *          the least coordinate less `range` times their span to the greatest plus it
 *
 * Locality is the mean change near over the mean change far. Points are keyed by (seed,
 * purpose, centre), so that all models see the same. */
#ifndef UNLEARN_REGION_H
#define UNLEARN_REGION_H

#include <surplus/dense.h>
#include <surplus/stats.h>

/* A model. answer writes the classes of the rows of inputs (m x d). */
typedef struct unlearn_judge {
    sur_status (*answer)(void *payload, int32_t *classes, const sur_mat *inputs,
                         sur_error *err);
    void *payload;
} unlearn_judge;

enum {
    UNLEARN_BALL_POINTS = 200,
    UNLEARN_PLANE_RESOLUTION = 50,
    UNLEARN_MODELS_MOST = 8
};
#define UNLEARN_PLANE_RANGE 0.1
#define UNLEARN_BALL_RADIUS 0.5 /* of the median nearest-neighbour distance */

/* *out = the median over rows of x of the distance to the nearest other row that is not
 * equal to it; at most `most` rows (evenly spaced) ask, all rows answer. NAN if no two
 * rows differ. SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_neighbour_distance(double *out, const sur_mat *x,
                                                   sur_idx most, sur_error *err);

/* change (models-1 x centres): row m-1 holds, per row of centres, the change between
 * judge[0] and judge[m] on `points` points of its ball. Judges: 2 ..
 * UNLEARN_MODELS_MOST. What answer returns; SUR_EINVAL, SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_ball_change(sur_mat *change, const unlearn_judge *judge,
                                            int models, const sur_mat *centres,
                                            double radius, sur_idx points,
                                            uint64_t seed, const char *purpose,
                                            sur_error *err);

/* The same on planes: row i of triplets (count x 3) holds three row numbers of x. Three
 * points on one line give NAN. */
SUR_MUST_USE sur_status unlearn_plane_change(sur_mat *change,
                                             const unlearn_judge *judge, int models,
                                             const sur_mat *x, const sur_idx *triplets,
                                             sur_idx count, sur_idx resolution,
                                             double range, sur_error *err);

/* Draws triplets of rows: the first of each from first[0 .. first_count-1], in turn,
 * the others from rest[0 .. rest_count-1], all different. SUR_EINVAL: too few. */
SUR_MUST_USE sur_status unlearn_triplets(sur_idx *triplets, sur_idx count,
                                         const sur_idx *first, sur_idx first_count,
                                         const sur_idx *rest, sur_idx rest_count,
                                         uint64_t seed, const char *purpose,
                                         sur_error *err);

/* Means over centres (NANs left out) with Student's interval at the level, and their
 * ratio. The ratio's interval is by the delta method on its logarithm, centres near and
 * far being independent: exp(log R +- t sqrt(v_near/(n m^2) + v_far/(n' m'^2))), t with
 * Welch's degrees of freedom; NAN where a mean is 0 or has one centre. */
typedef struct unlearn_locality {
    sur_interval near, far, ratio; /* shares; ratio: inf where far alone is 0 */
    sur_idx near_count, far_count;
} unlearn_locality;
unlearn_locality unlearn_locality_of(const double *near, sur_idx near_count,
                                     const double *far, sur_idx far_count,
                                     double level);

/* ---- a picture of one plane ---- */

/* Classes on the grid, one map per judge, and where the three points lie. Owned. */
typedef struct unlearn_plane {
    sur_idx resolution;
    int models;
    double x[2], y[2];  /* first and last coordinate of the grid */
    double point[3][2]; /* coordinates of the three */
    int32_t *map;       /* [models x resolution x resolution], rows along y */
} unlearn_plane;
SUR_MUST_USE sur_status unlearn_plane_make(unlearn_plane *out,
                                           const unlearn_judge *judge, int models,
                                           const sur_mat *x, const sur_idx triplet[3],
                                           sur_idx resolution, double range,
                                           sur_error *err);
void unlearn_plane_free(unlearn_plane *plane);

/* The plane as JSON for sur_picture: *text is malloc'd and zero-ended. models names the
 * maps, points the three points, classes all classes. SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_plane_json(char **text, const unlearn_plane *plane,
                                           const char *const *models,
                                           const char *const points[3],
                                           const char *const *classes,
                                           sur_idx class_count, sur_error *err);

#endif
