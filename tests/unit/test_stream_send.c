/* What leaves: windows, chains, credit, frames (custody rules 3, 4). */
#include "test_stream_kit.h"

#define MANY 400

static void test_a_commit_is_fed_at_once_from_where_the_neighbour_stands(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct entry entries[MANY];
    struct frame frame;
    fill(entries, MANY, 0);
    child->state.lane[LANE_CASES].tail = 7;
    child->state.lane[LANE_CASES].acked = 4;
    kit->side[KIT_PARENT].state.lane[LANE_CASES].received = 5; /* its ACK of 5 was lost */
    kit_connect(kit);
    assert_int_equal(seen(child, STREAM_FEED)->feed.after_lsn, 5);
    assert_int_equal(serve(kit, entries, MANY, &frame), 1);
    assert_int_equal(frame.entries.entries[0].lsn, 6);
    assert_int_equal(frame.entries.count, 2);
    assert_null(seen(child, STREAM_FEED));
    commit_child(kit, LANE_CASES, 8);
    assert_int_equal(seen(child, STREAM_FEED)->feed.after_lsn, 7);
}

static void test_one_feed_at_a_time_and_talk_goes_first(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_up(kit);
    stream_committed(child->stream, LANE_CASES, 3);
    stream_committed(child->stream, LANE_TALK, 4);
    collect(kit, child);
    assert_int_equal(child->seen_count, 2);
    assert_int_equal(child->seen[0].feed.lane, LANE_TALK);
    assert_int_equal(child->seen[1].feed.lane, LANE_CASES);
    forget(child);
    commit_child(kit, LANE_CASES, 9);
    assert_int_equal(child->seen_count, 0);
}

static void test_no_more_than_the_credit_is_in_flight(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct entry entries[MANY];
    struct frame frame;
    fill(entries, MANY, 0);
    kit->side[KIT_PARENT].config.window = 100;
    kit_up(kit);
    commit_child(kit, LANE_CASES, MANY);
    assert_int_equal(seen(child, STREAM_FEED)->feed.max_entries, 100);
    assert_int_equal(serve(kit, entries, MANY, &frame), 1);
    assert_int_equal(frame.entries.count, 100);
    assert_null(seen(child, STREAM_FEED));
    struct frame ack = {.kind = FRAME_ACK};
    ack.head = (struct session_head){.session = frame.head.peer_session,
                                     .peer_session = frame.head.session,
                                     .incarnation = 2,
                                     .peer_incarnation = 2};
    ack.ack.position[LANE_CASES] = 100;
    ack.ack.credit = 30; /* it closes up */
    give(kit, KIT_CHILD, &ack);
    assert_int_equal(seen(child, STREAM_ACKED)->acked[LANE_CASES], 100);
    assert_int_equal(seen(child, STREAM_FEED)->feed.max_entries, 30);
    ack.ack.position[LANE_CASES] = 60; /* an older one: acks only trim */
    forget(child);
    give(kit, KIT_CHILD, &ack);
    struct stream_status status;
    stream_status(child->stream, &status);
    assert_int_equal(status.acked[LANE_CASES], 100);
}

static void test_frames_stay_within_half_of_the_bound(void **state)
{
    struct kit *kit = *state;
    struct entry entries[20];
    struct frame frame;
    fill(entries, 20, BODY_BYTES_MAX);
    kit_up(kit);
    commit_child(kit, LANE_CASES, 20);
    assert_int_equal(serve(kit, entries, 20, &frame), 7);
    assert_int_equal(frame.entries.count, 2);
}

static void test_many_frames_in_flight_are_still_counted_right(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct entry entries[MANY];
    struct frame frame;
    fill(entries, MANY, 0);
    kit->side[KIT_PARENT].config.window = MANY;
    kit_up(kit);
    for (int lsn = 1; lsn <= 200; lsn++) { /* a frame each, more than are told apart */
        forget(child);
        commit_child(kit, LANE_CASES, lsn);
        assert_int_equal(serve(kit, entries, MANY, &frame), 1);
    }
    struct frame ack = {.kind = FRAME_ACK};
    ack.head = (struct session_head){.session = frame.head.peer_session,
                                     .peer_session = frame.head.session,
                                     .incarnation = 2,
                                     .peer_incarnation = 2};
    ack.ack.credit = 10;
    ack.ack.position[LANE_CASES] = 200;
    commit_child(kit, LANE_CASES, MANY);
    give(kit, KIT_CHILD, &ack);
    forget(child);
    collect(kit, child);
    stream_fed(child->stream, &(struct stream_feed){.lane = LANE_CASES}, &kit->now); /* of nobody */
    struct stream_status status;
    stream_status(child->stream, &status);
    assert_int_equal(status.acked[LANE_CASES], 200);
}

static void test_a_window_that_does_not_follow_is_not_sent(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct frame frame;
    struct entry entries[3];
    fill(entries, 3, 0);
    entries[2].prev = 1;
    kit_up(kit);
    commit_child(kit, LANE_CASES, 3);
    assert_int_equal(serve(kit, entries, 3, &frame), 1);
    assert_int_equal(frame.entries.count, 2);
    assert_int_equal(stream_counters(child->stream)->broken_feeds, 2); /* once more for the rest */
}

static void test_a_window_that_could_not_be_read_is_asked_for_again_after_a_pause(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_up(kit);
    commit_child(kit, LANE_CASES, 3);
    struct stream_feed feed = seen(child, STREAM_FEED)->feed;
    stream_fed(child->stream, &feed, &kit->now);
    forget(child);
    collect(kit, child);
    assert_int_equal(child->seen_count, 0);
    assert_int_equal(stream_wait_ms(child->stream, &kit->now), 200);
    pass_time(kit, 200);
    tick(kit, KIT_CHILD);
    assert_non_null(seen(child, STREAM_FEED));
}

static void test_a_window_read_for_an_earlier_session_is_not_sent(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct frame frame;
    struct entry entries[3];
    fill(entries, 3, 0);
    kit_up(kit);
    commit_child(kit, LANE_CASES, 3);
    struct stream_feed feed = seen(child, STREAM_FEED)->feed;
    stream_connected(child->stream, &kit->now);
    collect(kit, child);
    kit_talk(kit);
    assert_up(kit);
    collect(kit, child);
    assert_null(seen(child, STREAM_FEED)); /* and no other is asked for before it has ended */
    assert_int_equal(stream_send_entries(child->stream, &feed, entries, 3, &kit->now, &frame), 0);
    stream_fed(child->stream, &feed, &kit->now);
    collect(kit, child);
    assert_non_null(seen(child, STREAM_FEED));
}

static void test_a_run_is_read_on_from_inside(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct frame frame;
    const struct entry run[] = {run_entry(5, 0, 1, true), run_entry(5, 0, 2, true),
                                run_entry(5, 0, 3, false)};
    kit_up(kit);
    commit_child(kit, LANE_CASES, 5);
    struct stream_feed feed = seen(child, STREAM_FEED)->feed;
    assert_int_equal(feed.after_no, 0);
    assert_int_equal(stream_send_entries(child->stream, &feed, run, 2, &kit->now, &frame), 2);
    stream_fed(child->stream, &feed, &kit->now);
    forget(child);
    collect(kit, child);
    feed = seen(child, STREAM_FEED)->feed;
    assert_int_equal(feed.after_lsn, 0);
    assert_int_equal(feed.after_no, 2);
    assert_int_equal(stream_send_entries(child->stream, &feed, run, 3, &kit->now, &frame),
                     0); /* from its begin */
    assert_int_equal(stream_send_entries(child->stream, &feed, run + 2, 1, &kit->now, &frame), 1);
}

static void test_an_acknowledgement_beyond_the_window_skips_ahead(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    struct frame like;
    kit_connect(kit);
    like = *seen_frame(&kit->side[KIT_PARENT], FRAME_ACK);
    assert_up(kit);
    commit_child(kit, LANE_CASES, 9);
    struct stream_feed feed = seen(child, STREAM_FEED)->feed;
    like.ack.position[LANE_CASES] = 6; /* it committed now what an earlier session had carried */
    forget(child);
    give(kit, KIT_CHILD, &like);
    assert_null(seen(child, STREAM_FEED)); /* the window that is being read comes to nothing first */
    stream_fed(child->stream, &feed, &kit->now);
    collect(kit, child);
    assert_int_equal(seen(child, STREAM_FEED)->feed.after_lsn, 6);
    like.ack.position[LANE_CASES] = 10; /* beyond everything: judged by a new greeting */
    give(kit, KIT_CHILD, &like);
    assert_int_equal(seen(child, STREAM_DOWN)->code, ERR_GAP);
}

static void test_a_negative_credit_is_no_credit(void **state)
{
    struct kit *kit = *state;
    struct frame like;
    kit_connect(kit);
    like = *seen_frame(&kit->side[KIT_PARENT], FRAME_ACK);
    like.ack.credit = -1;
    give(kit, KIT_CHILD, &like);
    assert_int_equal(stream_counters(kit->side[KIT_CHILD].stream)->unexpected, 1);
}

static void test_closing_the_window_stops_the_neighbour(void **state)
{
    struct kit *kit = *state;
    struct side *child = &kit->side[KIT_CHILD];
    kit_up(kit);
    stream_set_window(kit->side[KIT_PARENT].stream, 0);
    collect(kit, &kit->side[KIT_PARENT]);
    kit_talk(kit);
    commit_child(kit, LANE_CASES, 3);
    assert_null(seen(child, STREAM_FEED));
    stream_set_window(kit->side[KIT_PARENT].stream, 5);
    collect(kit, &kit->side[KIT_PARENT]);
    kit_talk(kit);
    assert_int_equal(seen(child, STREAM_FEED)->feed.max_entries, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_commit_is_fed_at_once_from_where_the_neighbour_stands),
        STORY(test_one_feed_at_a_time_and_talk_goes_first),
        STORY(test_no_more_than_the_credit_is_in_flight),
        STORY(test_frames_stay_within_half_of_the_bound),
        STORY(test_many_frames_in_flight_are_still_counted_right),
        STORY(test_a_window_that_does_not_follow_is_not_sent),
        STORY(test_a_window_that_could_not_be_read_is_asked_for_again_after_a_pause),
        STORY(test_a_window_read_for_an_earlier_session_is_not_sent),
        STORY(test_a_run_is_read_on_from_inside),
        STORY(test_an_acknowledgement_beyond_the_window_skips_ahead),
        STORY(test_a_negative_credit_is_no_credit),
        STORY(test_closing_the_window_stops_the_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
