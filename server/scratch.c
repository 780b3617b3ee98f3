#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define PREFIX    "sfnd-"
#define FILE_NAME "sfnd.db"

static const char *parent(void)
{
    const char *directory = getenv("TMPDIR");
    return directory && *directory ? directory : "/tmp";
}

/* Opens and locks a directory of ours.  -1 when it is not ours, in use, or gone. */
static int lock_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct stat opened;
    struct stat named;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
        opened.st_ino == named.st_ino && opened.st_dev == named.st_dev &&
        opened.st_uid == geteuid())
        return fd;
    (void)close(fd);
    return -1;
}

/* Removes a locked directory with the files of a database in it; anything else in it stays. */
static void remove_directory(const char *path, int fd)
{
    int listed = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = listed >= 0 ? fdopendir(listed) : NULL;
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (strncmp(entry->d_name, FILE_NAME, sizeof(FILE_NAME) - 1) == 0)
            (void)unlinkat(fd, entry->d_name, 0);
    if (entries)
        (void)closedir(entries);
    if (rmdir(path) < 0)
        log_warn("main", "cannot remove directory=%s error=\"%s\"", path, strerror(errno));
}

/* Removes what killed servers left behind. */
static void remove_stale(void)
{
    DIR *entries = opendir(parent());
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0)
            continue;
        CLEANUP(free_p) char *path = xasprintf("%s/%s", parent(), entry->d_name);
        int fd = lock_directory(path);
        if (fd < 0)
            continue;
        remove_directory(path, fd);
        (void)close(fd);
    }
    if (entries)
        (void)closedir(entries);
}

int scratch_new(struct scratch *ret_scratch, struct err *err)
{
    remove_stale();
    /* Another server may take a new directory for a stale one before it is locked; then try again. */
    for (int tries = 0; tries < 10; tries++) {
        char *directory = xasprintf("%s/" PREFIX "XXXXXX", parent());
        int lock = mkdtemp(directory) ? lock_directory(directory) : -1;
        if (lock >= 0) {
            *ret_scratch = (struct scratch){
                .directory = directory,
                .file = xasprintf("%s/" FILE_NAME, directory),
                .lock = lock,
            };
            return 0;
        }
        free(directory);
    }
    return err_set(err, ERR_IO, "cannot make a directory in %s: %s", parent(), strerror(errno));
}

void scratch_remove(struct scratch *s)
{
    if (!s->directory)
        return;
    remove_directory(s->directory, s->lock);
    (void)close(s->lock);
    free(s->directory);
    free(s->file);
    *s = (struct scratch){.lock = -1};
}
