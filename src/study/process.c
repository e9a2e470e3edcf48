/* process.c -- starting, feeding and burying worker processes.
 *
 * A worker is this program started again, not forked: BLAS and OpenMP hang in forked
 * children, and read their number of threads when they are loaded. It inherits one
 * socket, the control page and the input; its standard output is our standard error, so
 * that nothing a library prints is taken for data. */
#define _GNU_SOURCE /* memfd_create */
#include "study/process.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the control page ---- */

static sur_status map_page(sur_control *control, int fd, int access, sur_error *err)
{
    void *at = mmap(NULL, sizeof *control->stop, access, MAP_SHARED, fd, 0);
    *control = (sur_control){.fd = -1};
    if (at == MAP_FAILED)
        return sur_fail(err, SUR_EBACKEND, "cannot map the control page: %s",
                        strerror(errno));
    *control = (sur_control){fd, at};
    return SUR_OK;
}

sur_status sur_control_map(sur_control *control, int fd, sur_error *err)
{
    return map_page(control, fd, PROT_READ, err);
}

sur_status sur_control_open(sur_control *control, sur_error *err)
{
    sur_status status = SUR_OK;
    *control = (sur_control){.fd = -1};
    const int fd = memfd_create("surplus control", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    SUR_FAIL_IF(fd < 0 || ftruncate(fd, sizeof *control->stop) != 0, SUR_EBACKEND,
                "cannot make a memory file: %s", strerror(errno));
    SUR_TRY(map_page(control, fd, PROT_READ | PROT_WRITE, err));
    /* only this mapping can write; a stray worker cannot stop the others */
    SUR_FAIL_IF(
        fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
        SUR_EBACKEND, "cannot seal a memory file: %s", strerror(errno));

done:
    if (status != SUR_OK && control->stop)
        sur_control_close(control);
    else if (status != SUR_OK && fd >= 0)
        close(fd);
    return status;
}

void sur_control_close(sur_control *control)
{
    if (control->stop) munmap(control->stop, sizeof *control->stop);
    if (control->stop) close(control->fd);
    *control = (sur_control){.fd = -1};
}

/* ---- starting ---- */

/* Variables that would pin every worker to the same core, or give each all of them. */
static const char *const owned[] = {
    "OMP_NUM_THREADS=", "OPENBLAS_NUM_THREADS=", "GOTO_NUM_THREADS=", "OMP_PROC_BIND=",
    "OMP_PLACES=",      "GOMP_CPU_AFFINITY=",    "OMP_DYNAMIC=",      NULL};

static bool is_owned(const char *variable)
{
    for (const char *const *name = owned; *name; name++)
        if (strncmp(variable, *name, strlen(*name)) == 0) return true;
    return false;
}

typedef struct sur_setting {
    char omp[32], blas[40], bind[24], dynamic[24];
} sur_setting;

static sur_status make_environment(char ***out, sur_setting *setting, int threads,
                                   sur_error *err)
{
    sur_idx count = 0, kept = 0;
    while (environ && environ[count]) count++;
    const sur_status status = sur_alloc(out, count + 5, sizeof **out, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++)
        if (!is_owned(environ[i])) (*out)[kept++] = environ[i];
    snprintf(setting->omp, sizeof setting->omp, "OMP_NUM_THREADS=%d", threads);
    snprintf(setting->blas, sizeof setting->blas, "OPENBLAS_NUM_THREADS=%d", threads);
    snprintf(setting->bind, sizeof setting->bind, "OMP_PROC_BIND=false");
    snprintf(setting->dynamic, sizeof setting->dynamic, "OMP_DYNAMIC=false");
    (*out)[kept++] = setting->omp;
    (*out)[kept++] = setting->blas;
    (*out)[kept++] = setting->bind;
    (*out)[kept++] = setting->dynamic;
    return SUR_OK;
}

/* What the child finds open: nothing to read, standard error twice, and `pass`. A dup2
 * onto itself clears the close-on-exec flag. */
static int arrange_files(posix_spawn_file_actions_t *files, const int *pass, int count)
{
    int failed = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    const bool open_stderr = fcntl(2, F_GETFD) >= 0;
    if (open_stderr && !failed) failed = posix_spawn_file_actions_adddup2(files, 2, 1);
    for (int fd = 1; fd <= 2 && !open_stderr && !failed; fd++)
        failed = posix_spawn_file_actions_addopen(files, fd, "/dev/null", O_WRONLY, 0);
    for (int i = 0; i < count && !failed; i++)
        if (pass[i] >= 0)
            failed = posix_spawn_file_actions_adddup2(files, pass[i], pass[i]);
    return failed;
}

static int arrange_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGCHLD);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed) failed = posix_spawnattr_setsigdefault(attributes, &usual);
    if (!failed)
        failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
                                                          POSIX_SPAWN_SETSIGDEF);
    return failed;
}

static sur_status spawn(pid_t *pid, char **argv, char **environment, const int *pass,
                        int count, sur_error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&files);
    if (failed)
        return sur_fail(err, SUR_ENOMEM, "cannot start a worker: %s", strerror(failed));
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        failed = arrange_files(&files, pass, count);
        if (!failed) failed = arrange_signals(&attributes);
        if (!failed)
            failed = posix_spawn(pid, "/proc/self/exe", &files, &attributes, argv,
                                 environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    if (failed)
        return sur_fail(err, SUR_EBACKEND, "cannot start a worker: %s",
                        strerror(failed));
    return SUR_OK;
}

/* A pair of sockets above the standard three, which the child arranges anew. */
static sur_status make_sockets(int pair[2], sur_error *err)
{
    sur_status status = SUR_OK;
    int made[2] = {-1, -1};
    pair[0] = pair[1] = -1;
    SUR_FAIL_IF(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made) != 0,
                SUR_EBACKEND, "cannot start a worker: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        pair[i] = fcntl(made[i], F_DUPFD_CLOEXEC, 3);
        SUR_FAIL_IF(pair[i] < 0, SUR_EBACKEND, "cannot start a worker: %s",
                    strerror(errno));
    }

done:
    for (int i = 0; i < 2; i++) {
        if (made[i] >= 0) close(made[i]);
        if (status != SUR_OK && pair[i] >= 0) close(pair[i]);
    }
    return status;
}

sur_status sur_process_start(sur_process *process, const char *experiment,
                             const sur_control *control, int input, int threads,
                             sur_error *err)
{
    sur_status status = SUR_OK;
    sur_setting setting;
    char **environment = NULL;
    char name[128], parent[24], number[3][24];
    int pair[2] = {-1, -1};
    pid_t pid = 0;
    *process = (sur_process){.fd = -1};
    SUR_TRY(make_environment(&environment, &setting, threads, err));
    SUR_TRY(make_sockets(pair, err));
    const int pass[] = {pair[1], control->fd, input};
    snprintf(name, sizeof name, "%s", experiment);
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    for (int i = 0; i < 3; i++) snprintf(number[i], sizeof number[i], "%d", pass[i]);
    char *argv[] = {(char[]){"surplus"},
                    (char[]){SUR_WORKER_VERB},
                    name,
                    parent,
                    number[0],
                    number[1],
                    number[2],
                    NULL};
    SUR_TRY(spawn(&pid, argv, environment, pass, 3, err));
    *process = (sur_process){.pid = pid, .fd = pair[0]};
    pair[0] = -1;

done:
    if (pair[0] >= 0) close(pair[0]);
    if (pair[1] >= 0) close(pair[1]);
    free(environment);
    return status;
}

/* ---- speaking ---- */

bool sur_process_send(sur_process *process)
{
    sur_bytes *out = &process->out;
    while (out->size > out->start) {
        const ssize_t sent = send(process->fd, out->at + out->start,
                                  out->size - out->start, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        sur_bytes_drop(out, (size_t)sent);
    }
    return true;
}

bool sur_process_receive(sur_process *process)
{
    for (;;) {
        char *at = sur_bytes_reserve(&process->in, 65536);
        if (!at) return true; /* the caller sees in.failed */
        const ssize_t got = recv(process->fd, at, 65536, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        if (got == 0) return false;
        process->in.size += (size_t)got;
        if (got < 65536) return true;
    }
}

/* ---- the end ---- */

void sur_process_hang_up(sur_process *process)
{
    if (process->fd >= 0) close(process->fd);
    process->fd = -1;
}

static void describe(int status, char *how, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(how, size, "killed by signal %d (%s%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)),
                 WTERMSIG(status) == SIGKILL ? ", perhaps out of memory" : "");
    else
        snprintf(how, size, "ended with exit code %d", WEXITSTATUS(status));
}

int sur_process_end(sur_process *process, double patience, char *how, size_t size)
{
    int status = 0;
    pid_t reaped = 0;
    const double began = sur_clock();
    sur_process_hang_up(process);
    while ((reaped = waitpid(process->pid, &status, WNOHANG)) == 0) {
        if (sur_clock() - began > patience) {
            kill(process->pid, SIGKILL);
            while ((reaped = waitpid(process->pid, &status, 0)) < 0 && errno == EINTR) {
            }
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    if (reaped == process->pid)
        describe(status, how, size);
    else
        snprintf(how, size, "gone");
    sur_bytes_free(&process->in);
    sur_bytes_free(&process->out);
    *process = (sur_process){.fd = -1};
    return reaped > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
