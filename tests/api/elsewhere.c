/* See elsewhere.h. */
#include "elsewhere.h"

WEFT_MODEL(Moon, "moon", WEFT_COLUMN(Moon, id, .primary_key = true), WEFT_COLUMN(Moon, planet_id, .references = "planet.id"),
    WEFT_COLUMN(Moon, name), WEFT_BELONGS_TO(Moon, planet, Planet, .foreign_key = "planet_id", .back_populates = "moons"));
