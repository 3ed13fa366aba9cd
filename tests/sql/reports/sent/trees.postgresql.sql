-- sellers_with_the_way_down_to_them
WITH RECURSIVE "Link" AS (SELECT seller.id AS id, seller.boss_id AS up, CAST($1 AS bigint) AS depth, CAST(seller.name AS text) AS path FROM seller WHERE seller.boss_id IS NULL UNION ALL SELECT seller.id AS id, seller.boss_id AS up, "Link".depth + $2 AS depth, CAST(("Link".path || $3) || seller.name AS text) AS path FROM seller JOIN "Link" ON "Link".id = seller.boss_id) SELECT "Link".id, "Link".up, "Link".depth, "Link".path FROM "Link" ORDER BY "Link".path;
-- what_a_bike_is_made_of
WITH RECURSIVE "Needed" AS (SELECT CAST(part.part AS text) AS name, CAST(part.pieces AS bigint) AS count FROM part WHERE part.whole = $1 UNION ALL SELECT CAST(part.part AS text) AS name, part.pieces * "Needed".count AS count FROM part JOIN "Needed" ON "Needed".name = part.whole) SELECT "Needed".name, sum("Needed".count) FROM "Needed" GROUP BY "Needed".name ORDER BY "Needed".name;
-- how_many_are_below
WITH RECURSIVE "Under" AS (SELECT seller.id AS boss, seller.id AS seller FROM seller UNION ALL SELECT "Under".boss AS boss, seller.id AS seller FROM seller JOIN "Under" ON "Under".seller = seller.boss_id) SELECT seller.name, count(*) FROM "Under" JOIN seller ON seller.id = "Under".boss WHERE "Under".boss <> "Under".seller GROUP BY seller.name ORDER BY seller.name;
-- what_bosses_sell_with_all_below
WITH RECURSIVE "Under" AS (SELECT seller.id AS boss, seller.id AS seller FROM seller UNION ALL SELECT "Under".boss AS boss, seller.id AS seller FROM seller JOIN "Under" ON "Under".seller = seller.boss_id) SELECT seller.name, coalesce(sum(sale.amount), $1) FROM "Under" JOIN seller ON seller.id = "Under".boss LEFT JOIN sale ON sale.seller_id = "Under".seller GROUP BY seller.name ORDER BY seller.name;
-- who_is_above_all
WITH RECURSIVE "Under" AS (SELECT seller.id AS boss, seller.id AS seller FROM seller UNION ALL SELECT "Under".boss AS boss, seller.id AS seller FROM seller JOIN "Under" ON "Under".seller = seller.boss_id) SELECT seller.name, "Root".name FROM "Under" JOIN seller AS "Root" ON "Root".id = "Under".boss AND "Root".boss_id IS NULL JOIN seller ON seller.id = "Under".seller ORDER BY seller.name;
-- what_can_be_reached
WITH RECURSIVE "Reached" AS (SELECT CAST($1 AS text) AS name UNION SELECT CAST(part.part AS text) AS name FROM part JOIN "Reached" ON "Reached".name = part.whole) SELECT "Reached".name FROM "Reached" ORDER BY "Reached".name;
