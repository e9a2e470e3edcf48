/* make_page.c -- writes the pages that the browser test looks at.
 * Usage: make_page FOLDER: plain.html (one series), many.html (penalties as series,
 * hostile names), words.html (an axis of words), each of a store in memory. */
#include "support/sample.h"
#include <surplus/report.h>

static const char command[] =
    "surplus descent --data events.h5 --family relu --samples 1000 --width "
    "10:5000:log29,inf --ridge 0,0.1,1,10 --seed 1:3 --out higgs.db";

static int write_page(const char *folder, const char *name, const sample *s)
{
    const sur_results *results[] = {&s->results};
    sur_store *store = NULL;
    sur_error err;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    sur_status status = sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err);
    if (status == SUR_OK)
        status = sur_store_log_run(store, command, sur_version(), sur_build(),
                                   "server; a processor", &err);
    if (status == SUR_OK) status = sur_report_page(path, store, results, 1, &err);
    if (status != SUR_OK) fprintf(stderr, "%s: %s\n", path, err.message);
    sur_store_close(store);
    return status != SUR_OK;
}

static void spread_families(sample *s)
{
    for (sur_idx i = 0; i < s->results.records.count; i++) {
        s->options[i].family = i % 3;
        s->options[i].width = s->options[i].dimension = 10;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    sample plain = sample_make(30, 1, 3), many = sample_make(30, 4, 3);
    sample words = sample_make(9, 1, 1);
    for (sur_idx i = 0; i < many.results.records.count; i++)
        if (sur_fields_set(&sample_fields, &many.options[i], "data",
                           "\"><script>document.title='broken'</script>'.csv",
                           NULL) != SUR_OK)
            return 1;
    spread_families(&words);
    const int failed = write_page(argv[1], "plain.html", &plain) |
                       write_page(argv[1], "many.html", &many) |
                       write_page(argv[1], "words.html", &words);
    sample_free(&plain);
    sample_free(&many);
    sample_free(&words);
    return failed;
}
