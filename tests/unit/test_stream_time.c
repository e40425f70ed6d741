/* What time alone does: pings, silence, clocks, and losses that only a PING can show (custody rules 3, 12).
 */
#include "test_stream_kit.h"

static void test_an_idle_link_pings_and_a_silent_one_goes_down(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_up(kit);
    assert_int_equal(stream_wait_ms(child->stream, &kit->now), PING_INTERVAL_MS);
    pass_time(kit, PING_INTERVAL_MS - 1);
    tick(kit, KIT_CHILD);
    assert_int_equal(child->seen_count, 0);
    pass_time(kit, 1);
    tick(kit, KIT_CHILD);
    assert_non_null(seen_frame(child, FRAME_PING));
    pass_time(kit, LINK_DEAD_MS - PING_INTERVAL_MS);
    tick(kit, KIT_CHILD);
    assert_int_equal(seen(child, STREAM_DOWN)->code, ERR_TIMEOUT);
    assert_non_null(seen_frame(child, FRAME_HELLO));
    tick(kit, KIT_PARENT);
    assert_int_equal(seen(&kit->side[KIT_PARENT], STREAM_DOWN)->code, ERR_TIMEOUT);
    assert_null(seen_frame(&kit->side[KIT_PARENT], FRAME_HELLO)); /* the child will speak first */
}

static void test_one_question_measures_both_clocks(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct side *parent = &kit->side[KIT_PARENT];
    struct stream_status status;
    kit_up(kit);
    pass_time(kit, PING_INTERVAL_MS);
    tick(kit, KIT_CHILD);
    kit->now.mono_us +=
        4000; /* 4 ms there, in which an exercise clock runs 400 ms; 70 s are the parent's skew */
    kit->now.subject_ms += 400;
    struct stream_now here = kit->now;
    kit->now.subject_ms += 70000;
    give(kit, KIT_PARENT, seen_frame(child, FRAME_PING));
    kit->now = here;
    kit->now.mono_us += 4000;
    kit->now.subject_ms += 400;
    give(kit, KIT_CHILD, seen_frame(parent, FRAME_PING));
    stream_status(child->stream, &status);
    assert_true(status.measured);
    assert_int_equal(status.rtt_us, 8000);
    assert_int_equal(status.skew_ms, 70000);
    give(kit, KIT_PARENT, seen_frame(child, FRAME_PING));
    stream_status(parent->stream, &status);
    assert_true(status.measured);
}

static void test_a_lost_last_frame_is_noticed_by_the_ping(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct entry entries[2];
    struct frame lost;
    fill(entries, 2, 0);
    kit_up(kit);
    commit_child(kit, LANE_TALK, 2);
    assert_int_equal(serve(kit, entries, 2, &lost), 1);
    pass_time(kit, PING_INTERVAL_MS);
    tick(kit, KIT_CHILD);
    assert_int_equal(seen_frame(child, FRAME_PING)->ping.last[LANE_TALK], 2);
    give(kit, KIT_PARENT, seen_frame(child, FRAME_PING));
    assert_int_equal(seen(&kit->side[KIT_PARENT], STREAM_DOWN)->code, ERR_GAP);
    kit_talk(kit);
    assert_int_equal(seen(child, STREAM_FEED)->feed.after_lsn, 0);
}

static void test_a_busy_lane_does_not_hide_what_the_other_has_lost(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct entry entries[60];
    struct frame frame;
    fill(entries, 60, 0);
    kit_up(kit);
    commit_child(kit, LANE_CASES, 1);
    assert_int_equal(serve(kit, entries, 1, &frame), 1); /* lost */
    for (int lsn = 1; lsn <= 60 && is_up(&kit->side[KIT_PARENT]); lsn++) {
        pass_time(kit, 100);
        tick(kit, KIT_CHILD);
        kit_talk(kit);
        forget(child);
        forget(&kit->side[KIT_PARENT]);
        commit_child(kit, LANE_TALK, lsn);
        if (serve(kit, entries, 60, &frame) == 1)
            give(kit, KIT_PARENT, &frame);
    }
    assert_int_equal(stream_counters(kit->side[KIT_PARENT].stream)->resumes, 1);
}

static void test_a_run_that_lost_its_begin_and_waits_for_credit_is_noticed_by_the_ping(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct frame lost;
    const struct entry run[] = {run_entry(5, 0, 1, true), run_entry(5, 0, 2, true)};
    kit->side[KIT_PARENT].config.window = 2;
    kit_up(kit);
    commit_child(kit, LANE_CASES, 5);
    struct stream_feed feed = seen(child, STREAM_FEED)->feed;
    assert_int_equal(stream_send_entries(child->stream, &feed, run, 2, &kit->now, &lost), 2);
    stream_fed(child->stream, &feed, &kit->now);
    pass_time(kit, PING_INTERVAL_MS);
    tick(kit, KIT_CHILD);
    assert_int_equal(seen_frame(child, FRAME_PING)->ping.last[LANE_CASES], 5);
    give(kit, KIT_PARENT, seen_frame(child, FRAME_PING));
    assert_int_equal(seen(&kit->side[KIT_PARENT], STREAM_DOWN)->code, ERR_GAP);
}

static void test_a_run_that_is_being_committed_is_not_taken_for_lost(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct frame frame;
    const struct entry run[] = {run_entry(5, 0, 1, true), run_entry(5, 0, 2, true)};
    kit->side[KIT_PARENT].config.window = 2;
    kit_up(kit);
    commit_child(kit, LANE_CASES, 5);
    struct stream_feed feed = seen(child, STREAM_FEED)->feed;
    assert_int_equal(stream_send_entries(child->stream, &feed, run, 2, &kit->now, &frame), 2);
    stream_fed(child->stream, &feed, &kit->now);
    give(kit, KIT_PARENT, &frame);
    pass_time(kit, PING_INTERVAL_MS);
    tick(kit, KIT_CHILD);
    give(kit, KIT_PARENT, seen_frame(child, FRAME_PING));
    assert_null(seen(&kit->side[KIT_PARENT], STREAM_DOWN));
}

static void test_a_ping_brings_a_lost_acknowledgement_back(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct side *parent = &kit->side[KIT_PARENT];
    struct entry entries[2];
    struct frame frame;
    struct stream_status status;
    fill(entries, 2, 0);
    kit_up(kit);
    commit_child(kit, LANE_TALK, 2);
    serve(kit, entries, 2, &frame);
    give(kit, KIT_PARENT, &frame);
    stream_received_committed(parent->stream, &parent->receipt);
    collect(kit, parent);
    forget(parent); /* the ACK is lost */
    pass_time(kit, PING_INTERVAL_MS);
    tick(kit, KIT_CHILD);
    kit_talk(kit);
    stream_status(child->stream, &status);
    assert_int_equal(status.acked[LANE_TALK], 2);
}

static void test_a_cut_is_told_once_and_healed(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_up(kit);
    stream_disconnected(child->stream);
    stream_disconnected(child->stream);
    collect(kit, child);
    assert_int_equal(child->seen_count, 1);
    assert_int_equal(seen(child, STREAM_DOWN)->code, ERR_UNREACHABLE);
    assert_int_equal(stream_wait_ms(child->stream, &kit->now), -1);
    stream_connected(child->stream, &kit->now);
    collect(kit, child);
    kit_talk(kit);
    assert_up(kit);
}

static void test_a_restarted_parent_is_greeted_again_when_it_hears_the_child(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_up(kit);
    kit_start(kit, KIT_PARENT);
    pass_time(kit, PING_INTERVAL_MS);
    tick(kit, KIT_CHILD); /* believes to be up, and pings */
    kit_talk(kit);
    assert_true(is_up(child));
    assert_true(is_up(&kit->side[KIT_PARENT]));
    assert_int_equal(stream_counters(kit->side[KIT_PARENT].stream)->sessions, 1);
}

static void test_a_look_that_is_never_answered_starts_again(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame greeting;
    parent->state.lane[LANE_CASES].tail = 9;
    greet_parent(kit, &greeting);
    greeting.hello.position[LANE_CASES] = 8;
    give(kit, KIT_PARENT, &greeting);
    forget(parent);
    assert_int_equal(stream_wait_ms(parent->stream, &kit->now), LINK_DEAD_MS);
    pass_time(kit, LINK_DEAD_MS);
    tick(kit, KIT_PARENT);
    assert_non_null(seen_frame(parent, FRAME_HELLO));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_an_idle_link_pings_and_a_silent_one_goes_down),
        STORY(test_one_question_measures_both_clocks),
        STORY(test_a_lost_last_frame_is_noticed_by_the_ping),
        STORY(test_a_busy_lane_does_not_hide_what_the_other_has_lost),
        STORY(test_a_run_that_lost_its_begin_and_waits_for_credit_is_noticed_by_the_ping),
        STORY(test_a_run_that_is_being_committed_is_not_taken_for_lost),
        STORY(test_a_ping_brings_a_lost_acknowledgement_back),
        STORY(test_a_cut_is_told_once_and_healed),
        STORY(test_a_restarted_parent_is_greeted_again_when_it_hears_the_child),
        STORY(test_a_look_that_is_never_answered_starts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
