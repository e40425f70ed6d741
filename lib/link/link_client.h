/* A caller without a loop, for the command line: asks one center, or many side by side. One link_clients per
 * process holds the ZeroMQ context; everything belongs to one thread. A client takes four file descriptors
 * while connecting. */
#ifndef SANJI_LINK_CLIENT_H
#define SANJI_LINK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "link/link_peers.h"

struct link_clients;
struct link_client;

/* Room for `count` clients (1..CENTERS_MAX) open at once; NULL without memory. */
struct link_clients *link_clients_new(size_t count);
/* Every client must have been closed before. Clears *clients (NULL is allowed). */
void link_clients_free(struct link_clients **clients);

/* Begins to call `endpoint` and waits up to `timeout_ms` for the encrypted connection; 0 does not wait,
 * frames sent meanwhile go out as soon as it stands. ERR_CONFIG for a bad endpoint or key; ERR_UNREACHABLE
 * when nobody listens there, ERR_FOREIGN when our key is not listed there, ERR_TIMEOUT when it is not
 * standing in time. */
enum err link_client_open(struct link_clients *clients, const char *endpoint, const char *server_key,
                          const struct link_keys *keys, int timeout_ms, struct link_client **client,
                          struct fault *fault) MUST_CHECK;
/* Frees and clears *client (NULL is allowed); frames not yet sent are lost. */
void link_client_close(struct link_client **client);

/* ERR_TOO_LONG, ERR_MISSING when empty, ERR_BUSY when the queue is full, or the failure that is known
 * already. */
enum err link_client_send(struct link_client *client, const uint8_t *bytes, size_t n,
                          struct fault *fault) MUST_CHECK;
/* Waits up to `timeout_ms` (0 = look only) for a frame, borrowed until the next call on this client.
 * ERR_TIMEOUT when the connection stands and no answer came; ERR_UNREACHABLE when nobody listens or the
 * connection ended (whether the request was carried out is then unknown: ask again with the same key);
 * ERR_FOREIGN when our key is not listed. A failure stays: open again to try again. */
enum err link_client_recv(struct link_client *client, int timeout_ms, const uint8_t **bytes, size_t *n,
                          struct fault *fault) MUST_CHECK;
/* Waits up to `timeout_ms` until at least one of `n` clients (NULLs are passed over) has a frame or has
 * failed, and sets ready[i] for those. ERR_TIMEOUT when none has. */
enum err link_client_poll(struct link_client *const *clients, size_t n, bool *ready,
                          int timeout_ms) MUST_CHECK;

#endif
