/* The market of market.h. */
#include "market.h"

WEFT_MODEL(Seller, "seller", WEFT_COLUMN(Seller, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Seller, name),
           WEFT_COLUMN(Seller, region), WEFT_COLUMN(Seller, boss_id));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, seller_id),
           WEFT_COLUMN(Sale, product), WEFT_COLUMN(Sale, state), WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2),
           WEFT_COLUMN(Sale, day));
WEFT_MODEL(Click, "visit", WEFT_COLUMN(Click, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Click, person),
           WEFT_COLUMN(Click, kind), WEFT_COLUMN(Click, at));
WEFT_MODEL(Piece, "part", WEFT_COLUMN(Piece, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Piece, whole),
           WEFT_COLUMN(Piece, part), WEFT_COLUMN(Piece, pieces));
WEFT_MODEL(Booking, "booking", WEFT_COLUMN(Booking, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Booking, room),
           WEFT_COLUMN(Booking, begins), WEFT_COLUMN(Booking, ends));
WEFT_MODEL(Stock, "stock", WEFT_COLUMN(Stock, id, .primary_key = true), WEFT_COLUMN(Stock, product, .unique = true),
           WEFT_COLUMN(Stock, pieces));
WEFT_MODEL(Archive, "archive", WEFT_COLUMN(Archive, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Archive, product),
           WEFT_COLUMN(Archive, amount, .precision = 10, .scale = 2));
WEFT_METADATA(market, &Seller_model, &Sale_model, &Click_model, &Piece_model, &Booking_model, &Stock_model, &Archive_model);

const char *const market_rows =
    "INSERT INTO seller (id, name, region, boss_id) VALUES (1, 'ann', 'north', NULL), (2, 'ben', 'north', 1), (3, 'cat', 'south', "
    "1), "
    "(4, 'dot', 'south', 3), (5, 'eli', 'west', NULL); "
    "INSERT INTO sale (id, seller_id, product, state, amount, day) VALUES (1, 1, 'tea', 'paid', '10.00', '2026-01-05'), "
    "(2, 1, 'cup', 'paid', '20.00', '2026-01-06'), (3, 2, 'tea', 'open', '10.00', '2026-01-06'), (4, 2, 'pot', 'paid', '40.00', "
    "'2026-02-01'), (5, 3, 'cup', 'paid', '20.00', '2026-02-02'), (6, 3, 'tea', 'void', '5.00', '2026-02-03'), "
    "(7, 4, 'pot', 'paid', '40.00', '2026-02-03'), (8, 1, 'tea', 'paid', '30.00', '2025-01-10'), (9, 3, 'cup', 'paid', '15.00', "
    "'2025-02-11'), (10, 4, 'tea', 'paid', '12.50', '2025-02-12'); "
    "INSERT INTO visit (id, person, kind, at) VALUES (1, 'ada', 'view', '2026-03-01 09:00:00.000000'), (2, 'bob', 'view', "
    "'2026-03-01 "
    "09:05:00.000000'), (3, 'ada', 'cart', '2026-03-01 09:10:00.000000'), (4, 'ada', 'pay', '2026-03-01 09:20:00.000000'), "
    "(5, 'bob', 'cart', '2026-03-01 09:50:00.000000'), (6, 'cyd', 'view', '2026-03-01 10:00:00.000000'), (7, 'cyd', 'pay', "
    "'2026-03-01 "
    "10:01:00.000000'), (8, 'ada', 'view', '2026-03-01 11:00:00.000000'); "
    "INSERT INTO part (id, whole, part, pieces) VALUES (1, 'bike', 'wheel', 2), (2, 'bike', 'frame', 1), (3, 'wheel', 'spoke', "
    "28), "
    "(4, 'wheel', 'tyre', 1), (5, 'frame', 'screw', 4), (6, 'spoke', 'screw', 1); "
    "INSERT INTO booking (id, room, begins, ends) VALUES (1, 'red', '2026-05-01', '2026-05-04'), (2, 'red', '2026-05-03', "
    "'2026-05-06'), (3, 'red', '2026-05-10', '2026-05-11'), (4, 'tan', '2026-05-02', '2026-05-03'), (5, 'tan', '2026-05-03', "
    "'2026-05-05'); "
    "INSERT INTO stock (product, pieces) VALUES ('tea', 7), ('cup', 0), ('jug', 3)";
