/* Tells the supervisor that the daemon is ready: systemd by a datagram to $NOTIFY_SOCKET, s6 by a newline on
 * the descriptor named by --notify-fd. */
#ifndef SANJI_DAEMON_NOTIFY_H
#define SANJI_DAEMON_NOTIFY_H

/* fd -1: none given. A supervisor that does not listen is not an error. */
void daemon_notify(int fd, const char *state);

#endif
