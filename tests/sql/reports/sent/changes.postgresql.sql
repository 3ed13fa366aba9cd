-- deliveries_are_added_to_stock
INSERT INTO stock (product, pieces) SELECT "Delivery".name, "Delivery".count FROM unnest($1::text[], $2::bigint[]) AS "Delivery"(name, count) ON CONFLICT (product) DO UPDATE SET pieces = stock.pieces + excluded.pieces WHERE excluded.pieces > $3;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
INSERT INTO stock (product, pieces) VALUES ('***', 3), ('***', -1), ('***', 4) ON CONFLICT (product) DO UPDATE SET pieces = stock.pieces + excluded.pieces WHERE excluded.pieces > 0;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
-- sales_that_stand_twice_go
WITH "Numbered" AS (SELECT sale.id AS id, row_number() OVER (PARTITION BY sale.product, sale.amount ORDER BY sale.id) AS n FROM sale) DELETE FROM sale WHERE sale.id IN (SELECT "Numbered".id FROM "Numbered" WHERE "Numbered".n > $1);
SELECT id, product AS what FROM sale ORDER BY id;
DELETE FROM sale WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY product, amount ORDER BY id) AS n FROM sale) AS d WHERE n > 1);
SELECT id, product AS what FROM sale ORDER BY id;
-- stock_becomes_what_was_counted
UPDATE stock SET pieces = "NameCount".count FROM (SELECT sale.product AS name, count(*) AS count FROM sale WHERE sale.state = $1 GROUP BY sale.product) AS "NameCount" WHERE "NameCount".name = stock.product RETURNING stock.pieces, stock.product;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
UPDATE stock SET pieces = c.n FROM (SELECT product, count(*) AS n FROM sale WHERE state = '***' GROUP BY product) AS c WHERE c.product = stock.product;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
-- old_sales_are_archived
INSERT INTO archive (id, product, amount) SELECT sale.id, sale.product, sale.amount FROM sale WHERE sale.day < $1;
SELECT id, product AS what FROM archive ORDER BY id;
INSERT INTO archive (id, product, amount) SELECT id, product, amount FROM sale WHERE day < $1;
SELECT id, product AS what FROM archive ORDER BY id;
-- sales_of_a_region_go
DELETE FROM sale USING seller WHERE seller.id = sale.seller_id AND seller.region = $1;
SELECT id, product AS what FROM sale ORDER BY id;
DELETE FROM sale USING seller AS s WHERE s.id = sale.seller_id AND s.region = $1;
SELECT id, product AS what FROM sale ORDER BY id;
-- void_sales_move_to_the_archive
WITH "NameSum" AS (DELETE FROM sale WHERE sale.state = $1 RETURNING sale.product AS name, sale.amount AS sum) INSERT INTO archive (id, product, amount) SELECT $2, "NameSum".name, "NameSum".sum FROM "NameSum";
SELECT count(*) FROM sale;
SELECT id, product AS what FROM archive ORDER BY id;
WITH m AS (DELETE FROM sale WHERE state = '***' RETURNING product, amount) INSERT INTO archive (id, product, amount) SELECT 99, product, amount FROM m;
SELECT id, product AS what FROM archive ORDER BY id;
-- the_next_open_sale_is_taken
UPDATE sale SET product = $1 FROM (SELECT "Open".id AS id, CAST($2 AS bigint) AS n FROM sale AS "Open" WHERE "Open".state = $3 ORDER BY "Open".day LIMIT $4 FOR UPDATE SKIP LOCKED) AS "Next" WHERE "Next".id = sale.id RETURNING sale.id, sale.product;
SELECT id, product AS what FROM sale WHERE product = '***';
UPDATE sale SET product = '***' WHERE id = (SELECT id FROM sale WHERE state = '***' ORDER BY day LIMIT 1 FOR UPDATE SKIP LOCKED);
SELECT id, product AS what FROM sale WHERE product = '***';
-- a_table_without_a_struct_is_reported
SELECT legacy_audit.actor, sum(legacy_audit.n) FROM legacy_audit JOIN seller ON seller.name = legacy_audit.actor GROUP BY legacy_audit.actor ORDER BY legacy_audit.actor;
-- conditions_outlive_their_blocks
SELECT sale.product, sale.amount FROM sale WHERE sale.amount >= $1 AND (sale.state = $2 OR sale.state = $3) ORDER BY sale.amount DESC, sale.id LIMIT $4;
-- stock_is_merged_with_a_count
DELETE FROM stock WHERE product = '***';
UPDATE stock SET pieces = 5 WHERE product = '***';
INSERT INTO stock (product, pieces) VALUES ('***', 2);
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
MERGE INTO stock USING unnest($1::text[], $2::bigint[]) AS "Counted"(name, count) ON "Counted".name = stock.product WHEN MATCHED AND "Counted".count = $3 THEN DELETE WHEN MATCHED THEN UPDATE SET pieces = "Counted".count WHEN NOT MATCHED THEN INSERT (product, pieces) VALUES ("Counted".name, "Counted".count);
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
MERGE INTO stock USING (VALUES ('***', 5), ('***', 0), ('***', 2)) AS c(product, n) ON c.product = stock.product WHEN MATCHED AND n = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET pieces = n WHEN NOT MATCHED THEN INSERT (product, pieces) VALUES (c.product, n);
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
