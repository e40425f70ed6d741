/* The live screen: keys, the clock and the terminal. Signals come as bytes of a descriptor, so that nothing
 * runs beside the loop and the terminal is put back on every way out. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd_top.h"

#define REFRESH_MS 1000
#define KEY_BYTES 32

struct screen {
    struct termios before;
    sigset_t signals_before;
    int signal_fd;
    size_t lines, columns;
    bool over;
};

static void measure(struct screen *screen)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;
    screen->lines = known ? size.ws_row : 24;
    screen->columns = known ? size.ws_col : 80;
}

static bool begin(struct screen *screen)
{
    sigset_t signals;
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &screen->before) != 0)
        return false;
    sigemptyset(&signals);
    sigaddset(&signals, SIGWINCH);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &screen->signals_before);
    screen->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    raw = screen->before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (screen->signal_fd < 0 || tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        return false;
    fputs("\033[?1049h\033[?25l", stdout);
    measure(screen);
    return true;
}

static void end(struct screen *screen)
{
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
    if (screen->signal_fd >= 0)
        close(screen->signal_fd);
    sigprocmask(SIG_SETMASK, &screen->signals_before, NULL);
}

/* ---- keys ---- */

static size_t matching(const struct top *top)
{
    size_t count = 0;
    for (size_t i = 0; i < top->row_count; i++)
        count += top_matches(top, &top->rows[i]);
    return count;
}

static void move(struct top *top, int64_t by)
{
    int64_t most = (int64_t)matching(top) - 1;
    int64_t to = (int64_t)top->scroll + by;
    top->scroll = to < 0 || most < 0 ? 0 : (size_t)(to > most ? most : to);
}

/* The last character goes as a whole. */
static void rub_out(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        length--;
    text[length > 0 ? length - 1 : 0] = '\0';
}

static void type(struct top *top, const char *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(top->filter);
        if (keys[i] == '\r' || keys[i] == '\n')
            top->typing = false;
        else if (keys[i] == 127 || keys[i] == 8)
            rub_out(top->filter);
        else if ((unsigned char)keys[i] >= ' ' && length + 1 < sizeof top->filter) {
            top->filter[length] = keys[i];
            top->filter[length + 1] = '\0';
        }
    }
    top->scroll = 0;
}

static void press(struct top *top, struct screen *screen, const char *keys, size_t count)
{
    static const struct {
        const char *keys;
        int pages, lines;
    } moves[] = {{"\033[A", 0, -1}, {"\033[B", 0, 1},       {"k", 0, -1},
                 {"j", 0, 1},       {"\033[5~", -1, 0},     {"\033[6~", 1, 0},
                 {" ", 1, 0},       {"\033[H", -100000, 0}, {"\033[F", 100000, 0}};
    if (count == 1 && keys[0] == '\033') {
        top->filter[0] = '\0';
        top->typing = false;
        top->scroll = 0;
    } else if (top->typing) {
        type(top, keys, count);
    } else if (keys[0] == 'q') {
        screen->over = true;
    } else if (keys[0] == '/') {
        top->typing = true;
        top->filter[0] = '\0';
        type(top, keys + 1, count - 1);
    } else {
        int64_t page = (int64_t)top_page(top, screen->lines);
        for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
            if (strlen(moves[i].keys) == count && memcmp(moves[i].keys, keys, count) == 0)
                move(top, moves[i].lines + moves[i].pages * page);
    }
}

static void take_signals(struct screen *screen)
{
    struct signalfd_siginfo info;
    while (read(screen->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGWINCH)
            measure(screen);
        else
            screen->over = true;
    }
}

/* Waits for a key or a signal, until the next look is due. */
static void wait_for(struct top *top, struct screen *screen, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = screen->signal_fd, .events = POLLIN}};
    char keys[KEY_BYTES];
    if (poll(fds, 2, timeout_ms) <= 0)
        return;
    if (fds[1].revents)
        take_signals(screen);
    if (!fds[0].revents)
        return;
    ssize_t count = read(STDIN_FILENO, keys, sizeof keys);
    if (count > 0)
        press(top, screen, keys, (size_t)count);
    else
        screen->over = true; /* the terminal is gone */
}

int top_live(struct top *top)
{
    struct screen screen = {.signal_fd = -1};
    int64_t next_mono_ms = 0;
    bool colour = !getenv("NO_COLOR");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !begin(&screen))
        return cli_fail(top->cli, ERR_USAGE, "this is no terminal; --once prints one screen");
    while (!screen.over) {
        int64_t mono_ms = clock_mono_ms();
        if (mono_ms >= next_mono_ms) {
            top_read(top);
            next_mono_ms = mono_ms + REFRESH_MS;
        }
        fputs("\033[H", stdout);
        top_draw(top, screen.lines, screen.columns, colour, stdout);
        fflush(stdout);
        int64_t left = next_mono_ms - clock_mono_ms();
        wait_for(top, &screen, left > 0 ? (int)left : 0);
    }
    end(&screen);
    return 0;
}
