/* status.c -- SUR_ENUMERIC is "enumeric" in a store: its name, in small letters. */
#include "store/status.h"

#include <ctype.h>
#include <string.h>

sur_status_name sur_status_name_of(sur_status status)
{
#define NAME(name, code, meaning) #name,
    static const char *const names[] = {SUR_STATUS_LIST(NAME)};
#undef NAME
    sur_status_name name = {{0}};
    const char *letters = names[status] + strlen("SUR_");
    for (size_t i = 0; letters[i] && i + 1 < sizeof name.text; i++)
        name.text[i] = (char)tolower((unsigned char)letters[i]);
    return name;
}

bool sur_status_of_name(const char *name, sur_status *status)
{
    for (int i = 0; i < SUR_STATUS_COUNT; i++) {
        const sur_status_name known = sur_status_name_of((sur_status)i);
        *status = (sur_status)i;
        if (strcmp(known.text, name) == 0) return true;
    }
    return false;
}
