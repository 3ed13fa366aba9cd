-- deliveries_are_added_to_stock
INSERT INTO stock (product, pieces) SELECT "Delivery".name, weft_keep_int32("Delivery".count, 'stock.pieces') FROM (SELECT k.value AS name, json_extract(?2, '$[' || k.key || ']') AS count FROM json_each(?1) AS k) AS "Delivery" LIMIT -1 ON CONFLICT (product) DO UPDATE SET pieces = weft_keep_int32(weft_integer_add(stock.pieces, excluded.pieces, 32), 'stock.pieces') WHERE excluded.pieces > ?3;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
INSERT INTO stock (product, pieces) VALUES ('***', 3), ('***', -1), ('***', 4) ON CONFLICT (product) DO UPDATE SET pieces = stock.pieces + excluded.pieces WHERE excluded.pieces > 0;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
-- sales_that_stand_twice_go
WITH "Numbered" AS (SELECT sale.id AS id, row_number() OVER (PARTITION BY sale.product, sale.amount COLLATE WEFT_DECIMAL ORDER BY sale.id) AS n FROM sale) DELETE FROM sale WHERE sale.id IN (SELECT "Numbered".id FROM "Numbered" WHERE "Numbered".n > ?1);
SELECT id, product AS what FROM sale ORDER BY id;
DELETE FROM sale WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY product, amount ORDER BY id) AS n FROM sale) AS d WHERE n > 1);
SELECT id, product AS what FROM sale ORDER BY id;
-- stock_becomes_what_was_counted
UPDATE stock SET pieces = weft_keep_int32("NameCount".count, 'stock.pieces') FROM (SELECT sale.product AS name, count(*) AS count FROM sale WHERE sale.state = ?1 GROUP BY sale.product) AS "NameCount" WHERE "NameCount".name = stock.product RETURNING stock.pieces, stock.product;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
UPDATE stock SET pieces = c.n FROM (SELECT product, count(*) AS n FROM sale WHERE state = '***' GROUP BY product) AS c WHERE c.product = stock.product;
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
-- old_sales_are_archived
INSERT INTO archive (id, product, amount) SELECT sale.id, sale.product, sale.amount FROM sale WHERE sale.day < ?1;
SELECT id, product AS what FROM archive ORDER BY id;
INSERT INTO archive (id, product, amount) SELECT id, product, amount FROM sale WHERE day < ?1;
SELECT id, product AS what FROM archive ORDER BY id;
-- sales_of_a_region_go
DELETE FROM sale WHERE EXISTS (SELECT 1 FROM seller WHERE seller.id = sale.seller_id AND seller.region = ?1);
SELECT id, product AS what FROM sale ORDER BY id;
DELETE FROM sale WHERE EXISTS (SELECT 1 FROM seller AS s WHERE s.id = sale.seller_id AND s.region = ?1);
SELECT id, product AS what FROM sale ORDER BY id;
-- void_sales_move_to_the_archive
INSERT INTO archive (id, product, amount) SELECT weft_keep_int64(?1, 'archive.id'), sale.product, sale.amount FROM sale WHERE sale.state = ?2;
DELETE FROM sale WHERE sale.state = ?1;
SELECT count(*) FROM sale;
SELECT id, product AS what FROM archive ORDER BY id;
INSERT INTO archive (id, product, amount) SELECT 99, product, amount FROM sale WHERE state = '***';
SELECT id, product AS what FROM archive ORDER BY id;
-- the_next_open_sale_is_taken
UPDATE sale SET product = ?1 FROM (SELECT "Open".id AS id, weft_integer(?2, 64) AS n FROM sale AS "Open" WHERE "Open".state = ?3 ORDER BY "Open".day LIMIT ?4) AS "Next" WHERE "Next".id = sale.id RETURNING sale.id, sale.product;
SELECT id, product AS what FROM sale WHERE product = '***';
UPDATE sale SET product = '***' WHERE id = (SELECT id FROM sale WHERE state = '***' ORDER BY day LIMIT 1);
SELECT id, product AS what FROM sale WHERE product = '***';
-- a_table_without_a_struct_is_reported
SELECT legacy_audit.actor, sum(legacy_audit.n) FROM legacy_audit JOIN seller ON seller.name = legacy_audit.actor GROUP BY legacy_audit.actor ORDER BY legacy_audit.actor NULLS LAST;
-- conditions_outlive_their_blocks
SELECT sale.product, sale.amount FROM sale WHERE sale.amount COLLATE WEFT_DECIMAL >= ?1 AND (sale.state = ?2 OR sale.state = ?3) ORDER BY sale.amount COLLATE WEFT_DECIMAL DESC, sale.id LIMIT ?4;
-- stock_is_merged_with_a_count
DELETE FROM stock WHERE product = '***';
UPDATE stock SET pieces = 5 WHERE product = '***';
INSERT INTO stock (product, pieces) VALUES ('***', 2);
SELECT pieces AS id, product AS what FROM stock ORDER BY product;
