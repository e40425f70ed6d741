/* Many questions side by side: one connection to each center that is asked, opened when first needed and
 * again when it is lost. */
#ifndef SANJI_ASK_POOL_H
#define SANJI_ASK_POOL_H

#include "cli.h"

struct ask_pool;

typedef void ask_pool_cb(void *ctx, uint64_t correlation, const struct reply *reply);
struct ask_pool *ask_pool_new(struct cli *cli);
void ask_pool_free(struct ask_pool **pool);
/* Sends, opening the connection when there is none; what does not go out is asked again later. */
enum err ask_pool_send(struct ask_pool *pool, const char *center, uint64_t correlation,
                       const struct request *request, struct fault *fault) MUST_CHECK;
/* Waits up to timeout_ms and gives every answer. */
void ask_pool_poll(struct ask_pool *pool, int timeout_ms, ask_pool_cb *cb, void *ctx);

#endif
