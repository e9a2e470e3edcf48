/* methods.c -- the table of methods: settings, presets, grids, rules. Rates are those
 * of adam. A new method is a rule_NAME.c, a row here and a name in course.h. */
#include "experiments/unlearn/course.h"

#define RATE(p, ...)                                                      \
    {                                                                     \
        .name = "rate", .preset = p, .low = 0, .high = 1e3, .rate = true, \
        .grid_count = sizeof((double[]){__VA_ARGS__}) / sizeof(double),   \
        .grid = {__VA_ARGS__}, .help = "learning rate"                    \
    }
#define TRY(n, p, lo, hi, w, h, ...)                                    \
    {                                                                   \
        .name = n, .preset = p, .low = lo, .high = hi, .whole = w,      \
        .grid_count = sizeof((double[]){__VA_ARGS__}) / sizeof(double), \
        .grid = {__VA_ARGS__}, .help = h                                \
    }
#define FIX(n, p, lo, hi, w, h)                                              \
    {                                                                        \
        .name = n, .preset = p, .low = lo, .high = hi, .whole = w, .help = h \
    }

const char *const unlearn_method_choices[] = {
    "retrain", "finetune",     "ascent",      "neggrad",   "scrub",    "scrub+r", "l1",
    "salun",   "random-label", "bad-teacher", "influence", "min-norm", "exact",   NULL};

#define SCRUB_SETTINGS                                                                \
    {                                                                                 \
        RATE(1e-3, 3e-4, 1e-3, 3e-3),                                                 \
            TRY("steps", 3, 0, 1e6, true, "passes that raise the divergence on F", 1, \
                3, 6),                                                                \
            FIX("alpha", 0.5, 0, 1e6, false, "weight of the divergence on R"),        \
            FIX("gamma", 1, 0, 1e6, false, "weight of the cross-entropy on R"),       \
            FIX("temperature", 2, 1e-3, 1e3, false, "T of the divergences")           \
    }

const unlearn_method unlearn_methods[UNLEARN_METHODS] = {
    [METHOD_RETRAIN] = {.name = "retrain"},
    [METHOD_FINETUNE] = {.name = "finetune",
                         .epochs = 8,
                         .settings = {RATE(1e-3, 3e-4, 1e-3, 5e-3)},
                         .epoch = unlearn_finetune_epoch},
    [METHOD_ASCENT] = {.name = "ascent",
                       .uses_forget = true,
                       .climbs = true,
                       .epochs = 5,
                       .settings = {RATE(3e-4, 1e-4, 3e-4, 1e-3, 3e-3)},
                       .epoch = unlearn_ascent_epoch},
    [METHOD_NEGGRAD] = {.name = "neggrad",
                        .uses_forget = true,
                        .climbs = true,
                        .epochs = 4,
                        .settings = {RATE(1e-3, 3e-4, 1e-3, 3e-3),
                                     TRY("alpha", 0.95, 0, 1, false,
                                         "weight of the retained batch", 0.8, 0.95,
                                         0.99)},
                        .epoch = unlearn_neggrad_epoch},
    [METHOD_SCRUB] = {.name = "scrub",
                      .uses_forget = true,
                      .epochs = 8,
                      .settings = SCRUB_SETTINGS,
                      .epoch = unlearn_scrub_epoch},
    [METHOD_SCRUB_R] = {.name = "scrub+r",
                        .uses_forget = true,
                        .rewinds = true,
                        .epochs = 8,
                        .settings = SCRUB_SETTINGS,
                        .epoch = unlearn_scrub_epoch},
    [METHOD_L1] = {.name = "l1",
                   .epochs = 8,
                   .settings = {RATE(1e-3, 1e-3, 5e-3),
                                TRY("penalty", 5e-4, 0, 1e6, false,
                                    "weight of the 1-norm at first", 1e-4, 1e-3, 5e-3)},
                   .epoch = unlearn_l1_epoch},
    [METHOD_SALUN] = {.name = "salun",
                      .uses_forget = true,
                      .epochs = 8,
                      .settings = {RATE(1e-3, 3e-4, 1e-3, 3e-3),
                                   TRY("share", 0.5, 0, 1, false,
                                       "of the parameters that may move", 0.2, 0.5)},
                      .begin = unlearn_salun_begin,
                      .epoch = unlearn_label_epoch},
    [METHOD_RANDOM_LABEL] = {.name = "random-label",
                             .uses_forget = true,
                             .epochs = 8,
                             .settings = {RATE(1e-3, 3e-4, 1e-3, 3e-3)},
                             .epoch = unlearn_label_epoch},
    [METHOD_BAD_TEACHER] = {.name = "bad-teacher",
                            .uses_forget = true,
                            .epochs = 8,
                            .settings = {RATE(1e-3, 3e-4, 1e-3, 3e-3),
                                         FIX("temperature", 1, 1e-3, 1e3, false,
                                             "T of the divergences")},
                            .begin = unlearn_teacher_begin,
                            .epoch = unlearn_teacher_epoch},
    [METHOD_INFLUENCE] = {.name = "influence",
                          .uses_forget = true,
                          .settings = {FIX("scale", 1, 0, 1e6, false,
                                           "length of the step"),
                                       TRY("damping", 1e-2, 0, 1e6, false,
                                           "added to the curvature", 1e-3, 1e-2, 1e-1),
                                       FIX("iterations", 20, 1, 1e6,
                                           true, "of conjugate gradients, at most")},
                          .begin = unlearn_influence_begin},
    [METHOD_MIN_NORM] = {.name = "min-norm",
                         .epochs = 8,
                         .settings = {RATE(1e-3, 3e-4, 1e-3, 3e-3),
                                      TRY("strength", 0.3, 0, 1, false,
                                          "share of the way to the least norm", 0.1,
                                          0.3),
                                      FIX("sample", 50, 1, 1e6, true,
                                          "retained rows whose gradients are kept")},
                         .begin = unlearn_min_norm_begin,
                         .epoch = unlearn_finetune_epoch},
    [METHOD_EXACT] = {.name = "exact", .uses_forget = true, .for_linear = true},
};
