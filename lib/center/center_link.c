/* Sessions: each neighbour's pure stream between the transport and the batch. */
#include "center/center_command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "link/link_keys.h"

struct stream_now center_stream_now(const struct live_center *center)
{
    return (struct stream_now){
        .mono_us = clock_mono_us(), .subject_ms = center_now(center), .wall_ms = clock_wall_ms()};
}

enum err center_send(struct neighbour *n, const struct frame *frame)
{
    struct live_center *center = n->center;
    size_t used;
    enum err err = frame_pack(frame, center->out, FRAME_BYTES_MAX, &used);
    if (err != ERR_OK) {
        log_line(LOG_PANIC, "link.pack", "a frame for %s does not fit: %s", n->row.code, err_name(err));
        return err;
    }
    return n->row.is_parent ? link_send_parent(center->link, center->out, used)
                            : link_send_child(center->link, n->row.code, center->out, used);
}

/* ---- actions ---- */

static void deliver(struct neighbour *n, const struct stream_action *action, const uint8_t *bytes,
                    size_t size, const struct frame *frame)
{
    struct live_center *center = n->center;
    assert(bytes && frame &&
           frame->kind == FRAME_ENTRIES); /* a delivery comes only from the frame just given */
    struct input *input = center_input_new(INPUT_ENTRIES, bytes, size);
    input->from = n;
    input->first = (size_t)(action->deliver.entries - frame->entries.entries);
    input->count = action->deliver.count;
    input->receipt = action->deliver.receipt;
    center_queue(&center->stream_box, input);
}

void center_write_link(struct live_center *center)
{
    center_queue(&center->stream_box, center_input_new(INPUT_LINK, NULL, 0));
    loop_wake(center->loop);
}

static void on_acked(struct neighbour *n, const int64_t acked[LANES])
{
    memcpy(n->row.acked, acked, sizeof n->row.acked);
    n->acked_dirty = true; /* acks only trim: written with the next batch, or by the care round */
}

static void on_record(struct neighbour *n, const struct stream_action *action)
{
    n->met_dirty = true;
    n->met_incarnation = action->record.incarnation;
    n->met_database = action->record.database;
    n->met_anew = action->record.anew;
    center_write_link(n->center);
}

static void on_refused(struct neighbour *n, const struct stream_action *action)
{
    if (n->refused != action->refused.code)
        log_line(LOG_ERROR, "link.refused", "no session with %s (%s): %s", n->row.code,
                 err_name(action->refused.code), action->refused.text);
    n->refused = action->refused.code;
}

static void on_muted(void *ctx, enum err code)
{
    (void)ctx;
    if (code != ERR_OK) /* the memory of this process is mute; the next one finds out again */
        log_line(LOG_WARN, "center.mute", "the mute state could not be written down: %s", err_name(code));
}

/* Our database is older than what a neighbour has seen of it: from here on this center must not write (rule
 * 14). */
static void on_self_gone_back(struct neighbour *n)
{
    struct live_center *center = n->center;
    if (center->mute)
        return;
    center->mute = true;
    log_line(LOG_FATAL, "center.mute",
             "%s holds more of this center than its own database: the database has gone back; no case is "
             "written here",
             n->row.code);
    for (size_t i = 0; i < center->neighbour_count; i++)
        if (center->neighbours[i].stream)
            stream_set_mute(center->neighbours[i].stream, true);
    store_set_mute(center->store, true, on_muted, NULL);
}

static void carry_out(struct neighbour *n, const struct stream_action *action, const uint8_t *bytes,
                      size_t size, const struct frame *frame)
{
    switch (action->kind) {
    case STREAM_SEND:
        (void)!center_send(n, &action->frame);
        return;
    case STREAM_DELIVER:
        deliver(n, action, bytes, size, frame);
        return;
    case STREAM_FEED:
        center_feed(n, &action->feed);
        return;
    case STREAM_ACKED:
        on_acked(n, action->acked);
        return;
    case STREAM_LOOK:
        center_look(n, action->look.lane, action->look.lsn);
        return;
    case STREAM_RECORD:
        on_record(n, action);
        return;
    case STREAM_UP:
        n->refused = ERR_OK;
        center_link_changed(n, true, ERR_OK);
        return;
    case STREAM_DOWN:
        center_link_changed(n, false, action->code);
        return;
    case STREAM_REFUSED:
        on_refused(n, action);
        return;
    case STREAM_GONE_BACK:
        log_line(LOG_ERROR, "link.gone-back", "the database of %s is older than what we hold of it",
                 n->row.code);
        n->refused = ERR_GONE_BACK;
        return;
    case STREAM_SELF_GONE_BACK:
        on_self_gone_back(n);
        return;
    }
}

static void take_actions(struct neighbour *n, const uint8_t *bytes, size_t size, const struct frame *frame)
{
    struct stream_now now = center_stream_now(n->center);
    struct stream_action action;
    while (n->stream && stream_next(n->stream, &now, &action))
        carry_out(n, &action, bytes, size, frame);
}

void center_streams_turn(void *ctx)
{
    struct live_center *center = ctx;
    int64_t least = -1;
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        if (!n->stream)
            continue;
        take_actions(n, NULL, 0, NULL);
        struct stream_now now = center_stream_now(center);
        int64_t wait = stream_wait_ms(n->stream, &now);
        if (wait >= 0 && (least < 0 || wait < least))
            least = wait;
    }
    if (least < 0)
        loop_timer_disarm(center->tick_timer);
    else
        loop_timer_arm(center->tick_timer, least);
}

static void on_tick(void *ctx)
{
    struct live_center *center = ctx;
    struct stream_now now = center_stream_now(center);
    for (size_t i = 0; i < center->neighbour_count; i++)
        if (center->neighbours[i].stream)
            stream_tick(center->neighbours[i].stream, &now);
}

/* ---- up and down ---- */

bool center_parent_usable(const struct live_center *center)
{
    const struct neighbour *parent = center->parent;
    struct stream_status status;
    if (!parent || !parent->up || !parent->stream)
        return false;
    stream_status(parent->stream, &status);
    int64_t skew_max = SKEW_MAX_MS * center->config.clock.scale;
    return !status.measured || (status.skew_ms <= skew_max && status.skew_ms >= -skew_max);
}

void center_link_changed(struct neighbour *n, bool up, enum err why)
{
    struct live_center *center = n->center;
    if (n->up == up)
        return;
    n->up = up;
    n->up_since_ms = center_now(center);
    n->down_mono_ms = clock_mono_ms();
    log_line(up ? LOG_INFO : LOG_WARN, up ? "link.up" : "link.down", "%s%s%s", n->row.code, up ? "" : ": ",
             up ? "" : err_name(why));
    if (up && n->row.is_parent)
        center_watch_parent_up(center);
    center_care_soon(center, 0); /* what waited for this link is offered again, or given up */
}

/* Counted always, told once a second: a broken peer must not fill the disk with its log. */
static void refuse_frame(struct live_center *center, const struct link_from *from, const char *code,
                         const char *text)
{
    int64_t mono = clock_mono_ms();
    center->refused_frames++;
    if (mono - center->refused_logged_mono_ms < 1000)
        return;
    center->refused_logged_mono_ms = mono;
    log_line(LOG_ERROR, "frame.refused", "from %s: %s %s (%lld refused so far)", from->name, code, text,
             (long long)center->refused_frames);
}

static void on_frame(void *ctx, const struct link_from *from, const uint8_t *bytes, size_t size)
{
    struct live_center *center = ctx;
    struct arena arena;
    struct frame frame;
    struct fault fault = {.code = ERR_OK};
    arena_init(&arena, center->scratch, SCRATCH_BYTES);
    if (frame_unpack(bytes, size, &arena, &frame, &fault) != ERR_OK) {
        refuse_frame(center, from, err_name(fault.code), fault.text);
        if (from->kind == LINK_CLIENT || from->kind == LINK_FIELD)
            center_refuse(center, &from->route, frame.kind == FRAME_REQUEST ? frame.request.correlation : 0,
                          fault.code, fault.text);
        return;
    }
    if (from->kind == LINK_CLIENT || from->kind == LINK_FIELD) {
        if (frame.kind == FRAME_REQUEST)
            center_on_request(center, from, bytes, size, &frame);
        else
            refuse_frame(center, from, "FOREIGN", "a frame of a kind that does not belong here");
        return;
    }
    struct neighbour *n = center_neighbour(center, from->name);
    if (!n || frame.kind == FRAME_REQUEST || frame.kind == FRAME_REPLY || frame.kind == FRAME_PUSH) {
        refuse_frame(center, from, "FOREIGN", "a frame of a kind that does not belong here");
        return;
    }
    if (!n->stream)
        return; /* the database is away: silence makes the neighbour wait */
    struct stream_now now = center_stream_now(center);
    stream_on_frame(n->stream, &frame, &now);
    take_actions(n, bytes, size, &frame);
}

static void on_parent(void *ctx, bool up)
{
    struct live_center *center = ctx;
    struct neighbour *n = center->parent;
    struct stream_now now = center_stream_now(center);
    if (!n || !n->stream)
        return;
    if (up)
        stream_connected(n->stream, &now);
    else
        stream_disconnected(n->stream);
}

/* ---- life ---- */

static void fill_neighbour(struct live_center *center, struct neighbour *n, int32_t index, bool is_parent)
{
    n->center = center;
    n->index = index;
    n->row.is_parent = is_parent;
    text_put(n->row.code, CODE_SIZE, center->world.topology->centers[index].code);
    if (is_parent)
        center->parent = n;
}

static enum err make_neighbours(struct live_center *center)
{
    const struct topology *topology = center->world.topology;
    int32_t parent = topology->centers[center->index].parent;
    size_t count = parent >= 0;
    for (size_t i = 0; i < topology->center_count; i++)
        count += topology->centers[i].parent == center->index;
    center->neighbours = calloc(count + 1, sizeof *center->neighbours);
    if (!center->neighbours)
        return ERR_MEMORY;
    if (parent >= 0)
        fill_neighbour(center, &center->neighbours[center->neighbour_count++], parent, true);
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology->centers[i].parent == center->index)
            fill_neighbour(center, &center->neighbours[center->neighbour_count++], (int32_t)i, false);
    return ERR_OK;
}

static enum err open_link(struct live_center *center, const struct link_keys *keys,
                          const struct link_peers *peers, struct fault *fault)
{
    char parent_key[LINK_KEY_SIZE] = "";
    struct link_handler handler = {.ctx = center, .on_frame = on_frame, .on_parent = on_parent};
    struct link_config config = {.listen = center->config.listen, .keys = keys, .peers = peers};
    if (center->parent) {
        enum err err =
            link_keys_load_public(center->config.keys_dir, center->parent->row.code, parent_key, fault);
        if (err != ERR_OK)
            return err;
        config.parent = center->config.parent_endpoint;
        config.parent_name = center->parent->row.code;
        config.parent_key = parent_key;
    }
    return link_open(center->loop, &config, &handler, &center->link, fault);
}

/* A center without a signing key passes commands on and issues none; one without the list of signers takes
 * none. */
static enum err load_signers(struct live_center *center, struct fault *fault)
{
    struct muster *muster = center->muster;
    struct link_signers signers = {0};
    struct fault none = {.code = ERR_OK};
    enum err err = link_signers_load(center->config.keys_dir, &signers, fault);
    if (err == ERR_IO) {
        log_line(LOG_WARN, "keys.signers", "no list of signers: commands from other centers will be refused");
        err = ERR_OK;
    }
    if (err != ERR_OK)
        return err;
    link_signers_free(&muster->signers);
    muster->signers = signers;
    err = link_sign_load(center->config.keys_dir, &muster->sign_key, &none);
    muster->can_sign = err == ERR_OK;
    if (err == ERR_IO) {
        log_line(LOG_WARN, "keys.sign", "no signing key: this center can issue no commands");
        return ERR_OK;
    }
    return err == ERR_OK ? ERR_OK : fault_set(fault, err, "%s", none.text);
}

enum err center_link_init(struct live_center *center, struct fault *fault)
{
    struct link_keys keys;
    struct link_peers peers = {0};
    enum err err = make_neighbours(center);
    if (err != ERR_OK)
        return err;
    center->tick_timer = loop_timer_new(center->loop, on_tick, center);
    if (!center->tick_timer)
        return ERR_MEMORY;
    err = link_keys_load(center->config.keys_dir, center->code, &keys, fault);
    if (err != ERR_OK)
        return err;
    err = load_signers(center, fault);
    if (err == ERR_OK)
        err = link_peers_load(center->config.keys_dir, &peers, fault);
    if (err == ERR_OK)
        err = open_link(center, &keys, &peers, fault);
    link_peers_free(&peers);
    link_keys_forget(&keys);
    return err;
}

void center_link_fini(struct live_center *center)
{
    center_streams_close(center);
    loop_timer_free(&center->tick_timer);
    link_close(&center->link);
    free(center->neighbours);
}

static enum err reload_keys(struct live_center *center, struct fault *fault)
{
    struct link_peers peers = {0};
    enum err err = link_peers_load(center->config.keys_dir, &peers, fault);
    if (err != ERR_OK)
        return err;
    err = load_signers(center, fault);
    if (err != ERR_OK) {
        link_peers_free(&peers);
        return err;
    }
    err = link_reload(center->link, &peers);
    log_line(LOG_INFO, "keys.reloaded", "%zu peers are listed", peers.count);
    link_peers_free(&peers);
    return err;
}

enum err center_reload(struct live_center *center, struct fault *fault)
{
    enum err keys = reload_keys(center, fault);
    enum err matrix = center_matrix_load(center, keys == ERR_OK ? fault : NULL);
    return keys != ERR_OK ? keys : matrix;
}

static void open_stream(struct live_center *center, struct neighbour *n)
{
    struct stream_config config = {.peer_is_parent = n->row.is_parent,
                                   .version = WIRE_VERSION,
                                   .incarnation = center->incarnation,
                                   .database = center->database,
                                   .topology_version = center->world.topology->version,
                                   .mute = center->mute,
                                   .window = WINDOW_ENTRIES};
    struct stream_state state = {.peer_incarnation = n->row.incarnation,
                                 .peer_database = n->row.database,
                                 .fenced = n->row.fenced ? n->row.incarnation : 0};
    struct id random = id_new(clock_wall_ms());
    memcpy(&config.seed, random.bytes + 8, sizeof config.seed);
    text_put(config.here, CODE_SIZE, center->code);
    text_put(config.peer, CODE_SIZE, n->row.code);
    for (int lane = 0; lane < LANES; lane++) {
        state.lane[lane].received = n->row.received[lane];
        memcpy(state.lane[lane].received_digest, n->row.digest[lane], STREAM_DIGEST_BYTES);
        state.lane[lane].acked = n->row.acked[lane];
        state.lane[lane].tail = n->row.tail[lane];
    }
    n->stream = stream_new(&config, &state);
    if (!n->stream)
        abort(); /* out of memory at the start: the supervisor tries again */
}

void center_streams_open(struct live_center *center, const struct store_start *start)
{
    struct stream_now now = center_stream_now(center);
    for (size_t i = 0; i < start->neighbour_count; i++) {
        struct neighbour *n = center_neighbour(center, start->neighbours[i].code);
        if (!n)
            continue; /* a neighbour of an older topology: its rows stay, nobody speaks for it */
        n->row = start->neighbours[i];
        memcpy(n->tail, n->row.tail, sizeof n->tail);
        n->down_mono_ms = clock_mono_ms();
        open_stream(center, n);
    }
    if (center->parent && center->parent->stream && link_parent_up(center->link))
        stream_connected(center->parent->stream, &now);
    loop_wake(center->loop);
}

void center_session_anew(struct neighbour *n)
{
    struct stream_now now = center_stream_now(n->center);
    if (!n->stream)
        return;
    if (n->up)
        center_link_changed(n, false, ERR_FOREIGN);
    stream_free(&n->stream);
    n->restart = false;
    open_stream(n->center, n);
    if (n->row.is_parent && link_parent_up(n->center->link))
        stream_connected(n->stream, &now);
}

void center_streams_close(struct live_center *center)
{
    center_cache_clear(center->cache);
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        if (n->up)
            center_link_changed(n, false, ERR_NOT_NOW);
        stream_free(&n->stream);
        n->acked_dirty = n->met_dirty = false;
    }
}
