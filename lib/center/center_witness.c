/* The witness: a small file, off the database's disk where there is a choice, that knows which database this
 * center has and how far it was. A database that is another, or behind it, has gone back: the center stays
 * mute (custody.md 13). */
#include "center/center_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

struct witness {
    uint64_t database;
    int32_t incarnation, timeline;
    int64_t lsn;
};

static void path_of(const struct live_center *center, const char *suffix, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/witness%s", center->config.state_dir, suffix);
}

static bool read_witness(const struct live_center *center, struct witness *witness)
{
    char path[PATH_SIZE];
    path_of(center, "", path);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    int fields =
        fscanf(file, "database %" SCNu64 "\nincarnation %" SCNd32 "\ntimeline %" SCNd32 "\nlsn %" SCNd64,
               &witness->database, &witness->incarnation, &witness->timeline, &witness->lsn);
    fclose(file);
    return fields == 4;
}

void center_witness_check(struct live_center *center)
{
    struct witness witness;
    if (!read_witness(center, &witness))
        return; /* the first start, or the file is lost with its disk: the neighbours' HELLO is the other
                   check */
    bool other = witness.database != center->database && witness.incarnation >= center->incarnation;
    bool behind = witness.incarnation == center->incarnation && center->lsn < witness.lsn;
    if (!other && !behind)
        return;
    center->mute = true;
    log_line(LOG_FATAL, "center.mute",
             "the database (incarnation %d, lsn %lld) is %s than this center's witness (incarnation %d, lsn "
             "%lld): it has "
             "gone back in time and may not write; see the restore chapter of deploy/OPERATING.md",
             center->incarnation, (long long)center->lsn, other ? "another" : "older", witness.incarnation,
             (long long)witness.lsn);
}

/* Written whole beside the old one and renamed: a reader sees one or the other. */
void center_witness_write(struct live_center *center)
{
    char path[PATH_SIZE], fresh[PATH_SIZE];
    if (center->mute || center->lsn == center->witness_lsn)
        return;
    path_of(center, "", path);
    path_of(center, ".new", fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        log_line(LOG_WARN, "witness.write", "%s: %s", fresh, strerror(errno));
        return;
    }
    char text[160];
    int n = snprintf(text, sizeof text, "database %" PRIu64 "\nincarnation %d\ntimeline %d\nlsn %lld\n",
                     center->database, center->incarnation, center->timeline, (long long)center->lsn);
    bool sound = write(fd, text, (size_t)n) == n && fdatasync(fd) == 0;
    close(fd);
    if (sound && rename(fresh, path) == 0)
        center->witness_lsn = center->lsn;
    else
        log_line(LOG_WARN, "witness.write", "%s: %s", path, strerror(errno));
}
