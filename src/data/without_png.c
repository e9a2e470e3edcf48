/* without_png.c -- stands in for read_png.c where its library was left out. */
#include "data/reader.h"

#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 4 && memcmp(bytes, "\x89PNG", 4) == 0;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    (void)table, (void)test, (void)request;
    return sur_fail(err, SUR_EPARSE,
                    "%s: is a PNG file, and this program was built without that "
                    "(-DSUR_PNG=OFF)",
                    source->name);
}

const sur_format sur_format_png = {
    .name = "PNG", .extensions = ".png", .probe = probe, .read = read_table};
