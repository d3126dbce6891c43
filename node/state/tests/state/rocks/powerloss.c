/* Loaded before the C library into a process whose disk may lose its power.
 *
 * A mirror folder has what the disk would: the bytes of a file as of its last sync,
 * under the number of its inode, and the names in the folder as of the folder's last
 * sync. Writes, renames and so on change the files at once, as in the system's cache,
 * and the mirror not at all.
 *
 *   POWERLOSS_FOLDER   the folder that is watched, absolute
 *   POWERLOSS_MIRROR   an empty folder
 *   POWERLOSS_STOP     the number of the operation before which everything stops,
 *                      counted from when the process says "armed" on its output
 *   POWERLOSS_LIES     syncs return without having done anything
 *   POWERLOSS_ROOM     bytes that can be written before the disk is full, from then on
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX], mirror[PATH_MAX];
static long stop_at = -1, operations = 0, room = -1;
static int armed = 0, lies = 0;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

static void say(const char *text) {
    if (real_write(1, text, strlen(text)) < 0) abort();
}

static void fail(const char *what) {
    fprintf(stderr, "powerloss: %s: %s\n", what, strerror(errno));
    abort();
}

/* The bytes that a file has now are on the disk. */
static void keep_file(const char *path, ino_t inode) {
    char to[PATH_MAX + 32], buffer[65536];
    snprintf(to, sizeof to, "%s/%lu", mirror, (unsigned long)inode);
    int in = open(path, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (in < 0 || out < 0) fail(path);
    ssize_t count;
    while ((count = read(in, buffer, sizeof buffer)) > 0)
        if (real_write(out, buffer, count) != count) fail(to);
    close(in);
    close(out);
}

/* The names that the folder has now are on the disk. */
static void keep_names(int with_files) {
    char path[2 * PATH_MAX], line[PATH_MAX];
    snprintf(path, sizeof path, "%s/names", mirror);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    DIR *entries = opendir(folder);
    if (out < 0) fail(path);
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        struct stat found;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &found) || !S_ISREG(found.st_mode)) continue;
        int length = snprintf(line, sizeof line, "%lu %s\n", (unsigned long)found.st_ino, entry->d_name);
        if (real_write(out, line, length) != length) fail("names");
        if (with_files) keep_file(path, found.st_ino);
    }
    if (entries) closedir(entries);
    close(out);
}

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *text;
    if (!(text = getenv("POWERLOSS_FOLDER"))) return;
    snprintf(folder, sizeof folder, "%s", text);
    if ((text = getenv("POWERLOSS_MIRROR"))) snprintf(mirror, sizeof mirror, "%s", text);
    if ((text = getenv("POWERLOSS_STOP"))) stop_at = atol(text);
    if ((text = getenv("POWERLOSS_ROOM"))) room = atol(text);
    lies = getenv("POWERLOSS_LIES") != NULL;
    /* What is there before the process is on the disk. */
    keep_names(1);
}

/* Whether a file is in the folder, or is the folder: 1 and 2. */
static int is_inside(const char *path) {
    size_t length = strlen(folder);
    if (!length || strncmp(path, folder, length)) return 0;
    return path[length] == 0 ? 2 : path[length] == '/';
}

static int is_watched(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_inside(path);
}

/* Nothing new gets the inode of a file that goes: the mirror goes by inodes. */
static void hold(const char *path) {
    if (open(path, O_RDONLY) < 0 && errno != ENOENT) fail(path);
}

/* Before each operation, with the lock held. Whoever comes to the stop stays. */
static void step(void) {
    if (!armed || stop_at < 0 || operations++ != stop_at) return;
    say("\nstopped\n");
    for (;;) pause();
}

static int is_full(size_t more) {
    if (!armed || room < 0) return 0;
    if ((size_t)room < more) return 1;
    room -= more;
    return 0;
}

static void listen_for(const void *bytes, size_t count) {
    if (memmem(bytes, count, "disarmed", 8)) armed = 0;
    else if (memmem(bytes, count, "armed", 5)) armed = 1;
}

#define WATCHED(file, work)                 \
    char path[PATH_MAX];                    \
    if (!is_watched(file, path)) return work; \
    pthread_mutex_lock(&lock);              \
    step();

ssize_t write(int file, const void *bytes, size_t count) {
    if (file == 1) listen_for(bytes, count);
    WATCHED(file, real_write(file, bytes, count))
    ssize_t done = -1;
    if (is_full(count)) errno = ENOSPC;
    else done = real_write(file, bytes, count);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    WATCHED(file, real_writev(file, parts, count))
    ssize_t done = real_writev(file, parts, count);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    WATCHED(file, real_pwrite(file, bytes, count, at))
    ssize_t done = -1;
    if (is_full(count)) errno = ENOSPC;
    else done = real_pwrite(file, bytes, count, at);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
    return pwrite(file, bytes, count, at);
}

int ftruncate(int file, off_t length) {
    WATCHED(file, real_ftruncate(file, length))
    int done = real_ftruncate(file, length);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int file, off_t length) { return ftruncate(file, length); }

static int synced(int file, int (*real)(int)) {
    int done = real(file);
    struct stat found;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (done == 0 && !lies) {
        if (fstat(file, &found)) fail("fstat");
        if (S_ISDIR(found.st_mode)) keep_names(0);
        else keep_file(path, found.st_ino);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int file) {
    WATCHED(file, real_fsync(file))
    return synced(file, real_fsync);
}

int fdatasync(int file) {
    WATCHED(file, real_fdatasync(file))
    return synced(file, real_fdatasync);
}

int rename(const char *from, const char *to) {
    if (!is_inside(from)) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    step();
    hold(to);
    int done = real_rename(from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *path) {
    if (!is_inside(path)) return real_unlink(path);
    pthread_mutex_lock(&lock);
    step();
    hold(path);
    int done = real_unlink(path);
    pthread_mutex_unlock(&lock);
    return done;
}
