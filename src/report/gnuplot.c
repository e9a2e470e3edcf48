/* gnuplot.c -- gnuplot, run as a separate program.
 *
 * No shell in between; script, picture and complaints pass through nameless temporary
 * files, so that no pipe can fill up or break. The user's own gnuplot settings are not
 * read: a figure looks the same everywhere. */
#include "report/gnuplot.h"

#include "base/try.h"
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static sur_status start(pid_t *child, int from, int to, int complaints, sur_error *err)
{
    char program[] = "gnuplot", settings[] = "--default-settings";
    char *arguments[] = {program, settings, NULL};
    posix_spawn_file_actions_t actions;

    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) return sur_fail(err, SUR_EBACKEND, "gnuplot: %s", strerror(failed));
    failed = posix_spawn_file_actions_adddup2(&actions, from, 0);
    if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, to, 1);
    if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, complaints, 2);
    if (!failed)
        failed = posix_spawnp(child, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT)
        return sur_fail(err, SUR_EBACKEND,
                        "gnuplot is not installed, and draws the figures: install "
                        "gnuplot-nox (apt-get install gnuplot-nox)");
    if (failed) return sur_fail(err, SUR_EBACKEND, "gnuplot: %s", strerror(failed));
    return SUR_OK;
}

/* What gnuplot says is wrong: "line 0: undefined variable: x" without the number, which
 * counts nothing when the script comes from standard input. */
static void find_complaint(char *text, size_t size, FILE *complaints)
{
    char line[400];
    snprintf(text, size, "failed without a word");
    rewind(complaints);
    while (fgets(line, sizeof line, complaints)) {
        line[strcspn(line, "\n")] = '\0';
        const char *number = strstr(line, "line ");
        const char *what = number ? strstr(number, ": ") : NULL;
        if (what) snprintf(text, size, "%s", what + 2);
        if (what) return;
        if (line[strspn(line, " \t")]) snprintf(text, size, "%s", line);
    }
}

sur_status sur_gnuplot_run(FILE *output, FILE *script, sur_error *err)
{
    FILE *complaints = tmpfile();
    pid_t child = 0;
    int ending = 0;
    char text[400];
    sur_status status;

    SUR_FAIL_IF(!complaints, SUR_EWRITE, "no temporary file for gnuplot: %s",
                strerror(errno));
    SUR_FAIL_IF(fflush(script) != 0 || ferror(script) ||
                    lseek(fileno(script), 0, SEEK_SET) != 0,
                SUR_EWRITE, "gnuplot's script, a temporary file: %s", strerror(errno));
    SUR_TRY(start(&child, fileno(script), fileno(output), fileno(complaints), err));
    while (waitpid(child, &ending, 0) < 0)
        SUR_FAIL_IF(errno != EINTR, SUR_EBACKEND, "gnuplot: %s", strerror(errno));
    if (ending != 0) find_complaint(text, sizeof text, complaints);
    SUR_FAIL_IF(ending != 0, SUR_EBACKEND, "gnuplot: %s", text);
    rewind(output);
done:
    if (complaints) fclose(complaints);
    return status;
}
