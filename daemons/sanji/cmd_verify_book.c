/* The book of sanji verify: subjects, keys and violations, found by id. Memory that cannot be had ends the
 * program: it changes nothing. */
#include "cmd_verify.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

static const struct {
    int invariant;
    const char *zh, *en;
} rules[VERIFY_RULES] = {
    [VERIFY_CASE_TWICE] = {1, "同一案卷号用于两个案卷", "one number stands for two cases"},
    [VERIFY_REPORT_LOST] = {1, "已答复的请求没有对应的案卷记录", "an acknowledged request has left no trace"},
    [VERIFY_OWNER_BEHIND] = {2, "中心缺少它自己写下的事件", "a center lacks events that it wrote itself"},
    [VERIFY_CUSTODY] = {2, "案卷归属的变化不合规则", "custody changed against the rules"},
    [VERIFY_IN_FLIGHT] = {2, "交接仍在途中", "a hand-over is in flight"},
    [VERIFY_LOG_CHAIN] = {3, "事件链断裂", "the chain of events is broken"},
    [VERIFY_LOG_BODY] = {3, "事件内容与其摘要不符", "an event's body is not what its hash says"},
    [VERIFY_LOG_ROW] = {3, "案卷行与其事件记录不一致", "the case's row disagrees with its log"},
    [VERIFY_COPY] = {3, "副本与所有者的记录不同", "a copy differs from the longest log"},
    [VERIFY_BEHIND] = {3, "副本落后于所有者", "a copy is behind or missing"},
    [VERIFY_JOURNAL] = {3, "日志或其投影的计数不符", "the journal and its projections do not add up"},
    [VERIFY_TIMER_MISSING] = {4, "在办案卷没有定时器", "an open case has no timer"},
    [VERIFY_TIMER_STRAY] = {4, "非所有者有该案卷的定时器", "a timer stands where the case is not owned"},
    [VERIFY_TIMER_WRONG] = {5, "定时器与案卷的时限不符", "a timer is not that of its case"},
    [VERIFY_TRANSITION] = {6, "规则表没有的流转", "a transition that the table does not hold"},
    [VERIFY_CHECKER] = {6, "核查人就是处置人", "the checker is the handler"},
    [VERIFY_KEY] = {8, "同一幂等键有两种结果", "one key has two outcomes"},
    [VERIFY_PENDING] = {8, "待裁请求与其存底不符", "a pending request and what is kept of it do not agree"},
    [VERIFY_QUARANTINE] = {8, "隔离的事件没有未消告警", "a quarantined entry has no open alarm"},
    [VERIFY_HAND_OVER] = {8, "交接超时而没有未消告警", "an overdue hand-over has no open alarm"},
    [VERIFY_DATABASE] = {1, "数据库不属于该中心", "the database is not this center's"},
    [VERIFY_WRITER] = {7, "事件由无权书写的中心写入",
                       "an event was written by a center that may not write it"},
    [VERIFY_FORGED] = {7, "指令签名不是签发中心的", "a command's signature is not its issuer's"},
    [VERIFY_STATEMENT] = {7, "指令陈述与其事件不符", "a command's statement is not that of its event"},
    [VERIFY_COMMAND_ROW] = {7, "指令、回执单或勤务单元的行与其事件记录不一致",
                            "the row of a command, sheet or unit disagrees with its log"},
    [VERIFY_RECEIPT_STEP] = {7, "规则表没有的回执变化",
                             "a receipt changed in a way that the table does not hold"},
    [VERIFY_RECEIPT_REVIVED] = {7, "已过期的回执又有动作", "an expired receipt was acted on"},
    [VERIFY_RECEIPT_TWICE] = {7, "同一对象在一条指令中有两份回执",
                              "a recipient has two receipts of one command"},
    [VERIFY_RECEIPT_ROW] = {7, "回执行与回执单的事件记录不一致",
                            "a receipt's row disagrees with its sheet's log"},
    [VERIFY_COMMAND_MISSING] = {7, "途经或目的中心没有这条指令",
                                "a center on the way has not got the command"},
    [VERIFY_SHEET_MISSING] = {7, "应有的回执单没有收到", "a sheet that the tree lets expect was not heard"},
    [VERIFY_SHEET_TIMER] = {7, "回执单的定时器与其回执不符", "a sheet's timer is not that of its receipts"},
    [VERIFY_UNIT_TWICE] = {7, "勤务单元被两条指令占用", "a unit is booked by two commands"},
    [VERIFY_UNIT_ORDER] = {7, "勤务单元被占用，但没有相应的在办回执",
                           "a unit is booked without an open receipt of that command"},
};

void *verify_grow(void *array, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return array;
    size_t more = *room ? *room * 2 : 64;
    while (more < wanted)
        more *= 2;
    char *grown = realloc(array, more * size);
    if (!grown)
        abort();
    memset(grown + *room * size, 0, (more - *room) * size);
    *room = more;
    return grown;
}

void verify_init(struct verify *verify)
{
    verify->read = calloc(verify->topology->center_count, sizeof *verify->read);
    verify->violations = calloc(VERIFY_VIOLATIONS_MAX, sizeof *verify->violations);
    verify->unread = json_array();
    if (!verify->read || !verify->violations || !verify->unread)
        abort();
}

void verify_fini(struct verify *verify)
{
    for (size_t i = 0; i < verify->subject_index.count; i++) {
        free(verify->entries[i].events);
        free(verify->entries[i].holders);
    }
    store_index_fini(&verify->subject_index);
    store_index_fini(&verify->key_index);
    store_index_fini(&verify->number_index);
    link_signers_free(&verify->signers);
    free(verify->orders);
    free(verify->entries);
    free(verify->outcomes);
    free(verify->number_entries);
    free(verify->pending);
    free(verify->read);
    free(verify->violations);
    json_decref(verify->unread);
}

int verify_invariant(enum verify_rule rule)
{
    return rules[rule].invariant;
}

const char *verify_sentence(enum verify_rule rule, bool english)
{
    return english ? rules[rule].en : rules[rule].zh;
}

void verify_say(struct verify *verify, enum verify_rule rule, int32_t center,
                const struct verify_entry *entry, const char *fmt, ...)
{
    if (verify->violation_count++ >= VERIFY_VIOLATIONS_MAX)
        return;
    struct verify_violation *v = &verify->violations[verify->violation_count - 1];
    va_list args;
    v->rule = rule;
    v->center = center;
    v->kind = entry ? entry->kind : (enum subject_kind)0;
    snprintf(v->label, sizeof v->label, "%s", entry ? entry->label : "");
    va_start(args, fmt);
    vsnprintf(v->text, sizeof v->text, fmt, args);
    va_end(args);
}

struct verify_entry *verify_entry(struct verify *verify, const struct id *id, size_t *position)
{
    store_index_add(&verify->subject_index, id, position);
    verify->entries = verify_grow(verify->entries, &verify->entry_room, verify->subject_index.count,
                                  sizeof *verify->entries);
    return &verify->entries[*position];
}

struct verify_entry *verify_entry_named(struct verify *verify, const struct id *id, enum subject_kind kind,
                                        const char *label, size_t *position)
{
    struct verify_entry *entry = verify_entry(verify, id, position);
    if (!entry->label[0])
        snprintf(entry->label, sizeof entry->label, "%s", label);
    if (!entry->kind)
        entry->kind = kind;
    return entry;
}

struct verify_entry *verify_entry_find(const struct verify *verify, const struct id *id)
{
    size_t position;
    return store_index_find(&verify->subject_index, id, &position) ? &verify->entries[position] : NULL;
}

struct verify_holder *verify_holder(struct verify_entry *entry, int32_t center)
{
    for (size_t i = 0; i < entry->holder_count; i++)
        if (entry->holders[i].center == center)
            return &entry->holders[i];
    return NULL;
}

struct verify_holder *verify_holder_add(struct verify_entry *entry, int32_t center, int32_t no,
                                        const uint8_t head[HASH_BYTES])
{
    if (entry->holder_count == entry->holder_room) {
        entry->holder_room = entry->holder_room ? (uint16_t)(entry->holder_room * 2) : 4;
        entry->holders = realloc(entry->holders, entry->holder_room * sizeof *entry->holders);
        if (!entry->holders)
            abort();
    }
    struct verify_holder *holder = &entry->holders[entry->holder_count++];
    *holder = (struct verify_holder){.center = (int16_t)center, .no = no, .again_no = no};
    memcpy(holder->head, head, VERIFY_HASH);
    memcpy(holder->again_head, head, VERIFY_HASH);
    return holder;
}

void verify_holder_again(struct verify_entry *entry, int32_t center, int32_t no,
                         const uint8_t head[HASH_BYTES])
{
    struct verify_holder *holder = verify_holder(entry, center);
    if (!holder) {
        holder = verify_holder_add(entry, center, no, head);
        holder->no = 0; /* it came since */
    }
    holder->again_no = no;
    memcpy(holder->again_head, head, VERIFY_HASH);
}

void verify_event_add(struct verify_entry *entry, const struct verify_event *event)
{
    if (entry->event_count == entry->event_room) {
        entry->event_room = entry->event_room ? entry->event_room * 2 : 8;
        entry->events = realloc(entry->events, (size_t)entry->event_room * sizeof *entry->events);
        if (!entry->events)
            abort();
    }
    entry->events[entry->event_count++] = *event;
}

void verify_order_add(struct verify *verify, const struct verify_order *order)
{
    verify->orders =
        verify_grow(verify->orders, &verify->order_room, verify->order_count + 1, sizeof *verify->orders);
    verify->orders[verify->order_count++] = *order;
}

void verify_number(struct verify *verify, const char *case_no, size_t position, int32_t center)
{
    uint8_t hash[HASH_BYTES];
    struct id id;
    size_t at;
    wire_hash((const uint8_t *)case_no, strlen(case_no), hash);
    memcpy(id.bytes, hash, ID_BYTES);
    bool known = store_index_add(&verify->number_index, &id, &at);
    verify->number_entries = verify_grow(verify->number_entries, &verify->number_room,
                                         verify->number_index.count, sizeof *verify->number_entries);
    if (!known)
        verify->number_entries[at] = position;
    else if (verify->number_entries[at] != position)
        verify_say(verify, VERIFY_CASE_TWICE, center, &verify->entries[verify->number_entries[at]],
                   "two ids bear it");
}

static size_t key_position(struct verify *verify, const struct id *key)
{
    size_t at;
    bool known = store_index_add(&verify->key_index, key, &at);
    verify->outcomes = verify_grow(verify->outcomes, &verify->outcome_room, verify->key_index.count,
                                   sizeof *verify->outcomes);
    if (!known)
        verify->outcomes[at] = (struct verify_outcome){.center = -1};
    return at;
}

size_t verify_outcome(struct verify *verify, const struct id *key, enum err outcome, int32_t no,
                      int32_t center, const struct verify_entry *entry)
{
    size_t at = key_position(verify, key);
    struct verify_outcome *known = &verify->outcomes[at];
    if (known->center < 0) {
        known->center = center;
        known->outcome = outcome;
    } else if (known->outcome != outcome) {
        char text[ID_TEXT_SIZE];
        id_format(key, text);
        verify_say(verify, VERIFY_KEY, center, entry, "key %s: %s at %s, %s here", text,
                   err_name(known->outcome), verify->topology->centers[known->center].code,
                   err_name(outcome));
    }
    if (no > 0)
        known->no = no;
    return at;
}

void verify_pending(struct verify *verify, const struct id *key, size_t entry, int32_t center)
{
    size_t at = key_position(verify, key);
    verify->pending = verify_grow(verify->pending, &verify->pending_room, verify->pending_count + 1,
                                  sizeof *verify->pending);
    verify->pending[verify->pending_count++] =
        (struct verify_pending){.key = at, .entry = entry, .center = center};
}
