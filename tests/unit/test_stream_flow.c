/* Entries on their way: order, gaps, runs, credit, acknowledgements (custody rules 1-4, 6). */
#include "test_stream_kit.h"

/* Both up; the child's ACK head is what its frames carry. */
static struct frame connected(struct kit *kit)
{
    kit_connect(kit);
    struct frame like = *seen_frame(&kit->side[KIT_CHILD], FRAME_ACK);
    assert_up(kit);
    return like;
}

static void give_entries(struct kit *kit, const struct frame *like, enum lane lane,
                         const struct entry *entries, size_t count)
{
    struct frame frame = entries_frame(like, lane, entries, count);
    give(kit, KIT_PARENT, &frame);
}

static void test_entries_are_acknowledged_only_when_durable(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    const struct entry entries[] = {event_entry(3, 0), event_entry(8, 3)};
    uint8_t digest[STREAM_DIGEST_BYTES];
    give_entries(kit, &like, LANE_CASES, entries, 2);
    assert_int_equal(seen(parent, STREAM_DELIVER)->deliver.count, 2);
    assert_int_equal(parent->receipt.position, 8);
    stream_entry_digest(&entries[1], digest);
    assert_memory_equal(parent->receipt.digest, digest, sizeof digest);
    assert_null(seen_frame(parent, FRAME_ACK));
    stream_received_committed(parent->stream, &parent->receipt);
    collect(kit, parent);
    assert_int_equal(seen_frame(parent, FRAME_ACK)->ack.position[LANE_CASES], 8);
    assert_int_equal(seen_frame(parent, FRAME_ACK)->ack.position[LANE_TALK], 0);
}

static void test_a_repeated_frame_is_handed_out_once(void **state)
{
    struct kit *kit = *state;
    struct frame like = connected(kit);
    const struct entry entries[] = {event_entry(3, 0), event_entry(8, 3), event_entry(9, 8)};
    give_entries(kit, &like, LANE_CASES, entries, 2);
    give_entries(kit, &like, LANE_CASES, entries, 2);
    give_entries(kit, &like, LANE_CASES, entries, 3);
    assert_int_equal(kit->side[KIT_PARENT].delivered, 3);
    assert_int_equal(kit->side[KIT_PARENT].first_lsn, 9);
    assert_int_equal(stream_counters(kit->side[KIT_PARENT].stream)->duplicates, 4);
}

static void test_a_gap_delivers_what_was_in_order_and_resumes_from_what_is_durable(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    const struct entry entries[] = {event_entry(3, 0), event_entry(9, 8)};
    give_entries(kit, &like, LANE_CASES, entries, 2);
    assert_int_equal(parent->delivered, 1);
    assert_int_equal(seen(parent, STREAM_DOWN)->code, ERR_GAP);
    struct frame *hello = seen_frame(parent, FRAME_HELLO);
    assert_int_equal(hello->hello.position[LANE_CASES], 0);
    assert_int_not_equal(hello->head.session, like.head.peer_session);
    const struct entry next = event_entry(8, 3);
    forget(parent);
    give_entries(kit, &like, LANE_CASES, &next, 1); /* of the session that is over */
    assert_null(seen(parent, STREAM_DELIVER));
    assert_true(stream_counters(parent->stream)->foreign_session > 0);
}

static void test_what_is_handed_out_is_not_handed_out_again_after_a_resume(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    const struct entry entries[] = {event_entry(3, 0), event_entry(9, 8)};
    const struct entry again[] = {event_entry(3, 0), event_entry(8, 3), event_entry(9, 8)};
    give_entries(kit, &like, LANE_CASES, entries, 2);
    kit->side[KIT_CHILD].state.lane[LANE_CASES].tail = 9;
    stream_committed(kit->side[KIT_CHILD].stream, LANE_CASES, 9);
    kit_talk(kit);
    like = *seen_frame(&kit->side[KIT_CHILD], FRAME_ACK);
    assert_up(kit);
    give_entries(kit, &like, LANE_CASES, again, 3);
    assert_int_equal(parent->first_lsn, 8);
    assert_int_equal(parent->delivered, 3);
}

static void test_resumes_in_a_row_back_off(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    const struct entry entry = event_entry(9, 8);
    struct frame like = connected(kit);
    give_entries(kit, &like, LANE_CASES, &entry, 1);
    kit_talk(kit);
    like = *seen_frame(&kit->side[KIT_CHILD], FRAME_ACK);
    assert_up(kit);
    give_entries(kit, &like, LANE_CASES, &entry, 1);
    assert_null(seen_frame(parent, FRAME_HELLO));
    assert_true(stream_wait_ms(parent->stream, &kit->now) >= 400);
}

static void test_a_failed_batch_is_asked_for_again(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    const struct entry entries[] = {event_entry(3, 0), event_entry(8, 3)};
    give_entries(kit, &like, LANE_CASES, entries, 2);
    stream_committed(kit->side[KIT_CHILD].stream, LANE_CASES, 8);
    stream_undelivered(parent->stream, &kit->now);
    collect(kit, parent);
    kit_talk(kit);
    like = *seen_frame(&kit->side[KIT_CHILD], FRAME_ACK);
    assert_up(kit);
    give_entries(kit, &like, LANE_CASES, entries, 2);
    assert_int_equal(parent->delivered, 4);
    assert_int_equal(parent->first_lsn, 3);
}

static void test_a_position_moves_only_after_the_last_of_a_run(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    const struct entry entries[] = {event_entry(3, 0), run_entry(7, 3, 1, true), run_entry(7, 3, 2, true),
                                    run_entry(7, 3, 3, false)};
    give_entries(kit, &like, LANE_CASES, entries, 3);
    assert_int_equal(parent->receipt.position, 3);
    assert_int_equal(parent->receipt.run_entries, 2);
    stream_received_committed(parent->stream, &parent->receipt);
    collect(kit, parent);
    assert_int_equal(seen_frame(parent, FRAME_ACK)->ack.credit, WINDOW_ENTRIES + 2);
    give_entries(kit, &like, LANE_CASES, entries + 3, 1);
    assert_int_equal(parent->receipt.position, 7);
    assert_int_equal(parent->receipt.run_entries, 0);
}

static void test_a_hole_in_a_run_is_a_gap(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    const struct entry first = run_entry(7, 0, 1, true);
    const struct entry third = run_entry(7, 0, 3, false);
    give_entries(kit, &like, LANE_CASES, &first, 1);
    give_entries(kit, &like, LANE_CASES, &third, 1);
    assert_int_equal(seen(parent, STREAM_DOWN)->code, ERR_GAP);
    assert_int_equal(parent->receipt.position, 0);
    stream_committed(kit->side[KIT_CHILD].stream, LANE_CASES, 7);
    kit_talk(kit);
    like = *seen_frame(&kit->side[KIT_CHILD], FRAME_ACK);
    const struct entry whole[] = {first, run_entry(7, 0, 2, true), third};
    give_entries(kit, &like, LANE_CASES, whole, 3); /* sent whole once more */
    assert_int_equal(parent->receipt.position, 7);
    assert_int_equal(parent->delivered, 3);
}

static void test_what_no_run_can_be_is_a_gap(void **state)
{
    struct kit *kit = *state;
    struct entry wrong[5] = {run_entry(7, 0, 2, true), event_entry(7, 0), run_entry(7, 0, 2, true),
                             run_entry(8, 0, 2, true), event_entry(7, 0)};
    wrong[1].more = true;
    wrong[2].subject.bytes[0]++;
    for (size_t i = 0; i < 5; i++) {
        struct frame like = connected(kit);
        const struct entry first = run_entry(7, 0, 1, true);
        if (i >= 2)
            give_entries(kit, &like, LANE_CASES, &first, 1);
        give_entries(kit, &like, LANE_CASES, &wrong[i], 1);
        assert_non_null(seen(&kit->side[KIT_PARENT], STREAM_DOWN));
    }
}

static void test_entries_beyond_the_credit_are_dropped(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    struct frame like = connected(kit);
    for (int i = 0; i < WINDOW_ENTRIES; i++) {
        const struct entry entry = event_entry(i + 1, i);
        forget(parent);
        give_entries(kit, &like, LANE_CASES, &entry, 1);
    }
    const struct entry entry = event_entry(WINDOW_ENTRIES + 1, WINDOW_ENTRIES);
    give_entries(kit, &like, LANE_CASES, &entry, 1);
    assert_int_equal(parent->delivered, WINDOW_ENTRIES);
    assert_int_equal(stream_counters(parent->stream)->over_credit, 1);
    assert_non_null(seen(parent, STREAM_DOWN));
}

static void test_a_receipt_of_an_earlier_life_changes_nothing(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    connected(kit);
    const struct stream_receipt receipt = {.lane = LANE_CASES, .position = 5, .incarnation = 1};
    stream_received_committed(parent->stream, &receipt);
    collect(kit, parent);
    assert_int_equal(parent->seen_count, 0);
}

static void test_kinds_that_are_not_of_neighbours_are_counted_and_ignored(void **state)
{
    struct kit *kit = *state;
    struct side *parent = &kit->side[KIT_PARENT];
    connected(kit);
    const struct frame frames[] = {{.kind = FRAME_REQUEST}, {.kind = FRAME_REPLY}};
    give(kit, KIT_PARENT, &frames[0]);
    give(kit, KIT_PARENT, &frames[1]);
    assert_int_equal(parent->seen_count, 0);
    assert_int_equal(stream_counters(parent->stream)->unexpected, 2);
}

static void test_a_digest_tells_entries_apart(void **state)
{
    (void)state;
    uint8_t other_envelope[WIRE_ENVELOPE_BYTES] = {2};
    struct entry entries[6] = {event_entry(3, 0), event_entry(4, 0), event_entry(3, 0),
                               event_entry(3, 0), event_entry(3, 0), run_entry(3, 0, 1, false)};
    uint8_t digests[6][STREAM_DIGEST_BYTES];
    entries[2].envelope = other_envelope;
    entries[3].envelope = NULL;
    entries[4].subject_no = 2;
    for (int i = 0; i < 6; i++)
        stream_entry_digest(&entries[i], digests[i]);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(digests[i], digests[j], STREAM_DIGEST_BYTES);
    entries[1].prev = 2; /* how a neighbour is led there is no part of what stands there */
    stream_entry_digest(&entries[1], digests[0]);
    assert_memory_equal(digests[0], digests[1], STREAM_DIGEST_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_entries_are_acknowledged_only_when_durable),
        STORY(test_a_repeated_frame_is_handed_out_once),
        STORY(test_a_gap_delivers_what_was_in_order_and_resumes_from_what_is_durable),
        STORY(test_what_is_handed_out_is_not_handed_out_again_after_a_resume),
        STORY(test_resumes_in_a_row_back_off),
        STORY(test_a_failed_batch_is_asked_for_again),
        STORY(test_a_position_moves_only_after_the_last_of_a_run),
        STORY(test_a_hole_in_a_run_is_a_gap),
        STORY(test_what_no_run_can_be_is_a_gap),
        STORY(test_entries_beyond_the_credit_are_dropped),
        STORY(test_a_receipt_of_an_earlier_life_changes_nothing),
        STORY(test_kinds_that_are_not_of_neighbours_are_counted_and_ignored),
        STORY(test_a_digest_tells_entries_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
