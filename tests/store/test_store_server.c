/* A server of its own, because it is stopped, killed and started again here. */
#include "store_fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/store_admin_template.h"

static struct fx fx;
static char folder[64];
static char bindir[256];
static char dsn[200];

/* Runs a program of PostgreSQL as a user that it accepts (it refuses root), and waits for it. */
static void run(const char *program, char *const arguments[])
{
    char path[300];
    int status;
    snprintf(path, sizeof path, "%s/%s", bindir, program);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
        int null = open("/dev/null", O_WRONLY);
        if (user && (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
                     setuid(user->pw_uid) != 0))
            _exit(126);
        dup2(null, STDOUT_FILENO);
        if (chdir("/") == 0)
            execv(path, arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        fail_msg("%s ended with status %d", program, status);
}

static void server(const char *verb, const char *mode)
{
    char data[100], log[100], options[200];
    snprintf(data, sizeof data, "%s/data", folder);
    snprintf(log, sizeof log, "%s/log", folder);
    snprintf(options, sizeof options,
             "-c listen_addresses= -c unix_socket_directories=%s -c fsync=off"
             " -c shared_buffers=16MB",
             folder);
    char *start[] = {"pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start", NULL};
    char *stop[] = {"pg_ctl", "-D", data, "-m", (char *)(uintptr_t)mode, "-w", "stop", NULL};
    run("pg_ctl", strcmp(verb, "start") == 0 ? start : stop);
}

static void make_server(void)
{
    char data[100];
    snprintf(folder, sizeof folder, "/tmp/sanji-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
    if (user)
        assert_int_equal(chown(folder, user->pw_uid, user->pw_gid), 0);
    FILE *pipe = popen("pg_config --bindir", "r");
    assert_non_null(pipe);
    assert_non_null(fgets(bindir, sizeof bindir, pipe));
    pclose(pipe);
    bindir[strcspn(bindir, "\n")] = '\0';
    snprintf(data, sizeof data, "%s/data", folder);
    char *arguments[] = {"initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", NULL};
    run("initdb", arguments);
    server("start", NULL);
    snprintf(dsn, sizeof dsn, "host=%s user=postgres", folder);
    setenv("SANJI_TEST_PG", dsn, 1);
}

static void test_a_template_left_half_made_by_a_crash_is_made_again(void **state)
{
    (void)state;
    char text[320], name[DATABASE_NAME_SIZE];
    store_template_name(name);
    snprintf(text, sizeof text, "%s dbname=postgres", dsn);
    PGconn *conn = PQconnectdb(text);
    snprintf(text, sizeof text, "CREATE DATABASE \"%s\"", name);
    PGresult *result = PQexec(conn, text);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(conn);
    fx_init(&fx, "server");
    fx_open(&fx);
    assert_int_equal(fx_reports(&fx, 1, 10), ERR_OK);
}

static void expect_return_after(const char *mode, int n)
{
    int ups = fx.ups;
    int downs = fx.downs;
    PQfinish(fx.side); /* an orderly stop waits for clients */
    server("stop", mode);
    fx_until(&fx, &fx.downs, downs + 1);
    assert_int_equal(fx.down_by.code, ERR_NOT_NOW);
    assert_int_equal(fx_reports(&fx, n, 1), ERR_NOT_NOW);
    server("start", NULL);
    fx_until(&fx, &fx.ups, ups + 1);
    char text[320];
    snprintf(text, sizeof text, "%s dbname=%s", dsn, fx.database);
    fx.side = PQconnectdb(text);
    assert_int_equal(fx_reports(&fx, n, 1), ERR_OK);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM case_rec"), n);
}

static void test_a_server_stopped_and_started_is_found_again(void **state)
{
    (void)state;
    expect_return_after("fast", 11);
}

static void test_a_server_that_crashed_has_every_answered_batch(void **state)
{
    (void)state;
    expect_return_after("immediate", 12);
}

static int setup(void **state)
{
    (void)state;
    make_server();
    return 0;
}

static int teardown(void **state)
{
    char text[128];
    (void)state;
    fx_fini(&fx);
    server("stop", "immediate");
    snprintf(text, sizeof text, "rm -rf '%s'", folder);
    return system(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_template_left_half_made_by_a_crash_is_made_again),
        cmocka_unit_test(test_a_server_stopped_and_started_is_found_again),
        cmocka_unit_test(test_a_server_that_crashed_has_every_answered_batch),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
