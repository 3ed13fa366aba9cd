/* Models of the tests of docs/semantics.md: Planet here, Moon in another translation unit and not named in the metadata. */
#ifndef TESTS_API_PLANETS_H
#define TESTS_API_PLANETS_H

#include "support/fixture.h"
#include "elsewhere.h"

WEFT_MODEL(Planet, "planet", WEFT_COLUMN(Planet, id, .primary_key = true), WEFT_COLUMN(Planet, name, .unique = true),
    WEFT_COLUMN(Planet, note, .nullable = true), WEFT_COLUMN(Planet, mass),
    WEFT_HAS_MANY(Planet, moons, Moon, .foreign_key = "planet_id", .back_populates = "planet", .order_by = "id"));
WEFT_METADATA(planets, &Planet_model);
FIXTURE_MODELS(planets);

#endif
