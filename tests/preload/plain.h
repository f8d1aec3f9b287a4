/* Calls that reach the system past what is put before the C library, and what ends a test that cannot go on. */

#ifndef PLAIN_H
#define PLAIN_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* A test that goes on without its fault or its image would prove nothing. */
static inline void give_up(const char *why) {
    dprintf(2, "disk.c: %s: %s\n", why, strerror(errno));
    abort();
}

static inline int plain_open(const char *path, int flags) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static inline void plain_close(int fd) {
    syscall(SYS_close, fd);
}

static inline void plain_write(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        long done = syscall(SYS_write, fd, bytes, len);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) give_up("write");
        bytes += done;
        len -= (size_t)done;
    }
}

#endif
