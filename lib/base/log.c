/* Log lines: one write(2) each, so that lines of several processes never mix. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_SIZE 2048 /* a sentence of FAULT_TEXT_MAX escaped six-fold still fits */

static enum log_level threshold = LOG_INFO;
static const char *process_name = "sanji";

void log_set_level(enum log_level level)
{
    threshold = level;
}

void log_set_name(const char *name)
{
    process_name = name;
}

/* Appends `text` as the inside of a JSON string; keeps room for the line's end. */
static size_t append_escaped(char *line, size_t used, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p && used < LINE_SIZE - 16; p++) {
        if (*p == '"' || *p == '\\')
            used += (size_t)snprintf(line + used, LINE_SIZE - used, "\\%c", *p);
        else if (*p < 0x20)
            used += (size_t)snprintf(line + used, LINE_SIZE - used, "\\u%04x", *p);
        else
            line[used++] = (char)*p;
    }
    return used;
}

void log_line(enum log_level level, const char *what, const char *fmt, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error", "fatal", "panic"};
    char sentence[LINE_SIZE / 2];
    char line[LINE_SIZE];
    char at[CLOCK_TEXT_SIZE];
    va_list args;

    if (level < threshold)
        return;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    clock_format(clock_wall_ms(), 0, at);
    size_t used = (size_t)snprintf(line, sizeof line, "{\"at\":\"%s\",\"level\":\"%s\",\"who\":\"", at, names[level]);
    used = append_escaped(line, used, process_name);
    used += (size_t)snprintf(line + used, LINE_SIZE - used, "\",\"what\":\"%s\",\"text\":\"", what);
    used = append_escaped(line, used, sentence);
    memcpy(line + used, "\"}\n", 3);
    ssize_t written = write(STDERR_FILENO, line, used + 3);
    (void)written; /* nowhere left to complain */
}
