/* Sessions: how two neighbours come to speak, whatever is lost on the way (custody rule 3). */
#include "test_stream_kit.h"

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
    const struct CMUnitTest tests[] = {
        STORY(test_the_child_greets_and_both_are_up),
        STORY(test_a_neighbour_never_met_is_recorded_before_anything_else),
        STORY(test_a_record_in_hand_is_not_asked_for_twice),
        STORY(test_a_restored_neighbour_starts_its_numbers_anew),
        STORY(test_a_mute_center_sends_nothing_and_grants_nothing),
        STORY(test_greetings_that_cross_still_agree),
        STORY(test_any_lost_greeting_is_made_up_for),
        STORY(test_retries_grow_apart_and_differ_by_seed),
        STORY(test_a_parent_stops_greeting_a_child_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
