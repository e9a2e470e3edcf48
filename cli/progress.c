/* progress.c -- a bar on a terminal, a line a minute elsewhere; signals. */
#define _GNU_SOURCE
#include "cli.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* "1:02:03" */
static void clock_text(double seconds, char *buffer, size_t size)
{
    if (!(seconds >= 0 && seconds < 1e8)) {
        snprintf(buffer, size, "?");
        return;
    }
    const long s = lround(seconds);
    if (s >= 3600)
        snprintf(buffer, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buffer, size, "%ld:%02ld", s / 60, s % 60);
}

void cli_progress_begin(cli_progress *p, const char *verb, bool quiet)
{
    *p = (cli_progress){.verb = verb, .quiet = quiet, .started = seconds_now()};
    const char *term = getenv("TERM");
    p->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    p->printed = p->terminal ? 0 : p->started;
}

static void wipe(cli_progress *p)
{
    if (p->drawn) fputs("\r\033[K", stderr);
    p->drawn = false;
}

static void draw_bar(cli_progress *p, const sur_progress *now, const char *left)
{
    enum { CELLS = 24 };
    char bar[3 * CELLS + 1] = "";
    const sur_idx over = now->held + now->done + now->failed;
    const int full = now->trials ? (int)(CELLS * over / now->trials) : CELLS;
    for (int i = 0; i < CELLS; i++) strcat(bar, i < full ? "━" : "·");
    const double elapsed = seconds_now() - p->started;
    fprintf(stderr, "\r\033[K%s %s %lld/%lld", p->verb, bar, (long long)over,
            (long long)now->trials);
    if (now->failed) fprintf(stderr, "  %lld failed", (long long)now->failed);
    if (elapsed > 0.5 && now->done > 0)
        fprintf(stderr, "  %.3g/s", (double)(now->done + now->failed) / elapsed);
    fprintf(stderr, "  %s left", left);
    fflush(stderr);
    p->drawn = true;
}

void cli_progress_show(void *payload, const sur_progress *now)
{
    cli_progress *p = payload;
    const double time = seconds_now();
    char left[32];
    if (p->quiet || time - p->printed < (p->terminal ? 0.1 : 60)) return;
    p->printed = time;
    clock_text(now->seconds_left, left, sizeof left);
    if (p->terminal) {
        draw_bar(p, now, left);
        return;
    }
    fprintf(stderr, "surplus %s: %lld of %lld trials, %lld failed, %s left\n", p->verb,
            (long long)(now->held + now->done + now->failed), (long long)now->trials,
            (long long)now->failed, left);
}

void cli_progress_note(void *payload, const char *line)
{
    cli_progress *p = payload;
    if (p->quiet) return;
    wipe(p);
    fprintf(stderr, "surplus %s: %s\n", p->verb, line);
}

void cli_progress_end(cli_progress *p) { wipe(p); }

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    if (caught) {
        signal(number, SIG_DFL);
        raise(number);
    }
    caught = number;
}

void cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not a crash */
}

void cli_reader_may_leave(void) { signal(SIGPIPE, SIG_DFL); }

int cli_signal(void) { return caught; }

bool cli_stop(void *payload)
{
    (void)payload;
    return caught != 0;
}
