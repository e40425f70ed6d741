/* Who is refused, and which database has gone back (custody rules 13, 14). */
#include "test_stream_kit.h"

static void assert_refused(struct side *side, enum err code)
{
    assert_non_null(seen(side, STREAM_REFUSED));
    assert_int_equal(seen(side, STREAM_REFUSED)->refused.code, code);
    assert_int_equal(seen_frame(side, FRAME_REFUSE)->refuse.code, code);
}

static void assert_parent_refuses(struct kit *kit, enum err code)
{
    struct side *parent = &kit->side[KIT_PARENT];
    kit_connect(kit);
    assert_non_null(seen(parent, STREAM_REFUSED));
    assert_int_equal(seen(parent, STREAM_REFUSED)->refused.code, code);
    assert_false(seen(parent, STREAM_REFUSED)->refused.by_peer);
    assert_non_null(seen_frame(parent, FRAME_REFUSE));
    assert_null(seen(parent, STREAM_UP));
    assert_true(seen(&kit->side[KIT_CHILD], STREAM_REFUSED)->refused.by_peer);
    assert_false(is_up(&kit->side[KIT_CHILD]));
}

static void test_a_version_two_steps_away_is_refused(void **state)
{
    struct kit *kit = *state;
    kit->side[KIT_CHILD].config.version = 7;
    kit_connect(kit);
    assert_int_equal(seen(&kit->side[KIT_CHILD], STREAM_REFUSED)->refused.code, ERR_VERSION);
    kit->side[KIT_CHILD].config.version = 3;
    kit_connect(kit);
    assert_int_equal(seen(&kit->side[KIT_CHILD], STREAM_REFUSED)->refused.code, ERR_VERSION);
}

static void test_a_version_one_step_away_is_spoken_with(void **state)
{
    struct kit *kit = *state;
    kit->side[KIT_CHILD].config.version = 6;
    kit_connect(kit);
    assert_up(kit);
    kit->side[KIT_CHILD].config.version = 4;
    kit_connect(kit);
    assert_up(kit);
}

static void test_a_foreign_center_code_is_refused(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    greet_parent(kit, &greeting);
    strcpy(greeting.hello.center, "440306017002");
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_FOREIGN);
}

static void test_a_signed_out_incarnation_is_refused(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    kit->side[KIT_PARENT].state.fenced = 2;
    greet_parent(kit, &greeting);
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_EPOCH);
}

static void test_an_incarnation_that_goes_backwards_is_refused(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    kit->side[KIT_PARENT].state.peer_incarnation = 3;
    greet_parent(kit, &greeting);
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_GONE_BACK);
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_GONE_BACK));
}

static void test_both_sides_of_a_database_that_has_gone_back_know_it(void **state)
{
    struct kit *kit = *state;
    kit->side[KIT_PARENT].state.peer_incarnation = 3;
    kit_connect(kit);
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_GONE_BACK));
    assert_non_null(seen(&kit->side[KIT_CHILD], STREAM_SELF_GONE_BACK));
    assert_false(is_up(&kit->side[KIT_CHILD]));
}

static void test_a_neighbour_that_calls_us_gone_back_makes_us_mute(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit->side[KIT_PARENT].state.lane[LANE_TALK].received = 5;
    kit_connect(kit);
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_GONE_BACK));
    assert_non_null(seen(child, STREAM_SELF_GONE_BACK));
}

static void test_another_database_needs_another_incarnation(void **state)
{
    struct kit *kit = *state;
    kit->side[KIT_PARENT].state.peer_database = 555;
    assert_parent_refuses(kit, ERR_FOREIGN);
}

static void test_a_neighbour_that_knows_a_later_life_of_ours_makes_us_mute(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    greet_parent(kit, &greeting);
    greeting.head.peer_incarnation = 3;
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_MUTE);
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_SELF_GONE_BACK));
}

static void test_a_position_beyond_what_we_wrote_makes_us_mute(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    kit->side[KIT_PARENT].state.lane[LANE_CASES].tail = 9;
    greet_parent(kit, &greeting);
    greeting.hello.position[LANE_CASES] = 10;
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_MUTE);
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_SELF_GONE_BACK));
}

static void test_a_neighbour_that_wrote_less_than_we_hold_has_gone_back(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    kit->side[KIT_PARENT].state.lane[LANE_TALK].received = 12;
    greet_parent(kit, &greeting);
    greeting.hello.last_sent[LANE_TALK] = 11;
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_GONE_BACK);
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_GONE_BACK));
}

static void test_a_neighbour_that_holds_less_than_it_acknowledged_has_gone_back(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    kit->side[KIT_PARENT].state.lane[LANE_CASES].acked = 8;
    kit->side[KIT_PARENT].state.lane[LANE_CASES].tail = 9;
    greet_parent(kit, &greeting);
    greeting.hello.position[LANE_CASES] = 7;
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_GONE_BACK);
}

static void test_a_greeting_without_a_life_is_refused(void **state)
{
    struct kit *kit = *state;
    struct frame greeting;
    greet_parent(kit, &greeting);
    greeting.hello.database = 0;
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_MALFORMED);
    greet_parent(kit, &greeting);
    greeting.hello.position[0] = -1;
    give(kit, KIT_PARENT, &greeting);
    assert_refused(&kit->side[KIT_PARENT], ERR_MALFORMED);
    greet_parent(kit, &greeting);
    greeting.head.session = 0;
    give(kit, KIT_PARENT, &greeting);
    assert_int_equal(stream_counters(kit->side[KIT_PARENT].stream)->unexpected, 1);
}

/* The parent has written up to 9 and the child says that it holds 8. */
static struct stream_action *look_at_eight(struct kit *kit)
{
    struct frame greeting;
    kit->side[KIT_PARENT].state.lane[LANE_CASES].tail = 9;
    greet_parent(kit, &greeting);
    greeting.hello.position[LANE_CASES] = 8;
    memset(greeting.hello.position_hash[LANE_CASES], 0xab, STREAM_DIGEST_BYTES);
    give(kit, KIT_PARENT, &greeting);
    assert_null(seen_frame(&kit->side[KIT_PARENT], FRAME_ACK)); /* not before the look */
    return seen(&kit->side[KIT_PARENT], STREAM_LOOK);
}

static void test_the_same_entry_at_the_position_is_accepted(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    uint8_t digest[STREAM_DIGEST_BYTES];
    memset(digest, 0xab, sizeof digest);
    struct stream_action *look = look_at_eight(kit);
    assert_int_equal(look->look.lane, LANE_CASES);
    assert_int_equal(look->look.lsn, 8);
    stream_looked(parent->stream, LANE_CASES, 7, STREAM_LOOK_NONE,
                  digest); /* an answer that nobody waits for */
    stream_looked(parent->stream, LANE_CASES, 8, STREAM_LOOK_FOUND, digest);
    collect(kit, parent);
    assert_non_null(seen_frame(parent, FRAME_ACK));
}

static void test_another_entry_at_the_position_makes_us_mute(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    uint8_t digest[STREAM_DIGEST_BYTES];
    memset(digest, 0xac, sizeof digest);
    look_at_eight(kit);
    stream_looked(parent->stream, LANE_CASES, 8, STREAM_LOOK_FOUND, digest);
    collect(kit, parent);
    assert_refused(parent, ERR_MUTE);
    assert_non_null(seen(parent, STREAM_SELF_GONE_BACK));
}

static void test_no_entry_at_the_position_makes_us_mute_but_an_archived_one_does_not(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    const uint8_t digest[STREAM_DIGEST_BYTES] = {0};
    look_at_eight(kit);
    stream_looked(parent->stream, LANE_CASES, 8, STREAM_LOOK_NONE, digest);
    collect(kit, parent);
    assert_refused(parent, ERR_MUTE);
    look_at_eight(kit);
    stream_looked(parent->stream, LANE_CASES, 8, STREAM_LOOK_TRIMMED, digest);
    collect(kit, parent);
    assert_non_null(seen_frame(parent, FRAME_ACK));
}

static void test_a_delayed_greeting_accuses_nobody(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame greeting;
    kit->side[KIT_PARENT].state.lane[LANE_TALK].received = 12;
    greet_parent(kit, &greeting);
    greeting.head.peer_session ^= 1; /* echoes a number of an earlier session */
    greeting.hello.last_sent[LANE_TALK] = 3;
    give(kit, KIT_PARENT, &greeting);
    assert_null(seen(parent, STREAM_REFUSED));
    assert_non_null(seen_frame(parent, FRAME_HELLO)); /* it is asked to greet again */
}

static void test_a_refused_child_tries_again_when_the_cause_is_gone(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    parent->state.peer_database = 555;
    assert_parent_refuses(kit, ERR_FOREIGN);
    parent->state.peer_database = 100;
    kit_start(kit, KIT_PARENT);
    pass_time(kit, 14000);
    forget(&kit->side[KIT_CHILD]);
    forget(parent);
    tick(kit, KIT_CHILD);
    assert_int_equal(kit->side[KIT_CHILD].seen_count, 0); /* slowly */
    pass_time(kit, 1000);
    tick(kit, KIT_CHILD);
    kit_talk(kit);
    assert_up(kit);
}

static void test_a_refused_greeting_that_comes_twice_is_answered_once(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame greeting;
    parent->state.fenced = 9;
    greet_parent(kit, &greeting);
    give(kit, KIT_PARENT, &greeting);
    forget(parent);
    give(kit, KIT_PARENT, &greeting);
    assert_int_equal(parent->seen_count, 0);
}

static void test_a_refusal_of_another_session_is_dropped(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    kit_connect(kit);
    assert_up(kit);
    struct frame refuse = {.kind = FRAME_REFUSE, .head = {.session = 5, .peer_session = 6}};
    refuse.refuse.code = ERR_GONE_BACK;
    give(kit, KIT_PARENT, &refuse);
    assert_true(is_up(parent));
    assert_int_equal(stream_counters(parent->stream)->foreign_session, 1);
}

static void test_a_neighbour_that_says_it_is_mute_raises_the_alarm(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_connect(kit);
    struct frame refuse = {.kind = FRAME_REFUSE, .head = seen_frame(&kit->side[KIT_PARENT], FRAME_ACK)->head};
    refuse.refuse.code = ERR_MUTE;
    assert_up(kit);
    give(kit, KIT_CHILD, &refuse);
    assert_non_null(seen(child, STREAM_GONE_BACK));
    assert_int_equal(seen(child, STREAM_DOWN)->code, ERR_MUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_version_two_steps_away_is_refused),
        STORY(test_a_version_one_step_away_is_spoken_with),
        STORY(test_a_foreign_center_code_is_refused),
        STORY(test_a_signed_out_incarnation_is_refused),
        STORY(test_an_incarnation_that_goes_backwards_is_refused),
        STORY(test_both_sides_of_a_database_that_has_gone_back_know_it),
        STORY(test_a_neighbour_that_calls_us_gone_back_makes_us_mute),
        STORY(test_another_database_needs_another_incarnation),
        STORY(test_a_neighbour_that_knows_a_later_life_of_ours_makes_us_mute),
        STORY(test_a_position_beyond_what_we_wrote_makes_us_mute),
        STORY(test_a_neighbour_that_wrote_less_than_we_hold_has_gone_back),
        STORY(test_a_neighbour_that_holds_less_than_it_acknowledged_has_gone_back),
        STORY(test_a_greeting_without_a_life_is_refused),
        STORY(test_the_same_entry_at_the_position_is_accepted),
        STORY(test_another_entry_at_the_position_makes_us_mute),
        STORY(test_no_entry_at_the_position_makes_us_mute_but_an_archived_one_does_not),
        STORY(test_a_delayed_greeting_accuses_nobody),
        STORY(test_a_refused_child_tries_again_when_the_cause_is_gone),
        STORY(test_a_refused_greeting_that_comes_twice_is_answered_once),
        STORY(test_a_refusal_of_another_session_is_dropped),
        STORY(test_a_neighbour_that_says_it_is_mute_raises_the_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
