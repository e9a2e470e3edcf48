/* fuzz_store.c -- a store of arbitrary bytes: refused, or every reading of it works or
 * says that it is damaged; what can be read whole can be merged, and is then the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                 \
    do {                                                   \
        if (!(condition)) {                                \
            fprintf(stderr, "not true: %s\n", #condition); \
            abort();                                       \
        }                                                  \
    } while (0)

/* Counts trials and touches every byte that is handed over. */
static sur_status take(void *payload, const sur_stored_trial *trial, sur_error *err)
{
    (void)err;
    REQUIRE(trial->experiment && trial->spec && trial->code && trial->host);
    REQUIRE(trial->status >= SUR_OK && trial->status < SUR_STATUS_COUNT);
    for (sur_idx i = 0; i < trial->count; i++) REQUIRE(trial->measurements[i].metric);
    ++*(sur_idx *)payload;
    return SUR_OK;
}

static sur_status take_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    (void)payload, (void)err;
    REQUIRE(run->command && run->version && run->build && run->host);
    return SUR_OK;
}

static bool fine_or_damaged(sur_status status)
{
    REQUIRE(status == SUR_OK || status == SUR_EPARSE);
    return status == SUR_OK;
}

static void read_all(sur_store *store, sur_store *copy)
{
    sur_idx trials = 0, merged = 0, added = 0, again = 0;
    char *names;
    void *bytes;
    size_t size;
    bool flag;
    sur_error err;

    fine_or_damaged(sur_store_each_run(store, take_run, NULL, &err));
    fine_or_damaged(sur_store_experiments(store, &names, &err));
    fine_or_damaged(sur_store_has(store, "descent", 1, "{}", &flag, NULL, &err));
    fine_or_damaged(sur_store_find(store, "k", &bytes, &size, &err));
    free(bytes);
    fine_or_damaged(sur_store_artifact(store, 1, "a", &bytes, &size, &err));
    free(bytes);
    free(names);
    const bool whole =
        fine_or_damaged(sur_store_each(store, NULL, take, &trials, &err));
    if (!fine_or_damaged(sur_store_merge(copy, store, &added, &flag, &err))) return;
    REQUIRE(whole && added <= trials);
    REQUIRE(sur_store_each(copy, NULL, take, &merged, &err) == SUR_OK &&
            merged == added);
    REQUIRE(sur_store_merge(copy, store, &again, &flag, &err) == SUR_OK && again == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sur_store *store, *copy;
    sur_error err = {SUR_OK, ""};
    const sur_status status = sur_store_open_bytes(&store, data, size, &err);
    REQUIRE(!strchr(err.message, '\n'));
    REQUIRE((status == SUR_OK) == (store != NULL));
    if (status != SUR_OK) return 0;
    REQUIRE(sur_store_open(&copy, ":memory:", SUR_STORE_WRITE, &err) == SUR_OK);
    read_all(store, copy);
    sur_store_close(copy);
    sur_store_close(store);
    return 0;
}
