/* Readiness, in the two ways that supervisors understand. */
#include "daemon/daemon_notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void notify_systemd(const char *path, const char *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') /* an abstract socket begins with a NUL */
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
    (void)sent;
    close(fd);
}

void daemon_notify(int fd, const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (path)
        notify_systemd(path, state);
    if (fd >= 0 && strcmp(state, "READY=1") == 0) {
        ssize_t written = write(fd, "\n", 1);
        (void)written;
        close(fd);
    }
}
