/* A case's facts as bytes, with words for what is wrong. Private to lib/wire; others use wire/event.h. */
#ifndef SANJI_WIRE_FACTS_H
#define SANJI_WIRE_FACTS_H

#include "wire/event.h"

enum err facts_read(const uint8_t *bytes, size_t size, struct arena *arena, struct case_facts *facts,
                    struct fault *fault) MUST_CHECK;

#endif
