/* roles.c -- what an array of a file is, told by its name. */
#include "data/roles.h"

#include <stddef.h>
#include <strings.h>

static const struct {
    const char *name;
    sur_role role;
} names[] = {
    {"x", SUR_ROLE_FEATURES},
    {"x_train", SUR_ROLE_FEATURES},
    {"fea", SUR_ROLE_FEATURES},
    {"gnd", SUR_ROLE_TARGET},
    {"data", SUR_ROLE_FEATURES},
    {"features", SUR_ROLE_FEATURES},
    {"y", SUR_ROLE_TARGET},
    {"y_train", SUR_ROLE_TARGET},
    {"label", SUR_ROLE_TARGET},
    {"target", SUR_ROLE_TARGET},
    {"targets", SUR_ROLE_TARGET},
    {"class", SUR_ROLE_TARGET},
    {"labels", SUR_ROLE_TARGET},
    {"weight", SUR_ROLE_WEIGHT},
    {"weights", SUR_ROLE_WEIGHT},
    {"sample_weight", SUR_ROLE_WEIGHT},
    {"x_test", SUR_ROLE_TEST_FEATURES},
    {"y_test", SUR_ROLE_TEST_TARGET},
    {"weight_test", SUR_ROLE_TEST_WEIGHT},
    {"columns", SUR_ROLE_NAMES},
    {"feature_names", SUR_ROLE_NAMES},
    {"scores", SUR_ROLE_FEATURES}, /* of a membership audit */
    {"memberships", SUR_ROLE_TARGET},
};

sur_role sur_role_of(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i].name) == 0) return names[i].role;
    return SUR_ROLE_OTHER;
}
