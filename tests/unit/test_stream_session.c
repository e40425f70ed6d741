/* Who may speak with whom: greetings, refusals, databases that have gone back (custody rules 3, 13, 14). */
#include "test_stream_kit.h"

static int setup(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);
    *state = kit;
    kit_open(kit);
    return 0;
}

static int teardown(void **state)
{
    kit_close(*state);
    free(*state);
    return 0;
}

static void test_the_child_greets_and_both_are_up(void **state)
{
    struct kit *kit = *state;
    kit_start(kit, KIT_PARENT);
    collect(kit, &kit->side[KIT_PARENT]);
    assert_int_equal(kit->side[KIT_PARENT].seen_count, 0); /* a parent waits to be greeted */
    kit_connect(kit);
    assert_non_null(seen(&kit->side[KIT_CHILD], STREAM_UP));
    assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_UP));
    assert_up(kit);
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

/* The child sends HELLO as `greeting` says, echoing whatever the parent has answered to a first HELLO. */
static void greet_parent(struct kit *kit, struct frame *greeting)
{
    struct side *parent = &kit->side[KIT_PARENT];
    kit_start(kit, KIT_PARENT);
    forget(parent);
    *greeting =
        (struct frame){.kind = FRAME_HELLO, .head = {.session = 77, .incarnation = 2, .peer_incarnation = 2}};
    greeting->hello = (struct hello){.version = 5, .database = 100};
    strcpy(greeting->hello.center, "440306017001");
    give(kit, KIT_PARENT, greeting);
    greeting->head.peer_session = seen_frame(parent, FRAME_HELLO)->head.session;
    forget(parent);
}

static void assert_refused(struct side *side, enum err code)
{
    assert_non_null(seen(side, STREAM_REFUSED));
    assert_int_equal(seen(side, STREAM_REFUSED)->refused.code, code);
    assert_int_equal(seen_frame(side, FRAME_REFUSE)->refuse.code, code);
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

static void test_a_neighbour_never_met_is_recorded_before_anything_else(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame greeting;
    parent->state.peer_incarnation = 0;
    parent->state.peer_database = 0;
    greet_parent(kit, &greeting);
    give(kit, KIT_PARENT, &greeting);
    struct stream_action *record = seen(parent, STREAM_RECORD);
    assert_int_equal(record->record.incarnation, 2);
    assert_int_equal(record->record.database, 100);
    assert_false(record->record.anew);
    assert_null(seen_frame(parent, FRAME_ACK));
    stream_recorded(parent->stream, 1); /* not what was asked */
    collect(kit, parent);
    assert_null(seen_frame(parent, FRAME_ACK));
    stream_recorded(parent->stream, 2);
    collect(kit, parent);
    assert_non_null(seen_frame(parent, FRAME_ACK));
}

static void test_a_record_in_hand_is_not_asked_for_twice(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame greeting;
    parent->state.peer_incarnation = 1;
    greet_parent(kit, &greeting);
    give(kit, KIT_PARENT, &greeting);
    assert_true(seen(parent, STREAM_RECORD)->record.anew);
    forget(parent);
    greeting.head.session = 78; /* the child begins again before the record is durable */
    give(kit, KIT_PARENT, &greeting);
    greeting.head.peer_session = seen_frame(parent, FRAME_HELLO)->head.session;
    give(kit, KIT_PARENT, &greeting);
    assert_null(seen(parent, STREAM_RECORD));
    stream_recorded(parent->stream, 2);
    collect(kit, parent);
    assert_non_null(seen_frame(parent, FRAME_ACK));
}

static void test_a_restored_neighbour_starts_its_numbers_anew(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct stream_status status;
    kit->side[KIT_CHILD].config.incarnation = 3; /* restored, its journal is empty */
    parent->state.lane[LANE_CASES].received = 40;
    parent->state.lane[LANE_CASES].acked = 6;
    parent->state.lane[LANE_CASES].tail = 6;
    kit_connect(kit);
    assert_true(seen(parent, STREAM_RECORD)->record.anew);
    assert_up(kit);
    stream_status(parent->stream, &status);
    assert_int_equal(status.received[LANE_CASES], 0);
    assert_int_equal(status.acked[LANE_CASES], 0); /* and gets everything from where it stands */
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

static void test_a_mute_center_sends_nothing_and_grants_nothing(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    kit_connect(kit);
    assert_up(kit);
    stream_set_mute(parent->stream, true);
    collect(kit, parent);
    kit_talk(kit);
    struct stream_status status;
    stream_status(kit->side[KIT_CHILD].stream, &status);
    assert_true(status.peer_mute);
    stream_committed(parent->stream, LANE_CASES, 3);
    stream_committed(kit->side[KIT_CHILD].stream, LANE_CASES, 3);
    forget(parent);
    forget(&kit->side[KIT_CHILD]);
    collect(kit, parent);
    collect(kit, &kit->side[KIT_CHILD]);
    assert_null(seen(parent, STREAM_FEED));
    assert_null(seen(&kit->side[KIT_CHILD], STREAM_FEED));
    stream_set_mute(parent->stream, false);
    collect(kit, parent);
    kit_talk(kit);
    assert_non_null(seen(parent, STREAM_FEED));
}

static void test_greetings_that_cross_still_agree(void **state)
{
    struct kit *kit = *state;
    kit_start(kit, KIT_CHILD);
    kit_start(kit, KIT_PARENT);
    for (int i = 0; i < 2; i++)
        stream_connected(kit->side[i].stream, &kit->now);
    for (int i = 0; i < 2; i++)
        collect(kit, &kit->side[i]);
    kit_talk(kit);
    assert_up(kit);
}

static void test_any_lost_greeting_is_made_up_for(void **state)
{
    struct kit *kit = *state;
    for (int lost = 0; lost < 8; lost++) {
        kit_start(kit, KIT_CHILD);
        kit_start(kit, KIT_PARENT);
        forget(&kit->side[0]);
        forget(&kit->side[1]);
        stream_connected(kit->side[KIT_CHILD].stream, &kit->now);
        collect(kit, &kit->side[KIT_CHILD]);
        int done[2] = {0, 0};
        int frames = 0;
        for (int turn = 0; turn < 60; turn++) {
            struct side *side = &kit->side[turn % 2];
            for (; done[turn % 2] < side->seen_count; done[turn % 2]++) {
                const struct stream_action action = side->seen[done[turn % 2]];
                if (action.kind == STREAM_SEND && frames++ != lost)
                    give(kit, 1 - turn % 2, &action.frame);
            }
            pass_time(kit, 40);
            tick(kit, turn % 2);
        }
        assert_true(is_up(&kit->side[KIT_CHILD]));
        assert_true(is_up(&kit->side[KIT_PARENT]));
    }
}

static void test_retries_grow_apart_and_differ_by_seed(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    int64_t waits[2][8];
    for (int run = 0; run < 2; run++) {
        kit_start(kit, KIT_CHILD);
        stream_connected(child->stream, &kit->now);
        collect(kit, child);
        for (int i = 0; i < 8; i++) {
            waits[run][i] = stream_wait_ms(child->stream, &kit->now);
            pass_time(kit, waits[run][i]);
            forget(child);
            tick(kit, KIT_CHILD);
            assert_non_null(seen_frame(child, FRAME_HELLO));
        }
        assert_true(waits[run][0] >= 200 && waits[run][0] <= 300);
        assert_true(waits[run][7] >= 5000 && waits[run][7] <= 7500);
    }
    assert_memory_not_equal(waits[0], waits[1], sizeof waits[0]);
}

static void test_a_parent_stops_greeting_a_child_that_is_gone(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame greeting;
    greet_parent(kit, &greeting);
    pass_time(kit, LINK_DEAD_MS);
    tick(kit, KIT_PARENT);
    assert_int_equal(stream_wait_ms(parent->stream, &kit->now), -1);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_the_child_greets_and_both_are_up),
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
        STORY(test_a_neighbour_never_met_is_recorded_before_anything_else),
        STORY(test_a_record_in_hand_is_not_asked_for_twice),
        STORY(test_a_restored_neighbour_starts_its_numbers_anew),
        STORY(test_a_refusal_of_another_session_is_dropped),
        STORY(test_a_refused_child_tries_again_when_the_cause_is_gone),
        STORY(test_a_refused_greeting_that_comes_twice_is_answered_once),
        STORY(test_a_neighbour_that_says_it_is_mute_raises_the_alarm),
        STORY(test_a_mute_center_sends_nothing_and_grants_nothing),
        STORY(test_greetings_that_cross_still_agree),
        STORY(test_any_lost_greeting_is_made_up_for),
        STORY(test_retries_grow_apart_and_differ_by_seed),
        STORY(test_a_parent_stops_greeting_a_child_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
