/* clock.c -- what the operating system knows of time and place. */
#define _GNU_SOURCE
#include "base/clock.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double sur_clock(void) { return seconds_of(CLOCK_MONOTONIC); }
double sur_now(void) { return seconds_of(CLOCK_REALTIME); }
double sur_cpu_clock(void) { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

static void processor_model(char *model, size_t size)
{
    snprintf(model, size, "unknown processor");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;
    char line[256];
    while (fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(model, size, "%s", colon + 2);
        break;
    }
    fclose(file);
}

void sur_host_text(char *buffer, size_t size)
{
    char host[128] = "unknown host", model[128];
    gethostname(host, sizeof host - 1);
    processor_model(model, sizeof model);
    snprintf(buffer, size, "%s; %s", host, model);
}

static double number_in(const char *path)
{
    double x = -1;
    FILE *file = fopen(path, "r");
    if (!file) return x;
    char line[64];
    if (fgets(line, sizeof line, file)) {
        char *end;
        x = strtod(line, &end);
        if (end == line) x = -1; /* "max" */
    }
    fclose(file);
    return x;
}

double sur_machine_memory(void)
{
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    const double group = number_in("/sys/fs/cgroup/memory.max");
    return group > 0 && group < bytes ? group : bytes;
}

int sur_machine_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (int)cores : 1;
}
