/* test_bias.c -- wrong labels are forgotten by wide networks that are shown them. */
#include "unlearn/paper.h"

/* C1 */
static void wide_networks_forget_wrong_labels_if_they_are_shown_them(void **state)
{
    static const char *const trials[] = {"method=scrub", "method=neggrad", "method=l1"};
    static const char *const metrics[] = {"forget_error", "test_error", "test_error"};
    static const char *const roles[] = {"unlearned", "unlearned", "original"};
    const char *folder = check_data_folder();
    char words[1024];
    double mean[3][METHODS];
    (void)state;
    if (!folder) return;
    rig *r = rig_new();
    snprintf(words, sizeof words,
             PROTOCOL "goal=bias width=256 balls=0 "
                      "settings=l1.rate=3e-4/1e-3;l1.penalty=1e-5/1e-4",
             folder);
    run_seeds(mean, r, words, trials, 3, metrics, roles, 3);
    CHECK(mean[0][0] >= 0.80 && mean[0][1] >= 0.80); /* see the forget examples */
    CHECK(mean[0][2] <= 0.65);                       /* does not */
    CHECK(mean[1][0] < mean[2][0] && mean[1][1] < mean[2][1]);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_networks_forget_wrong_labels_if_they_are_shown_them),
    };
    return RUN(tests);
}
