/* The fixture by the names that the tests of the public interface use for it. */
#ifndef TESTS_API_API_H
#define TESTS_API_API_H

#include "support/fixture.h"

#define API_MODELS(metadata) FIXTURE_MODELS(metadata);
#define api_engine fixture_engine

#endif
