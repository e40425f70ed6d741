#include "store_fixture.h"

static struct fx fx;

static void test_first_commit(void **state)
{
    (void)state;
    fx_open(&fx);
    assert_int_equal(fx.start.neighbour_count, 2);
    assert_int_equal(fx_reports(&fx, 1, 256), ERR_OK);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM case_rec"), 256);
    store_close(&fx.store);
}

static int setup(void **state)
{
    (void)state;
    fx_init(&fx, "commit");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fx_fini(&fx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_commit)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
