/* A disk that fails on command, for tests: put before the C library of a process with LD_PRELOAD.
 *
 * It stands in for the calls by which Rust's standard library and SQLite change files, and passes on everything that does not
 * concern files below HANSARD_DISK_ROOT. What shall go wrong is read from the file HANSARD_DISK_RULES, again whenever that was
 * replaced; each line is
 *
 *     <where> <call> <fault> [<skip> [<count>]]
 *
 *   where   a part of the path below the root, or *
 *   call    open (for writing), write (and truncate), sync, rename, unlink, mkdir, or any
 *   fault   ENOSPC, EIO, EROFS    the call answers so and does nothing
 *           room:<bytes>          writes answer ENOSPC once so many bytes were written
 *           delay:<ms>            the call takes so much longer
 *           hold                  the call waits for as long as the line stands
 *           lie                   a sync answers that all is well and does nothing
 *   skip    how many calls pass before the fault begins
 *   count   how many calls it meets; without it, all
 *
 * The first line that fits counts. Each fault is told by its line in the file HANSARD_DISK_HITS.
 *
 * With HANSARD_DISK_IMAGE, a directory, what was synced is kept there as it would be after a power cut (`image.c`).
 *
 * What does not belong here: which faults there are when, and what must be there afterwards (tests/it/disk). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "image.h"
#include "plain.h"

/* The C library's own function behind the one of this name that is defined here. */
#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

enum { MOST_RULES = 32, MOST_FDS = 65536 };

enum call { OPEN = 1, WRITE = 2, SYNC = 4, RENAME = 8, UNLINK = 16, MKDIR = 32, ANY = 63 };
enum fault { ERROR, ROOM, DELAY, HOLD, LIE };

struct rule {
    char text[256], where[128];
    int calls, error;
    enum fault fault;
    long amount, skip, count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *rules_path, *hits_path;
static struct rule rules[MOST_RULES];
static int rule_count;
static struct stat rules_read;
/* How often rules were read: whoever waits for other ones may not be the first to see them. */
static unsigned long readings;
/* Whether a descriptor is known to be of no interest. */
static unsigned char foreign[MOST_FDS];

static void set_up(void) {
    root = getenv("HANSARD_DISK_ROOT");
    rules_path = getenv("HANSARD_DISK_RULES");
    hits_path = getenv("HANSARD_DISK_HITS");
    image = getenv("HANSARD_DISK_IMAGE");
    if (!root || !rules_path || !hits_path) {
        fputs("disk.c: HANSARD_DISK_ROOT, HANSARD_DISK_RULES and HANSARD_DISK_HITS must be set\n", stderr);
        abort();
    }
}

static void sleep_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

/* The path below the root, or NULL if it lies elsewhere; "" is the root itself. */
static const char *below(const char *path) {
    pthread_once(&once, set_up);
    size_t len = strlen(root);
    if (strncmp(path, root, len) != 0) return NULL;
    return path[len] == '/' ? path + len + 1 : path[len] == 0 ? path + len : NULL;
}

/* The same of an open file; `buffer` keeps the path. */
static const char *below_fd(int fd, char *buffer) {
    pthread_once(&once, set_up);
    if (fd < 0 || fd >= MOST_FDS || foreign[fd]) return NULL;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, buffer, PATH_BYTES - 1);
    const char *path = NULL;
    if (len > 0) {
        buffer[len] = 0;
        path = below(buffer);
    }
    if (!path) foreign[fd] = 1;
    return path;
}

static int call_named(const char *name) {
    static const struct { const char *name; int call; } names[] = {
        {"open", OPEN}, {"write", WRITE}, {"sync", SYNC}, {"rename", RENAME}, {"unlink", UNLINK}, {"mkdir", MKDIR}, {"any", ANY}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0) return names[i].call;
    give_up("unknown call");
    return 0;
}

static void parse_fault(struct rule *rule, const char *fault) {
    rule->fault = ERROR;
    if (strcmp(fault, "ENOSPC") == 0) rule->error = ENOSPC;
    else if (strcmp(fault, "EIO") == 0) rule->error = EIO;
    else if (strcmp(fault, "EROFS") == 0) rule->error = EROFS;
    else if (sscanf(fault, "room:%ld", &rule->amount) == 1) rule->fault = ROOM;
    else if (sscanf(fault, "delay:%ld", &rule->amount) == 1) rule->fault = DELAY;
    else if (strcmp(fault, "hold") == 0) rule->fault = HOLD;
    else if (strcmp(fault, "lie") == 0) rule->fault = LIE;
    else give_up("unknown fault");
}

static int is_read(const struct stat *now) {
    return now->st_ino == rules_read.st_ino && now->st_mtim.tv_sec == rules_read.st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == rules_read.st_mtim.tv_nsec;
}

/* Reads the rules if they were replaced; counts begin anew then. */
static void read_rules(void) {
    struct stat now;
    if (syscall(SYS_newfstatat, AT_FDCWD, rules_path, &now, 0) != 0) give_up(rules_path);
    if (is_read(&now)) return;
    char text[8192];
    int fd = plain_open(rules_path, O_RDONLY);
    long len = fd < 0 ? -1 : syscall(SYS_read, fd, text, sizeof text - 1);
    if (len < 0) give_up(rules_path);
    plain_close(fd);
    text[len] = 0;
    rules_read = now;
    readings++;
    rule_count = 0;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n")) && rule_count < MOST_RULES) {
        struct rule *rule = &rules[rule_count];
        char call[32], fault[64];
        memset(rule, 0, sizeof *rule);
        rule->count = LONG_MAX;
        if (sscanf(line, "%127s %31s %63s %ld %ld", rule->where, call, fault, &rule->skip, &rule->count) < 3) continue;
        snprintf(rule->text, sizeof rule->text, "%s\n", line);
        rule->calls = call_named(call);
        parse_fault(rule, fault);
        rule_count++;
    }
}

/* Whether the rules are still those of that reading. */
static int rules_stand(unsigned long reading) {
    struct stat now;
    pthread_mutex_lock(&lock);
    int stand = readings == reading && syscall(SYS_newfstatat, AT_FDCWD, rules_path, &now, 0) == 0 && is_read(&now);
    pthread_mutex_unlock(&lock);
    return stand;
}

static void tell(const struct rule *rule) {
    int fd = plain_open(hits_path, O_WRONLY | O_APPEND | O_CREAT);
    if (fd < 0) give_up(hits_path);
    plain_write(fd, rule->text, strlen(rule->text));
    plain_close(fd);
}

struct verdict {
    enum { PASS, FAIL, PRETEND } what;
    /* How many of the bytes are written. */
    size_t room;
};

/* What becomes of a call on a path below the root. On FAIL errno is set. */
static struct verdict judge(const char *path, enum call call, size_t bytes) {
    struct verdict verdict = {PASS, bytes};
    long delay_ms = 0;
    int hold = 0, error = 0;
    pthread_mutex_lock(&lock);
    read_rules();
    unsigned long held = readings;
    for (int i = 0; i < rule_count; i++) {
        struct rule *rule = &rules[i];
        int fits = (rule->calls & call) && (strcmp(rule->where, "*") == 0 || strstr(path, rule->where));
        if (!fits) continue;
        if (rule->fault == ROOM) {
            if (call != WRITE || (long)bytes <= rule->amount) {
                rule->amount -= call == WRITE ? (long)bytes : 0;
                break;
            }
            verdict.room = (size_t)rule->amount;
            rule->amount = 0;
            if (verdict.room == 0) error = ENOSPC;
        } else if (rule->skip > 0) {
            rule->skip--;
            break;
        } else if (rule->count <= 0) {
            continue;
        } else {
            rule->count--;
            if (rule->fault == ERROR) error = rule->error;
            if (rule->fault == DELAY) delay_ms = rule->amount;
            if (rule->fault == HOLD) hold = 1;
            if (rule->fault == LIE) verdict.what = PRETEND;
        }
        tell(rule);
        break;
    }
    pthread_mutex_unlock(&lock);
    if (delay_ms > 0) sleep_ms(delay_ms);
    while (hold && rules_stand(held)) sleep_ms(10);
    if (error) {
        verdict.what = FAIL;
        errno = error;
    }
    return verdict;
}

/* ---- the calls ---- */

static int open_with(int dir, const char *path, int flags, mode_t mode, int (*pass)(int, const char *, int, mode_t)) {
    const char *rest = path[0] == '/' ? below(path) : NULL;
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (rest && writes && judge(rest, OPEN, 0).what == FAIL) return -1;
    struct stat before;
    int makes = rest && (flags & O_CREAT) && syscall(SYS_newfstatat, AT_FDCWD, path, &before, 0) != 0;
    int fd = pass(dir, path, flags, mode);
    if (fd >= 0 && fd < MOST_FDS) foreign[fd] = 0;
    if (fd >= 0 && makes) image_created(fd);
    if (fd >= 0 && rest && (flags & O_TRUNC)) image_written(fd, 0, INT64_MAX);
    return fd;
}

static int pass_open(int dir, const char *path, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(AT_FDCWD, path, flags, mode, pass_open);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(AT_FDCWD, path, flags, mode, pass_open);
}

int openat(int dir, const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(dir, path, flags, mode, pass_open);
}

int openat64(int dir, const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(dir, path, flags, mode, pass_open);
}

int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < MOST_FDS) foreign[fd] = 0;
    return real(fd);
}

/* How many of the bytes may be written to a descriptor, or -1 with errno set; `own` says whether it is of interest. */
static ssize_t admit(int fd, size_t bytes, int *own) {
    char buffer[PATH_BYTES];
    const char *path = below_fd(fd, buffer);
    *own = path != NULL;
    if (!path) return (ssize_t)bytes;
    struct verdict verdict = judge(path, WRITE, bytes);
    return verdict.what == FAIL ? -1 : (ssize_t)verdict.room;
}

/* Takes note of what a write at the file's own position did. */
static ssize_t wrote(int fd, ssize_t done, int own) {
    if (own && done > 0) {
        off_t end = lseek(fd, 0, SEEK_CUR);
        image_written(fd, end - done, end);
    }
    return done;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    REAL(write);
    int own;
    ssize_t room = admit(fd, len, &own);
    return room < 0 ? -1 : wrote(fd, real(fd, bytes, (size_t)room), own);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    size_t len = 0;
    for (int i = 0; i < count; i++) len += parts[i].iov_len;
    int own;
    ssize_t room = admit(fd, len, &own);
    if (room < 0) return -1;
    /* A part alone is an allowed answer to a want of room. */
    if ((size_t)room < len) return write(fd, parts[0].iov_base, parts[0].iov_len < (size_t)room ? parts[0].iov_len : (size_t)room);
    return wrote(fd, real(fd, parts, count), own);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
    REAL(pwrite64);
    int own;
    ssize_t room = admit(fd, len, &own);
    if (room < 0) return -1;
    ssize_t done = real(fd, bytes, (size_t)room, at);
    if (own && done > 0) image_written(fd, at, at + done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
    return pwrite64(fd, bytes, len, at);
}

int ftruncate64(int fd, off64_t len) {
    REAL(ftruncate64);
    int own;
    if (admit(fd, 0, &own) < 0) return -1;
    int answer = real(fd, len);
    if (own && answer == 0) image_written(fd, len, INT64_MAX);
    return answer;
}

int ftruncate(int fd, off_t len) {
    return ftruncate64(fd, len);
}

/* Refused, so that every byte comes by way of a write: both have callers that then do so. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags) {
    (void)from, (void)from_at, (void)to, (void)to_at, (void)len, (void)flags;
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t len) {
    REAL(sendfile64);
    char buffer[PATH_BYTES];
    if (!below_fd(to, buffer)) return real(to, from, at, len);
    errno = EINVAL;
    return -1;
}

static int sync_with(int fd, int (*real)(int)) {
    char buffer[PATH_BYTES];
    const char *path = below_fd(fd, buffer);
    if (!path) return real(fd);
    switch (judge(path, SYNC, 0).what) {
        case FAIL: return -1;
        case PRETEND: return 0;
        default: break;
    }
    /* What the image has needs no real disk. */
    if (!image) return real(fd);
    image_sync(fd, path);
    return 0;
}

int fsync(int fd) {
    REAL(fsync);
    return sync_with(fd, real);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return sync_with(fd, real);
}

static int refused(const char *path, enum call call) {
    const char *rest = path[0] == '/' ? below(path) : NULL;
    return rest && judge(rest, call, 0).what == FAIL;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return refused(to, RENAME) ? -1 : real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    return refused(path, UNLINK) ? -1 : real(path);
}

int unlinkat(int dir, const char *path, int flags) {
    REAL(unlinkat);
    return refused(path, UNLINK) ? -1 : real(dir, path, flags);
}

int rmdir(const char *path) {
    REAL(rmdir);
    return refused(path, UNLINK) ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (refused(path, MKDIR)) return -1;
    int answer = real(path, mode);
    if (answer == 0 && path[0] == '/' && below(path)) image_made(path);
    return answer;
}
