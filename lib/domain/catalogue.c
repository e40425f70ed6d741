/* Look-ups in a loaded catalogue. */
#include "domain/catalogue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *zh;
} priority_words[] = {
    [PRIORITY_NORMAL] = {"normal", "一般"},
    [PRIORITY_URGENT] = {"urgent", "紧急"},
    [PRIORITY_CRITICAL] = {"critical", "特急"},
};

void catalogue_free(struct catalogue *catalogue)
{
    free(catalogue->classes);
    free(catalogue->subs);
    free(catalogue->items);
    free(catalogue->policies);
    free(catalogue->texts);
    *catalogue = (struct catalogue){0};
}

static int compare_item(const void *code, const void *item)
{
    return strcmp(code, ((const struct item *)item)->code);
}

static int compare_policy(const void *name, const void *policy)
{
    return strcmp(name, ((const struct policy *)policy)->name);
}

const struct item *catalogue_item(const struct catalogue *catalogue, const char *code)
{
    if (catalogue->item_count == 0)
        return NULL;
    return bsearch(code, catalogue->items, catalogue->item_count, sizeof *catalogue->items, compare_item);
}

const struct policy *catalogue_policy_named(const struct catalogue *catalogue, const char *name)
{
    if (catalogue->policy_count == 0)
        return NULL;
    return bsearch(name, catalogue->policies, catalogue->policy_count, sizeof *catalogue->policies,
                   compare_policy);
}

const struct policy *catalogue_policy(const struct catalogue *catalogue, const struct item *item,
                                      enum mode mode)
{
    const struct policy *policy = catalogue_policy_named(catalogue, item->policy[mode]);
    assert(policy); /* the loader names every missing one */
    return policy;
}

const char *catalogue_sub_code(const struct catalogue *catalogue, const struct item *item)
{
    assert(item->sub_index < catalogue->sub_count);
    return catalogue->subs[item->sub_index].code;
}

const char *catalogue_class_code(const struct catalogue *catalogue, const struct item *item)
{
    assert(item->class_index < catalogue->class_count);
    return catalogue->classes[item->class_index].code;
}

const char *priority_name(enum priority priority)
{
    return priority_words[priority].name;
}

const char *priority_zh(enum priority priority)
{
    return priority_words[priority].zh;
}
