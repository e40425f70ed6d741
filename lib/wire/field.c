/* Fields, their bounds and the words of their refusal. */
#include "wire/field.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

void field_refuse(struct field_reader *reader, enum err code, const char *name, const char *why)
{
    if (!reader->err)
        reader->err = fault_set(reader->fault, code, "%s.%s: %s", reader->where, name, why);
}

int64_t field_int(struct field_reader *reader, const char *name, int64_t value, int64_t least, int64_t most)
{
    if (value >= least && value <= most)
        return value;
    if (!reader->err)
        reader->err =
            fault_set(reader->fault, ERR_RANGE, "%s.%s: %" PRId64 " is not in %" PRId64 "..%" PRId64,
                      reader->where, name, value, least, most);
    return 0;
}

uint32_t field_kind(struct field_reader *reader, const char *name, uint32_t value, uint32_t most)
{
    if (value != 0 && value <= most)
        return value;
    if (value == 0)
        field_refuse(reader, ERR_MISSING, name, "absent");
    else if (!reader->err)
        reader->err = fault_set(reader->fault, ERR_UNKNOWN_KIND, "%s.%s: %" PRIu32 " is of a later version",
                                reader->where, name, value);
    return 0;
}

double field_real(struct field_reader *reader, const char *name, double value, double least, double most)
{
    if (isfinite(value) && value >= least && value <= most)
        return value;
    if (!reader->err)
        reader->err = fault_set(reader->fault, ERR_RANGE, "%s.%s: %g is not in %g..%g", reader->where, name,
                                value, least, most);
    return 0;
}

/* What text_is_code allows, as a table: codes are most of what comes in. */
static const bool code_signs[256] = {
    ['-'] = true, ['.'] = true, ['@'] = true, ['_'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
    ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true,
    ['A'] = true, ['B'] = true, ['C'] = true, ['D'] = true, ['E'] = true, ['F'] = true, ['G'] = true,
    ['H'] = true, ['I'] = true, ['J'] = true, ['K'] = true, ['L'] = true, ['M'] = true, ['N'] = true,
    ['O'] = true, ['P'] = true, ['Q'] = true, ['R'] = true, ['S'] = true, ['T'] = true, ['U'] = true,
    ['V'] = true, ['W'] = true, ['X'] = true, ['Y'] = true, ['Z'] = true, ['a'] = true, ['b'] = true,
    ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true, ['h'] = true, ['i'] = true,
    ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true,
    ['q'] = true, ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true,
    ['x'] = true, ['y'] = true, ['z'] = true};

bool field_is_code(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!code_signs[bytes[i]])
            return false;
    return true;
}

bool field_is_line(const uint8_t *bytes, size_t length)
{
    size_t plain = 0;
    while (plain < length && bytes[plain] >= 0x20 && bytes[plain] < 0x7f)
        plain++;
    if (plain == length)
        return true;
    return !memchr(bytes, '\n', length) && !memchr(bytes, '\t', length) &&
           text_valid((const char *)bytes + plain, length - plain);
}

static enum err judge(const uint8_t *bytes, size_t length, enum field_text kind)
{
    switch (kind) {
    case FIELD_CODE:
        return field_is_code(bytes, length) ? ERR_OK : ERR_MALFORMED;
    case FIELD_LINE:
        return field_is_line(bytes, length) ? ERR_OK : ERR_BAD_TEXT;
    case FIELD_TEXT:
        return text_valid((const char *)bytes, length) ? ERR_OK : ERR_BAD_TEXT;
    }
    return ERR_MALFORMED;
}

/* True when a text of that length and kind may be copied. */
static bool admit(struct field_reader *reader, const char *name, ProtobufCBinaryData from,
                  enum field_text kind, size_t size)
{
    if (reader->err)
        return false;
    if (from.len >= size) {
        reader->err = fault_set(reader->fault, ERR_TOO_LONG, "%s.%s: %zu bytes, at most %zu", reader->where,
                                name, from.len, size - 1);
        return false;
    }
    enum err code = judge(from.data, from.len, kind);
    if (code)
        field_refuse(reader, code, name,
                     kind == FIELD_CODE ? "not a code" : "not UTF-8, or a control character in it");
    return !code;
}

void field_text(struct field_reader *reader, const char *name, ProtobufCBinaryData from, enum field_text kind,
                char *out, size_t size)
{
    if (from.len == 0 || !admit(reader, name, from, kind, size)) {
        out[0] = '\0';
        return;
    }
    memcpy(out, from.data, from.len);
    out[from.len] = '\0';
}

const char *field_borrow(struct field_reader *reader, const char *name, ProtobufCBinaryData from,
                         enum field_text kind, size_t size)
{
    if (from.len == 0 || !admit(reader, name, from, kind, size))
        return NULL;
    char *out = arena_take_raw(reader->arena, from.len + 1);
    if (!out) {
        field_refuse(reader, ERR_TOO_LONG, name, "no room left for it");
        return NULL;
    }
    memcpy(out, from.data, from.len);
    out[from.len] = '\0';
    return out;
}

void field_bytes(struct field_reader *reader, const char *name, ProtobufCBinaryData from, uint8_t *out,
                 size_t size)
{
    if (from.len == size)
        memcpy(out, from.data, size);
    else if (from.len == 0)
        memset(out, 0, size);
    else if (!reader->err)
        reader->err = fault_set(reader->fault, ERR_MALFORMED, "%s.%s: %zu bytes instead of %zu",
                                reader->where, name, from.len, size);
}

void field_rows(struct field_reader *reader, const struct field_row *rows, size_t count, const void *message,
                void *own)
{
    for (size_t i = 0; i < count; i++) {
        ProtobufCBinaryData from;
        memcpy(&from, (const char *)message + rows[i].from, sizeof from);
        field_text(reader, rows[i].name, from, rows[i].kind, (char *)own + rows[i].to, rows[i].size);
    }
}

/* protobuf-c has no const; it only reads what it packs. */
static ProtobufCBinaryData point_at(const void *bytes, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)bytes};
}

void field_rows_put(const struct field_row *rows, size_t count, const void *own, void *message)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = (const char *)own + rows[i].to;
        size_t length = strnlen(text, rows[i].size);
        assert(length < rows[i].size);
        ProtobufCBinaryData data = point_at(text, length);
        memcpy((char *)message + rows[i].from, &data, sizeof data);
    }
}

ProtobufCBinaryData field_put(const char *text)
{
    return point_at(text, text ? strlen(text) : 0);
}

ProtobufCBinaryData field_put_bytes(const uint8_t *bytes, size_t size)
{
    bool zero = bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
    return point_at(bytes, zero ? 0 : size);
}

static void *take(void *arena, size_t size)
{
    return arena_take_raw(arena, size);
}

/* The arena is freed as a whole. */
static void give(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

void *field_unpack(struct field_reader *reader, const ProtobufCMessageDescriptor *descriptor,
                   const uint8_t *bytes, size_t size)
{
    ProtobufCAllocator allocator = {.alloc = take, .free = give, .allocator_data = reader->arena};
    reader->arena->full = false;
    void *message = protobuf_c_message_unpack(descriptor, &allocator, size, bytes);

    if (message)
        return message;
    reader->err =
        reader->arena->full
            ? fault_set(reader->fault, ERR_TOO_LONG, "%s: more parts than it may hold", reader->where)
            : fault_set(reader->fault, ERR_MALFORMED, "%s: does not decode", reader->where);
    return NULL;
}
