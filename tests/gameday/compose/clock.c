/* A wall clock that is as wrong as a file says, for the process that this is loaded into (LD_PRELOAD).

The file has one number, seconds; it is looked at once a second. All other clocks are left alone: libfaketime, which
does the same and more, makes Python's sleep fail in the version that Debian 12 has. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *const file = "/etc/clock/offset";
static volatile time_t offset_s, looked_s = -1;

static void now(clockid_t clock, struct timespec *at) { syscall(SYS_clock_gettime, clock, at); }

static time_t offset(void) {
    struct timespec at;
    now(CLOCK_MONOTONIC, &at);
    if (at.tv_sec != looked_s) {
        char text[32] = {0};
        int opened = open(file, O_RDONLY | O_CLOEXEC);
        looked_s = at.tv_sec;
        if (opened >= 0) {
            if (read(opened, text, sizeof text - 1) > 0)
                offset_s = strtol(text, NULL, 10);
            close(opened);
        }
    }
    return offset_s;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = (int)syscall(SYS_clock_gettime, clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += offset();
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec real;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &real);
    at->tv_sec = real.tv_sec;
    at->tv_usec = real.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    if (at)
        *at = real.tv_sec;
    return real.tv_sec;
}
