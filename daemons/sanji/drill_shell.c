/* Hooks: programs of whoever runs the drill, to cut a link or to stop a center. They are run as they are
 * written, and only with --allow-shell. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drill.h"

void drill_shell_start(struct drill *drill, size_t index)
{
    struct drill_step *step = &drill->steps[index];
    if (!cli_flag(drill->cli, "allow-shell")) {
        drill_step_end(drill, index, STEP_SKIPPED, ERR_OK,
                       drill->cli->english ? "skipped (--allow-shell)" : "已跳过（须加 --allow-shell）");
        return;
    }
    fflush(NULL);
    step->pid = fork();
    if (step->pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO); /* the timeline's stream stays its own */
        execvp(step->argv[0], (char *const *)(uintptr_t)step->argv);
        _exit(127);
    }
    step->progress = STEP_ASKED;
    if (step->pid < 0)
        drill_step_end(drill, index, STEP_FAILED, ERR_IO, step->argv[0]);
}

void drill_shell_look(struct drill *drill, size_t index)
{
    struct drill_step *step = &drill->steps[index];
    char text[256];
    int status;
    pid_t done = waitpid(step->pid, &status, WNOHANG);
    if (done == 0)
        return;
    bool good = done == step->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    snprintf(text, sizeof text, "%s %s", step->argv[0], step->argv[1] ? step->argv[1] : "");
    drill_step_end(drill, index, good ? STEP_DONE : STEP_FAILED, good ? ERR_OK : ERR_IO, text);
}
