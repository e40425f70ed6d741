/* Any bytes as the response file, judged alone and against a tree. What is taken must keep the bounds that
 * the rules lean on: the whole day on somebody's shift, no plan twice, no circle of nobody, no interval of
 * nothing.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "conf/conf_response.h"

#include "../unit/test_conf_response.h"

#define DAY_MIN (24 * 60)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

/* A center with police and a boat, and a squad of its own name. */
static char covers[1][CODE_SIZE] = {"44"};
static struct center centers[] = {
    {.code = "44", .parent = -1, .grids = 2, .cover_count = 1, .covers = covers}};
static struct department departments[] = {{"ga", "公安", "", 0, 1}};
static struct unit_type types[] = {{.code = "boat"}, {.code = "police"}, {.code = "squad"}};
static struct unit_rule unit_rules[] = {{0, 0, 0}, {0, 1, 2}};
static struct named_unit named[] = {{.name = "gate.44", .type = 2}};
static const struct topology tree = {.tier_count = 1,
                                     .center_count = 1,
                                     .centers = centers,
                                     .department_count = 1,
                                     .departments = departments,
                                     .unit_type_count = 3,
                                     .unit_types = types,
                                     .unit_rule_count = 2,
                                     .unit_rules = unit_rules,
                                     .named_unit_count = 1,
                                     .named_units = named};

/* ---- what was taken ---- */

static bool on_shift(const struct duty_shift *shift, int32_t minute)
{
    if (shift->from_min < shift->to_min)
        return minute >= shift->from_min && minute < shift->to_min;
    return minute >= shift->from_min || minute < shift->to_min;
}

static void check_shifts(const struct response *response)
{
    assert(response->shift_count <= SHIFTS_MAX);
    for (int32_t minute = 0; response->shift_count > 0 && minute < DAY_MIN; minute++) {
        int people = 0;
        for (size_t i = 0; i < response->shift_count; i++)
            people += on_shift(&response->shifts[i], minute);
        assert(people == 1);
    }
}

static void check_plans(const struct response *response)
{
    for (size_t i = 0; i < response->plan_count; i++) {
        const struct plan *plan = &response->plans[i];
        assert(i == 0 || strcmp(response->plans[i - 1].code, plan->code) < 0);
        assert(response_plan(response, plan->code) == plan);
        assert(plan->position_age_ms > 0 && plan->ack.unit != UNIT_NONE);
        assert(plan->circle_count > 0 && plan->circle_count <= PLAN_CIRCLES_MAX);
        for (size_t c = 0; c < plan->circle_count; c++)
            assert(plan->circles[c].count > 0 && plan->circles[c].type[0] != '\0');
    }
}

static void check_response(const struct response *response)
{
    assert(response->name[0] != '\0' && response->version > 0);
    assert(response->rate.count > 0 && response->rate.per_ms > 0);
    assert(response->channel_count <= CHANNELS_MAX);
    for (size_t i = 0; i < sizeof response->ladders / sizeof *response->ladders; i++)
        assert(response->ladders[i].repeats_max == 0 || response->ladders[i].repeat.unit != UNIT_NONE);
    for (int alert = ALERT_NORMAL; alert < ALERTS; alert++)
        assert(response->alerts[alert].posts != 0);
    check_shifts(response);
    check_plans(response);
}

static void judge(const uint8_t *bytes, size_t size, const struct topology *topology)
{
    static struct conf_errors errors;
    struct conf_doc *doc;
    struct response response;
    conf_errors_init(&errors);
    if (conf_read_text("fuzz", (const char *)bytes, size, &errors, &doc) != ERR_OK)
        return;
    size_t before = errors.count; /* a key that stands twice is said while the document is read */
    if (conf_response_take(doc, topology, &response) == ERR_OK) {
        assert(errors.count == before);
        check_response(&response);
        response_free(&response);
    } else {
        assert(errors.count > before);
    }
    conf_doc_free(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    judge(bytes, size, NULL);
    judge(bytes, size, &tree);
    return 0;
}

/* Now and then a sound file to begin from, so that no corpus need be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    static const char sound[] =
        RESPONSE_WITHOUT_PLANS "plans:\n"
                               "  - {code: z, zh: 甲, ack: 1 urgent-minutes, par: none, position_age: 2 "
                               "urgent-hours, circles: [{type: squad, count: 2, arrive: 5 urgent-minutes}]}\n"
                               "  - {code: \"135\", zh: 乙, ack: 1 urgent-minutes, par: 20 urgent-minutes, "
                               "position_age: 10 urgent-minutes, circles: [{type: grid, count: 1, arrive: 1 "
                               "urgent-minutes}, {type: police, count: 1, arrive: 5 urgent-minutes}]}\n";
    if (seed % 32 != 0 || sizeof sound > max)
        return LLVMFuzzerMutate(bytes, size, max);
    memcpy(bytes, sound, sizeof sound - 1);
    return sizeof sound - 1;
}
