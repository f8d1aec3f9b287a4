/* What a power cut leaves of the files below a directory, for `disk.c`.
 *
 * `inodes/<number>` holds what was synced of each file; `tree/` is what was synced of each directory, its files linked to
 * those. So a file that was synced under one name and renamed has its bytes under whichever name was synced. A directory that
 * is synced before its own name is waits in `dirs/<number>`.
 *
 * What does not belong here: which calls there are and what becomes of them (`disk.c`). */

#define _GNU_SOURCE
#include "image.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

#include "plain.h"

enum { MOST_RANGES = 4096 };

/* What was written of a file and not synced yet. */
struct range {
    ino_t inode;
    off_t from, to;
};

const char *image, *root;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct range dirty[MOST_RANGES];

static void inode_path(char *buffer, ino_t inode) {
    snprintf(buffer, PATH_BYTES, "%s/inodes/%llu", image, (unsigned long long)inode);
}

static void dir_path(char *buffer, ino_t inode) {
    snprintf(buffer, PATH_BYTES, "%s/dirs/%llu", image, (unsigned long long)inode);
}

static struct range *range_of(ino_t inode, int make) {
    struct range *unused = NULL;
    for (int i = 0; i < MOST_RANGES; i++) {
        if (dirty[i].inode == inode) return &dirty[i];
        if (dirty[i].inode == 0 && !unused) unused = &dirty[i];
    }
    if (!make) return NULL;
    if (!unused) give_up("too many files that are not synced");
    *unused = (struct range){inode, 0, 0};
    return unused;
}

void image_written(int fd, off_t from, off_t to) {
    struct stat now;
    if (!image || fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) return;
    pthread_mutex_lock(&lock);
    struct range *range = range_of(now.st_ino, 1);
    if (range->to == range->from) {
        range->from = from;
        range->to = to;
    } else {
        if (from < range->from) range->from = from;
        if (to > range->to) range->to = to;
    }
    pthread_mutex_unlock(&lock);
}

void image_created(int fd) {
    struct stat now;
    char path[PATH_BYTES];
    if (!image || fstat(fd, &now) != 0) return;
    pthread_mutex_lock(&lock);
    inode_path(path, now.st_ino);
    syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    struct range *range = range_of(now.st_ino, 0);
    if (range) range->inode = 0;
    pthread_mutex_unlock(&lock);
}

static void sync_file(int fd, const struct stat *now) {
    char path[PATH_BYTES], bytes[65536], source_path[64];
    inode_path(path, now->st_ino);
    int copy = plain_open(path, O_WRONLY | O_CREAT);
    /* The file may be open for writing only. */
    snprintf(source_path, sizeof source_path, "/proc/self/fd/%d", fd);
    int source = plain_open(source_path, O_RDONLY);
    if (copy < 0 || source < 0) give_up(path);
    struct range *range = range_of(now->st_ino, 0);
    if (range) {
        off_t at = range->from;
        while (at < range->to && at < now->st_size) {
            long len = syscall(SYS_pread64, source, bytes, sizeof bytes, at);
            if (len < 0) give_up("read");
            if (len == 0) break;
            if (syscall(SYS_lseek, copy, at, SEEK_SET) < 0) give_up("seek");
            plain_write(copy, bytes, (size_t)len);
            at += len;
        }
        range->inode = 0;
    }
    if (syscall(SYS_ftruncate, copy, now->st_size) != 0) give_up("truncate");
    plain_close(source);
    plain_close(copy);
}

static void remove_tree(const char *path) {
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char inner[PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner) give_up("too long");
        remove_tree(inner);
    }
    if (dir) closedir(dir);
    if (syscall(SYS_unlinkat, AT_FDCWD, path, 0) != 0) syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

/* Gives a name in the image what stands behind it now. */
static void sync_name(const char *from, const char *to) {
    struct stat now, kept;
    char inode[PATH_BYTES], fresh[PATH_BYTES];
    if (syscall(SYS_newfstatat, AT_FDCWD, from, &now, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISDIR(now.st_mode)) {
        dir_path(inode, now.st_ino);
        int is_there = syscall(SYS_newfstatat, AT_FDCWD, to, &kept, 0) == 0;
        if (!is_there && syscall(SYS_renameat2, AT_FDCWD, inode, AT_FDCWD, to, 0) != 0 &&
            syscall(SYS_mkdirat, AT_FDCWD, to, 0700) != 0)
            give_up(to);
        return;
    }
    if (!S_ISREG(now.st_mode)) return;
    inode_path(inode, now.st_ino);
    int fd = plain_open(inode, O_WRONLY | O_CREAT);
    if (fd < 0 || fstat(fd, &kept) != 0) give_up(inode);
    plain_close(fd);
    struct stat named;
    if (syscall(SYS_newfstatat, AT_FDCWD, to, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == kept.st_ino) return;
    snprintf(fresh, sizeof fresh, "%s/fresh", image);
    /* One that was killed here has left it. */
    syscall(SYS_unlinkat, AT_FDCWD, fresh, 0);
    if (syscall(SYS_linkat, AT_FDCWD, inode, AT_FDCWD, fresh, 0) != 0 ||
        syscall(SYS_renameat2, AT_FDCWD, fresh, AT_FDCWD, to, 0) != 0)
        give_up(to);
}

static void sync_dir(ino_t number, const char *path) {
    char from[PATH_BYTES], to[PATH_BYTES], other[PATH_BYTES];
    struct dirent *entry;
    snprintf(from, sizeof from, "%s/%s", root, path);
    snprintf(to, sizeof to, "%s/tree/%s", image, path);
    struct stat kept;
    if (syscall(SYS_newfstatat, AT_FDCWD, to, &kept, 0) != 0) {
        dir_path(to, number);
        syscall(SYS_mkdirat, AT_FDCWD, to, 0700);
    }
    for (int gone = 0; gone < 2; gone++) {
        DIR *dir = opendir(gone ? to : from);
        while (dir && (entry = readdir(dir))) {
            char name[PATH_BYTES];
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
            if (snprintf(name, sizeof name, "%s/%s", gone ? to : from, entry->d_name) >= (int)sizeof name ||
                snprintf(other, sizeof other, "%s/%s", gone ? from : to, entry->d_name) >= (int)sizeof other)
                give_up("too long");
            if (!gone) sync_name(name, other);
            else if (syscall(SYS_newfstatat, AT_FDCWD, other, &kept, AT_SYMLINK_NOFOLLOW) != 0) remove_tree(name);
        }
        if (dir) closedir(dir);
    }
}

void image_made(const char *path) {
    struct stat now;
    char kept[PATH_BYTES];
    if (!image || syscall(SYS_newfstatat, AT_FDCWD, path, &now, 0) != 0) return;
    pthread_mutex_lock(&lock);
    dir_path(kept, now.st_ino);
    remove_tree(kept);
    pthread_mutex_unlock(&lock);
}

void image_sync(int fd, const char *path) {
    struct stat now;
    if (fstat(fd, &now) != 0) give_up("stat");
    pthread_mutex_lock(&lock);
    if (S_ISDIR(now.st_mode)) sync_dir(now.st_ino, path);
    else if (S_ISREG(now.st_mode)) sync_file(fd, &now);
    pthread_mutex_unlock(&lock);
}
