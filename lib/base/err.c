/* The table of outcomes, and faults: an outcome with the words of one occasion. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
    enum err code;
    const char *name;
    int exit_code;
    const char *zh;
    const char *en;
};

static const struct err_row rows[] = {
    {ERR_OK, "OK", 0, "完成。", "Done."},
    {ERR_USAGE, "USAGE", 2, "用法有误，请看 --help。", "Wrong usage; see --help."},
    {ERR_BAD_TEXT, "BAD_TEXT", 1, "文字不是有效的 UTF-8，或含控制字符，请改正后重发。",
     "The text is not valid UTF-8 or holds control characters; correct it and send again."},
    {ERR_TOO_LONG, "TOO_LONG", 1, "内容超出长度上限，请缩短。", "Longer than the limit; shorten it."},
    {ERR_MALFORMED, "MALFORMED", 1, "报文无法解析，已拒收。", "The message does not decode and was refused."},
    {ERR_CONFIG, "CONFIG", 2, "配置有误，请按所示行号改正。",
     "The configuration has errors; mend the lines shown."},
    {ERR_MISSING, "MISSING", 1, "缺少必填内容。", "A required field is missing."},
    {ERR_RANGE, "RANGE", 1, "数值超出范围。", "A number is out of range."},
    {ERR_UNKNOWN_CASE, "UNKNOWN_CASE", 1, "本中心没有此案卷，请核对案卷编号。",
     "This center holds no such case; check the case number."},
    {ERR_UNKNOWN_ITEM, "UNKNOWN_ITEM", 1, "事项清单中没有此事项，请用 sanji catalogue list 查代码。",
     "The catalogue has no such item; `sanji catalogue list` shows the codes."},
    {ERR_UNKNOWN_PERSON, "UNKNOWN_PERSON", 1, "人员名册中没有此人。", "No such person in the roster."},
    {ERR_UNKNOWN_AREA, "UNKNOWN_AREA", 1, "没有此行政区划代码。", "No such area code."},
    {ERR_UNKNOWN_CENTER, "UNKNOWN_CENTER", 1, "拓扑中没有此中心。", "The topology has no such center."},
    {ERR_UNKNOWN_TARGET, "UNKNOWN_TARGET", 1, "本中心没有此部门。", "This center has no such department."},
    {ERR_UNKNOWN_EVENT, "UNKNOWN_EVENT", 1,
     "没有此操作，请看 sanji case act --help 或 sanji command act --help。",
     "No such event; see `sanji case act --help` or `sanji command act --help`."},
    {ERR_UNKNOWN_COMMAND, "UNKNOWN_COMMAND", 1, "本中心没有此指令，请核对指令编号。",
     "This center holds no such command; check its id."},
    {ERR_UNKNOWN_RECIPIENT, "UNKNOWN_RECIPIENT", 1,
     "此指令在本中心没有这个接收人，请用 sanji command show 查看名单。",
     "The command has no such recipient at this center; `sanji command show` lists them."},
    {ERR_UNKNOWN_UNIT, "UNKNOWN_UNIT", 1, "没有此勤务单元，请用 sanji unit list 查看。",
     "No such unit; `sanji unit list` shows them."},
    {ERR_WRONG_AREA, "WRONG_AREA", 1, "该区域不归本中心或此人管辖。",
     "The area is not covered by this center or person."},
    {ERR_NO_RIGHT, "NO_RIGHT", 1, "该岗位无权做此操作。", "This post has no right to do that."},
    {ERR_ILLEGAL, "ILLEGAL", 1, "当前状态不允许此操作。", "Its present state does not allow that."},
    {ERR_SAME_PERSON, "SAME_PERSON", 1, "须由另一人办理：核查人不得是处置人，批准人不得是申请人。",
     "Another person must do this: a checker is never the handler, an approver never the asker."},
    {ERR_NO_REASON, "NO_REASON", 1, "此操作必须写明理由。", "This needs a reason."},
    {ERR_NO_EVIDENCE, "NO_EVIDENCE", 1, "缺少该事项要求的照片或说明。",
     "The evidence that the item demands is missing."},
    {ERR_NOT_ASKED, "NOT_ASKED", 1, "没有待批的申请。", "There is no request to approve."},
    {ERR_TOO_LATE, "TOO_LATE", 1, "已过时限。", "Too late."},
    {ERR_TOO_OFTEN, "TOO_OFTEN", 1, "次数已达上限。", "The number of times is used up."},
    {ERR_NOT_ALLOWED, "NOT_ALLOWED", 1, "该事项不允许此操作。", "The item does not allow that."},
    {ERR_NO_ONE, "NO_ONE", 1, "对方无人可办。", "There is no one able to act there."},
    {ERR_STALE, "STALE", 1, "案卷已有变化，请看最新情况后再办。",
     "The case has changed; look again, then act."},
    {ERR_EXPIRED, "EXPIRED", 1, "请求已过有效期，未执行。", "The request had expired and was not executed."},
    {ERR_TOO_OLD, "TOO_OLD", 1, "幂等键太旧，未执行。", "The idempotency key is too old; nothing was done."},
    {ERR_KEY_REUSED, "KEY_REUSED", 1, "同一幂等键已用于别的内容。",
     "The same key was already used for something else."},
    {ERR_FINAL, "FINAL", 1, "终审已定，不得再退。", "The ruling is final; no more returns."},
    {ERR_NOT_OWNER, "NOT_OWNER", 1, "案卷由另一中心负责。", "Another center owns the case."},
    {ERR_BAD_TARGET, "BAD_TARGET", 1, "对象不可用：须是上级、下级中心或另一案卷。",
     "Not a valid target: it must be the parent, a child center or another case."},
    {ERR_CLIMBING, "CLIMBING", 1, "案卷正在交接，请稍候。", "The case is being handed over; wait a moment."},
    {ERR_NOBODY, "NOBODY", 1, "选择条件没有选中任何人，请放宽条件。", "The selector names nobody; widen it."},
    {ERR_OUTSIDE, "OUTSIDE", 1, "选择条件超出本中心辖区，指令只能发给下级。",
     "The selector reaches beyond the sender's own subtree."},
    {ERR_FORGED, "FORGED", 1, "指令签名与签发中心不符，已拒绝并告警。",
     "The command's signature is not its issuer's; it was refused and an alarm raised."},
    {ERR_FUTURE, "FUTURE", 1, "时间在将来，请校准设备时钟。",
     "The time lies in the future; set the device's clock right."},
    {ERR_IMPLAUSIBLE, "IMPLAUSIBLE", 1, "位置跳变不合常理，已标记存疑，暂不用于派警。",
     "Nobody can have come that far in that time; the position is marked and not used for dispatch."},
    {ERR_STATUS_GATE, "STATUS_GATE", 1, "该勤务单元当前状态不允许此操作。",
     "The unit's present status does not allow that."},
    {ERR_BOOKED, "BOOKED", 1, "该勤务单元已有任务在身。", "The unit has another order already."},
    {ERR_FORM, "FORM", 1, "反馈表缺项或填写有误。", "The feedback form has a field missing or wrong."},
    {ERR_NOT_YOURS, "NOT_YOURS", 1, "此密钥不能代表该勤务单元，已拒绝并记录。",
     "This key may not speak for that unit; refused and recorded."},
    {ERR_NOT_NOW, "NOT_NOW", 3, "中心暂时不能受理（数据库不可用），未执行，请稍后重试。",
     "The center cannot take this now (its database is away); nothing was done, try again soon."},
    {ERR_UNREACHABLE, "UNREACHABLE", 3, "中心无应答。", "The center does not answer."},
    {ERR_TIMEOUT, "TIMEOUT", 3, "等待超时。", "Timed out."},
    {ERR_BUSY, "BUSY", 3, "队列已满，请稍后重试。", "The queue is full; try again soon."},
    {ERR_MUTE, "MUTE", 3, "本中心数据库已回退，禁止写入，请按恢复手册处理。",
     "This center's database has gone back in time and may not write; follow the restore guide."},
    {ERR_PENDING, "PENDING", 3, "已妥存，待案卷所属中心办理。",
     "Kept safely; the owning center will decide when it is reached."},
    {ERR_LOCKED, "LOCKED", 3, "另一个 centerd 正占用此数据库。", "Another centerd holds this database."},
    {ERR_FOREIGN, "FOREIGN", 1, "来源不属于本中心。", "The peer or subject does not belong here."},
    {ERR_VERSION, "VERSION", 1, "协议版本不符。", "Protocol versions do not match."},
    {ERR_GAP, "GAP", 1, "序号不连续。", "The sequence has a gap."},
    {ERR_HASH, "HASH", 1, "哈希链不符。", "The hash chain does not match."},
    {ERR_EPOCH, "EPOCH", 1, "交接轮次不符。", "The custody epoch does not match."},
    {ERR_GONE_BACK, "GONE_BACK", 1, "对方数据库已回退。", "The neighbour's database has gone back."},
    {ERR_UNKNOWN_KIND, "UNKNOWN_KIND", 1, "不认识的事件类型。", "An event of an unknown kind."},
    {ERR_IO, "IO", 3, "读写失败。", "Reading or writing failed."},
    {ERR_DATABASE, "DATABASE", 3, "数据库报错。", "The database reported an error."},
    {ERR_SCHEMA, "SCHEMA", 3, "数据库版本不符，请运行 sanji migrate。",
     "The database has another schema version; run `sanji migrate`."},
    {ERR_MEMORY, "MEMORY", 3, "内存不足。", "Out of memory."},
    {ERR_CRYPTO, "CRYPTO", 3, "密钥或加密出错。", "A key or cipher failed."},
    {ERR_VIOLATION, "VIOLATION", 4, "校验发现违例。", "Verify found a violation."},
};

static const struct err_row *find(enum err code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

const char *err_name(enum err code)
{
    const struct err_row *row = find(code);
    return row ? row->name : "UNKNOWN";
}

enum err err_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].code;
    return ERR_MALFORMED;
}

const char *err_text_zh(enum err code)
{
    const struct err_row *row = find(code);
    return row ? row->zh : "未知结果。";
}

const char *err_text_en(enum err code)
{
    const struct err_row *row = find(code);
    return row ? row->en : "Unknown outcome.";
}

int err_exit_code(enum err code)
{
    const struct err_row *row = find(code);
    return row ? row->exit_code : 1;
}

enum err fault_set(struct fault *fault, enum err code, const char *fmt, ...)
{
    if (fault) {
        va_list args;
        va_start(args, fmt);
        fault->code = code;
        vsnprintf(fault->text, sizeof fault->text, fmt, args);
        va_end(args);
    }
    return code;
}

enum err fault_context(struct fault *fault, const char *fmt, ...)
{
    char old[FAULT_TEXT_MAX];
    char context[FAULT_TEXT_MAX];
    va_list args;

    memcpy(old, fault->text, sizeof old);
    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    size_t used = strlen(context);
    if (used > sizeof fault->text / 2)
        used = sizeof fault->text / 2;
    memcpy(fault->text, context, used);
    snprintf(fault->text + used, sizeof fault->text - used, ": %.*s", (int)(sizeof old - used - 3), old);
    return fault->code;
}
