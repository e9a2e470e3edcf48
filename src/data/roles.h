/* roles.h -- what an array of a file is, told by its name. */
#ifndef DATA_ROLES_H
#define DATA_ROLES_H

typedef enum sur_role {
    SUR_ROLE_OTHER,
    SUR_ROLE_FEATURES,
    SUR_ROLE_TARGET,
    SUR_ROLE_WEIGHT,
    SUR_ROLE_TEST_FEATURES,
    SUR_ROLE_TEST_TARGET,
    SUR_ROLE_TEST_WEIGHT,
    SUR_ROLE_NAMES
} sur_role;

/* "X" and "data" are features, "y" and "label" targets, and so on, in any case. */
sur_role sur_role_of(const char *name);

#endif
