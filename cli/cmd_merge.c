/* cmd_merge.c -- join the stores of a job array. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

typedef struct merge_options {
    char *out;
    bool quiet;
} merge_options;

static const sur_field rows[] = {
    {.name = "out",
     .kind = SUR_PATH,
     .offset = offsetof(merge_options, out),
     .help = "the store that receives all (default: the first one named)"},
    {.name = "quiet",
     .kind = SUR_FLAG,
     .offset = offsetof(merge_options, quiet),
     .help = "say nothing"},
};
const sur_fields cmd_merge_fields = {rows, sizeof rows / sizeof *rows,
                                     sizeof(merge_options)};

static sur_status merge_one(sur_store *to, const char *path,
                            const merge_options *options, sur_error *err)
{
    sur_store *from = NULL;
    sur_idx added = 0;
    bool differ = false;
    sur_status status = sur_store_open(&from, path, SUR_STORE_READ, err);
    if (status == SUR_OK) status = sur_store_merge(to, from, &added, &differ, err);
    sur_store_close(from);
    if (status == SUR_OK && !options->quiet) {
        fprintf(stderr, "surplus merge: %lld trials from %s\n", (long long)added, path);
        if (differ)
            fprintf(
                stderr,
                "surplus merge: warning: %s was made by another build or processor; "
                "last bits may differ\n",
                path);
    }
    return status;
}

static sur_status merge(const char *const *paths, int count,
                        const merge_options *options, sur_error *err)
{
    sur_store *to = NULL;
    const char *target = options->out ? options->out : count > 0 ? paths[0] : NULL;
    const int first = options->out ? 0 : 1;
    if (count <= first)
        return sur_fail(err, SUR_EINVAL,
                        "needs stores: surplus merge A.db B.db ... [-o ALL.db]");
    FILE *there = options->out ? NULL : fopen(target, "rb");
    if (!options->out && !there)
        return sur_fail(err, SUR_EIO, "%s: no such file", target);
    if (there) fclose(there);
    sur_status status = sur_store_open(&to, target, SUR_STORE_WRITE, err);
    for (int i = first; i < count && status == SUR_OK; i++)
        status = merge_one(to, paths[i], options, err);
    sur_store_close(to);
    return status;
}

int cmd_merge(const cli_verb *verb, int argc, char **argv)
{
    merge_options options;
    sur_error err;
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    int count = 0, code = 0;
    bool help = false;
    if (!paths) {
        fprintf(stderr, "surplus merge: out of memory\n");
        return sur_status_exit(SUR_ENOMEM);
    }
    sur_status status = sur_fields_preset(&cmd_merge_fields, &options, &err);
    const cli_target target = {&cmd_merge_fields, &options, NULL};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, &target, 1, paths, argc, &count, &help, &err);
    if (status == SUR_OK && help)
        cli_help(stdout, verb);
    else if (status == SUR_OK)
        status = merge(paths, count, &options, &err);
    if (status != SUR_OK) code = cli_fail(verb, &err);
    free(paths);
    sur_fields_free(&cmd_merge_fields, &options);
    return code;
}
