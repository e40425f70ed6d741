/* The transition table of the case (domain page, section 4): who may do what in which state, and where it
 * leads. A cell that is not here is refused. The sentences serve refusals, help texts and consoles. */
#include "domain/case_step.h"

#include <stddef.h>

#define OWN (POST_SYSTEM | POST_TIMER) /* written by the center itself */
#define HANDS (POST_DESK | POST_UNIT)
#define HEADS (POST_SHIFT_LEADER | POST_LEADER)

/* What people may do to any open case. */
#define WATCHED(state)                                                                                       \
    [EVENT_URGE] = {.posts = POST_RECEPTIONIST | POST_SUPERVISOR | POST_LEADER | POST_TIMER,                 \
                    .to = (state),                                                                           \
                    .zh = "受理员、督查、领导或计时器催办",                                                  \
                    .en = "A receptionist, supervisor, leader or the timer urges"},                          \
    [EVENT_SUPERVISE] = {.posts = POST_SUPERVISOR | POST_LEADER | POST_TIMER,                                \
                         .to = (state),                                                                      \
                         .zh = "督查或领导下达督办，须书面回复；计时器到限自动督办",                         \
                         .en = "A supervisor or leader orders a written reply; the timer does so at a "      \
                               "limit"},                                                                     \
    [EVENT_SUPERVISE_REPLY] = {.posts = HANDS | POST_DISPATCHER | POST_SHIFT_LEADER,                         \
                               .to = (state),                                                                \
                               .needs_reason = true,                                                         \
                               .zh = "主办部门或本中心书面回复督办",                                         \
                               .en = "The lead department or the center answers a supervision order in "     \
                                     "writing"},                                                             \
    [EVENT_FORCE_CLOSE] = {.posts = POST_LEADER,                                                             \
                           .to = CASE_FORCE_CLOSED,                                                          \
                           .needs_reason = true,                                                             \
                           .zh = "领导说明理由后强制结案，单独统计",                                         \
                           .en = "A leader closes by force with a reason; counted apart"},                   \
    [EVENT_ESCALATE] = {.posts = POST_SHIFT_LEADER,                                                          \
                        .to = (state),                                                                       \
                        .needs_reason = true,                                                                \
                        .zh = "值班长说明理由，提请上级中心接办",                                            \
                        .en = "A shift leader offers the case to the center above, with a reason"},          \
    [EVENT_VOID] = {.posts = POST_DISPATCHER | POST_SHIFT_LEADER,                                            \
                    .asks = POST_DISPATCHER,                                                                 \
                    .to = CASE_VOIDED,                                                                       \
                    .needs_reason = true,                                                                    \
                    .zh = "派遣员申请作废，值班长批准",                                                      \
                    .en = "A dispatcher asks to void the case, a shift leader approves"},                    \
    [EVENT_VOID_REFUSE] = {.posts = POST_SHIFT_LEADER,                                                       \
                           .to = (state),                                                                    \
                           .zh = "值班长不同意作废",                                                         \
                           .en = "A shift leader refuses to void the case"}

/* What the timer and custody write into the log of any open case. */
#define CARRIED(state)                                                                                       \
    [EVENT_LEADER] = {.posts = OWN, .to = (state), .zh = "报领导", .en = "On the leader's list"},            \
    [EVENT_STANDING] = {.posts = OWN,                                                                        \
                        .to = (state),                                                                       \
                        .zh = "提醒次数已用完，红灯常亮直到有人处理",                                        \
                        .en = "Repeats are used up: red until a person acts"},                               \
    [EVENT_SKIP] = {.posts = OWN,                                                                            \
                    .to = (state),                                                                           \
                    .zh = "本级无人可办，跳过",                                                              \
                    .en = "Nobody here is able to act: this tier is skipped"},                               \
    [EVENT_CLIMB_PENDING] = {.posts = OWN | POST_SHIFT_LEADER | POST_DISPATCHER | POST_LEADER,               \
                             .to = (state),                                                                  \
                             .zh = "应上交而与上级断线，待升级",                                             \
                             .en = "Due to go up, but the link is down"},                                    \
    [EVENT_OFFER] = {.posts = OWN | POST_SHIFT_LEADER | POST_DISPATCHER | POST_LEADER,                       \
                     .to = (state),                                                                          \
                     .zh = "提请另一中心接办",                                                               \
                     .en = "The case is offered to another center"},                                         \
    [EVENT_DECLINE] = {.posts = OWN,                                                                         \
                       .to = (state),                                                                        \
                       .zh = "交接未成，案卷留在本中心",                                                     \
                       .en = "The offer came to nothing; the case stays"},                                   \
    [EVENT_HANDOVER] = {.posts = OWN, .to = (state), .zh = "案卷移交", .en = "The case is handed over"},     \
    [EVENT_RECLAIM] = {.posts = POST_LEADER,                                                                 \
                       .to = (state),                                                                        \
                       .needs_reason = true,                                                                 \
                       .zh = "领导收回案卷",                                                                 \
                       .en = "A leader takes the case back"},                                                \
    [EVENT_TAKE] = {.posts = OWN, .to = (state), .zh = "接收案卷", .en = "The new owner takes the case"},    \
    [EVENT_NOTE] = {.posts = OWN,                                                                            \
                    .to = (state),                                                                           \
                    .zh = "系统记事：勤务单元派出、到场、未到",                                              \
                    .en = "The system notes that a unit was ordered, came or did not come"},                 \
    NOTED(state)

/* What may also stand behind the end of a case. */
#define NOTED(state)                                                                                         \
    [EVENT_RECALCULATE] = {.posts = OWN,                                                                     \
                           .to = (state),                                                                    \
                           .zh = "工作日历变更，重算时限",                                                   \
                           .en = "The calendar changed: due times again"},                                   \
    [EVENT_REFUSED] = {.posts = ~0u,                                                                         \
                       .to = (state),                                                                        \
                       .zh = "转来的请求被拒，记录在案",                                                     \
                       .en = "A forwarded request was refused and is on record"}

#define DELEGATED(state)                                                                                     \
    [EVENT_DELEGATE] = {.posts = POST_DISPATCHER | HEADS,                                                    \
                        .to = (state),                                                                       \
                        .zh = "下派到下级中心，或经上级转派",                                                \
                        .en = "Delegated to a center below, or over through the center above"}

#define TURNED_DOWN                                                                                          \
    [EVENT_REJECT] = {.posts = POST_RECEPTIONIST | POST_SHIFT_LEADER,                                        \
                      .to = CASE_REJECTED,                                                                   \
                      .needs_reason = true,                                                                  \
                      .zh = "受理员或值班长说明理由，不予立案",                                              \
                      .en = "A receptionist or shift leader rejects with a reason"},                         \
    [EVENT_MERGE] = {.posts = POST_RECEPTIONIST | POST_SHIFT_LEADER,                                         \
                     .to = CASE_MERGED,                                                                      \
                     .needs_reason = true,                                                                   \
                     .zh = "受理员或值班长说明理由，并入另一案卷",                                           \
                     .en = "A receptionist or shift leader merges it into another case, with a reason"}

#define REDISPATCHED                                                                                         \
    [EVENT_REDISPATCH] = {.posts = POST_DISPATCHER,                                                          \
                          .to = CASE_DISPATCHED,                                                             \
                          .zh = "派遣员改派，重新计时",                                                      \
                          .en = "A dispatcher sends it to another department, with a new limit"}

#define RETURNED(state)                                                                                      \
    [EVENT_RETURN] = {.posts = HANDS | POST_DISPATCHER | POST_SHIFT_LEADER,                                  \
                      .asks = HANDS,                                                                         \
                      .to = CASE_FILED,                                                                      \
                      .also = CASE_DISPUTED,                                                                 \
                      .needs_reason = true,                                                                  \
                      .zh = "部门说明理由申请回退，派遣员或值班长批准；超过次数转争议",                      \
                      .en = "A department asks to return it, a dispatcher approves; too often makes a "      \
                            "dispute"},                                                                      \
    [EVENT_RETURN_REFUSE] = {.posts = POST_DISPATCHER | POST_SHIFT_LEADER,                                   \
                             .to = (state),                                                                  \
                             .zh = "派遣员或值班长不同意回退",                                               \
                             .en = "A dispatcher refuses the return"}

#define ASSISTED(state)                                                                                      \
    [EVENT_ASSIST_DONE] = {                                                                                  \
        .posts = HANDS, .to = (state), .zh = "协办部门完成协办", .en = "An assisting department is through"}

#define CALLED_BACK(state)                                                                                   \
    [EVENT_FOLLOW_UP] = {.posts = POST_CALLER | POST_RECEPTIONIST,                                           \
                         .to = CASE_ARCHIVED,                                                                \
                         .zh = "回访员记满意度(1-5)后归档",                                                  \
                         .en = "A call-back with a score of 1 to 5 archives the case"},                      \
    [EVENT_ARCHIVE] = {.posts = POST_TIMER,                                                                  \
                       .to = CASE_ARCHIVED,                                                                  \
                       .zh = "到期自动归档",                                                                 \
                       .en = "The timer archives"},                                                          \
    [EVENT_URGE] = {.posts = POST_TIMER,                                                                     \
                    .to = (state),                                                                           \
                    .zh = "回访时限已到，计时器催办",                                                        \
                    .en = "The call-back is due: the timer urges"},                                          \
    NOTED(state)

static const struct case_rule rules[CASE_STATES][CASE_EVENTS] = {
    [CASE_NONE] = {[EVENT_REPORT] = {.posts = POST_GRID_WORKER | POST_RECEPTIONIST | POST_RESIDENT |
                                              POST_SYSTEM | POST_UNIT,
                                     .to = CASE_REPORTED,
                                     .zh = "网格员、勤务单元、受理员、居民或对接系统上报",
                                     .en = "A grid worker, receptionist, resident or system reports"}},
    [CASE_REPORTED] = {WATCHED(CASE_REPORTED), CARRIED(CASE_REPORTED), DELEGATED(CASE_REPORTED), TURNED_DOWN,
                       [EVENT_VERIFY] = {.posts = POST_RECEPTIONIST,
                                         .to = CASE_VERIFYING,
                                         .zh = "受理员发核实",
                                         .en = "A receptionist sends it to be verified"},
                       [EVENT_FILE] = {.posts = POST_SHIFT_LEADER | POST_SYSTEM,
                                       .to = CASE_FILED,
                                       .zh = "值班长立案；可信来源自动立案",
                                       .en = "A shift leader files; trusted sources are filed by themselves"},
                       [EVENT_SETTLE] = {.posts = POST_GRID_WORKER,
                                         .to = CASE_FEEDBACK,
                                         .zh = "网格员即巡即办，附前后照片，由他人核查",
                                         .en = "A grid worker settles on the spot; another person checks"}},
    [CASE_VERIFYING] = {WATCHED(CASE_VERIFYING), CARRIED(CASE_VERIFYING), DELEGATED(CASE_VERIFYING),
                        [EVENT_VERIFIED] = {.posts = POST_GRID_WORKER | POST_CHECKER,
                                            .to = CASE_FILED,
                                            .zh = "网格员或核查员核实属实，即立案",
                                            .en = "A grid worker or checker finds it true: filed"},
                        [EVENT_REFUTED] = {.posts = POST_GRID_WORKER | POST_CHECKER,
                                           .to = CASE_REJECTED,
                                           .needs_reason = true,
                                           .zh = "网格员或核查员核实不属实并说明情况",
                                           .en = "A grid worker or checker finds it untrue and says why"}},
    [CASE_FILED] = {WATCHED(CASE_FILED), CARRIED(CASE_FILED), DELEGATED(CASE_FILED), TURNED_DOWN,
                    REDISPATCHED,
                    [EVENT_DISPATCH] = {.posts = POST_DISPATCHER | POST_SYSTEM,
                                        .to = CASE_DISPATCHED,
                                        .zh = "派遣员派遣，或按权责配置自动分拨",
                                        .en = "A dispatcher, or the matrix by itself, sends it to a "
                                              "department"}},
    [CASE_DISPATCHED] = {WATCHED(CASE_DISPATCHED), CARRIED(CASE_DISPATCHED), DELEGATED(CASE_DISPATCHED),
                         REDISPATCHED, RETURNED(CASE_DISPATCHED), ASSISTED(CASE_DISPATCHED),
                         [EVENT_SIGN] = {.posts = HANDS,
                                         .to = CASE_HANDLING,
                                         .zh = "主办部门或勤务单元具名签收",
                                         .en = "The lead department signs by name"},
                         [EVENT_DEPUTY] = {.posts = POST_TIMER,
                                           .to = CASE_DISPATCHED,
                                           .zh = "签收时限已过，通知备岗",
                                           .en = "The sign limit has passed: the deputy is called"}},
    [CASE_HANDLING] = {WATCHED(CASE_HANDLING), CARRIED(CASE_HANDLING), DELEGATED(CASE_HANDLING), REDISPATCHED,
                       RETURNED(CASE_HANDLING), ASSISTED(CASE_HANDLING),
                       [EVENT_EXTEND] = {.posts = HANDS | HEADS,
                                         .asks = HANDS,
                                         .to = CASE_HANDLING,
                                         .needs_reason = true,
                                         .zh = "部门到期前申请延期；首次由值班长在限额内批准，其后由领导批准",
                                         .en = "A department asks before expiry; a shift leader grants the "
                                               "first within the preset, a leader any other"},
                       [EVENT_EXTEND_REFUSE] = {.posts = HEADS,
                                                .to = CASE_HANDLING,
                                                .zh = "值班长或领导不同意延期",
                                                .en = "A shift leader or leader refuses the extension"},
                       [EVENT_SUSPEND] = {.posts = POST_DISPATCHER,
                                          .to = CASE_SUSPENDED,
                                          .zh = "派遣员挂账，剩余时限原样保留",
                                          .en = "A dispatcher suspends; the time left is kept exactly"},
                       [EVENT_ASSIST] = {.posts = HANDS,
                                         .to = CASE_HANDLING,
                                         .zh = "主办部门请另一部门协办",
                                         .en = "The lead department asks another to assist"},
                       [EVENT_PROGRESS] = {.posts = HANDS,
                                           .to = CASE_HANDLING,
                                           .needs_reason = true,
                                           .zh = "主办部门报进展",
                                           .en = "The lead department says how it stands"},
                       [EVENT_FEEDBACK] = {.posts = HANDS,
                                           .to = CASE_FEEDBACK,
                                           .needs_reason = true,
                                           .zh = "主办部门说明处置结果，附处置后照片",
                                           .en = "The lead department says what was done, with evidence"},
                       [EVENT_LAPSE] = {.posts = POST_TIMER,
                                        .to = CASE_HANDLING,
                                        .zh = "签收后无进展，签收失效",
                                        .en = "Signed, but no progress: the acknowledgement lapses"}},
    [CASE_SUSPENDED] = {WATCHED(CASE_SUSPENDED), CARRIED(CASE_SUSPENDED), DELEGATED(CASE_SUSPENDED),
                        ASSISTED(CASE_SUSPENDED),
                        [EVENT_RESUME] = {.posts = POST_DISPATCHER | POST_TIMER,
                                          .to = CASE_HANDLING,
                                          .zh = "派遣员恢复；到复查日期自动恢复",
                                          .en = "A dispatcher, or the timer at the review date, resumes"}},
    [CASE_FEEDBACK] = {WATCHED(CASE_FEEDBACK), CARRIED(CASE_FEEDBACK), DELEGATED(CASE_FEEDBACK),
                       [EVENT_CHECK_OK] = {.posts = POST_CHECKER | POST_GRID_WORKER | POST_SHIFT_LEADER |
                                                    POST_SYSTEM,
                                           .to = CASE_CLOSED,
                                           .also = CASE_FEEDBACK,
                                           .zh = "处置人以外的人核查通过，结案",
                                           .en = "Someone other than the handler finds it done: closed"},
                       [EVENT_CHECK_FAIL] = {.posts = POST_CHECKER | POST_GRID_WORKER | POST_SHIFT_LEADER,
                                             .to = CASE_HANDLING,
                                             .also = CASE_FILED,
                                             .needs_reason = true,
                                             .zh = "处置人以外的人核查不通过，返工；自行处置的转立案",
                                             .en = "Someone other than the handler finds it undone: rework; "
                                                   "what was settled on the spot is filed"},
                       [EVENT_CLOSE] = {.posts = POST_SHIFT_LEADER,
                                        .to = CASE_CLOSED,
                                        .zh = "核查通过后值班长结案",
                                        .en = "A shift leader closes what has passed the check"}},
    [CASE_DISPUTED] = {WATCHED(CASE_DISPUTED), CARRIED(CASE_DISPUTED),
                       [EVENT_RULE] = {.posts = POST_DISPATCHER | HEADS,
                                       .to = CASE_DISPATCHED,
                                       .zh = "上级中心终审裁定主办部门，不得再退",
                                       .en = "A center above rules who handles it; no more return"}},
    [CASE_CLOSED] =
        {CALLED_BACK(CASE_CLOSED), [EVENT_REOPEN] =
                                       {.posts = POST_RECEPTIONIST | POST_CALLER | POST_RESIDENT |
                                                 POST_GRID_WORKER,
                                        .to = CASE_FILED,
                                        .zh = "回访后受理员重办；上报人可在期限内要求重办",
                                        .en = "A receptionist after the call-back, or the reporter in the "
                                              "window, reopens"}},
    [CASE_FORCE_CLOSED] = {CALLED_BACK(CASE_FORCE_CLOSED)},
    [CASE_ARCHIVED] = {NOTED(CASE_ARCHIVED)},
    [CASE_REJECTED] = {NOTED(CASE_REJECTED)},
    [CASE_VOIDED] = {NOTED(CASE_VOIDED)},
    [CASE_MERGED] = {NOTED(CASE_MERGED)},
};

const struct case_rule *case_rule(enum case_state state, enum case_event event)
{
    if ((unsigned)state >= CASE_STATES || (unsigned)event >= CASE_EVENTS)
        return NULL;
    const struct case_rule *rule = &rules[state][event];
    return rule->posts ? rule : NULL;
}

bool case_rule_allows(enum case_state before, enum case_event event, enum case_state after)
{
    const struct case_rule *rule = case_rule(before, event);
    if (!rule || after == CASE_NONE)
        return false;
    return after == rule->to || after == rule->also || (rule->asks && after == before);
}
