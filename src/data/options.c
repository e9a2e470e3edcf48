/* options.c -- small questions about the data options. */
#include <surplus/data.h>

#include <string.h>

const char *const sur_task_choices[] = {"auto", "regression", "classification", NULL};

bool sur_data_is_synthetic(const sur_data_options *options)
{
    return options->data && strncmp(options->data, "synthetic:", 10) == 0;
}
