/* What a configuration text makes the reader say, compared line by line. */
#ifndef SANJI_TEST_CONF_SAY_H
#define SANJI_TEST_CONF_SAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf_doc.h"

/* Every line that was said, in order, begins with the expected one; and no more was said. */
static inline void assert_said(const struct conf_errors *errors, const char *const *expected)
{
    size_t i = 0;
    for (; expected[i]; i++) {
        const char *said = conf_errors_text(errors, i);
        if (strncmp(said, expected[i], strlen(expected[i])) != 0)
            fail_msg("line %zu says\n  \"%s\"\ninstead of\n  \"%s\"", i, said, expected[i]);
    }
    if (errors->count != i)
        fail_msg("%zu errors instead of %zu; the next is \"%s\"", errors->count, i,
                 conf_errors_text(errors, i));
}

#define SAID(...)                                                                                            \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

#endif
