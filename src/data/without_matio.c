/* without_matio.c -- stands in for read_mat.c where its library was left out. */
#include "data/reader.h"

#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 128 && memcmp(bytes, "MATLAB 5.0 MAT-file", 19) == 0;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    (void)table, (void)test, (void)request;
    return sur_fail(err, SUR_EPARSE,
                    "%s: is a MATLAB file, and this program was built without that "
                    "(-DSUR_MATIO=OFF)",
                    source->name);
}

const sur_format sur_format_mat = {
    .name = "MATLAB", .extensions = ".mat", .probe = probe, .read = read_table};
