-- run_p01_cte
WITH "Total" AS (SELECT customer.region AS region, weft_decimal_sum(orders.total) AS sales FROM customer JOIN orders ON orders.customer_id = customer.id WHERE orders.state = ?1 GROUP BY customer.region) SELECT customer.name, "Total".sales FROM customer JOIN "Total" ON "Total".region = customer.region WHERE "Total".sales COLLATE WEFT_DECIMAL > ?2 ORDER BY "Total".sales COLLATE WEFT_DECIMAL DESC NULLS FIRST, customer.name LIMIT ?3;
-- run_p02_tree
WITH RECURSIVE "Node" AS (SELECT category.id AS id, category.name AS name, weft_integer(?1, 32) AS depth FROM category WHERE category.id = ?2 UNION ALL SELECT category.id AS id, category.name AS name, weft_integer_add("Node".depth, ?3, 32) AS depth FROM category JOIN "Node" ON category.parent_id = "Node".id) SELECT "Node".id, "Node".name, "Node".depth FROM "Node" WHERE "Node".depth <= ?4 ORDER BY "Node".depth NULLS LAST, "Node".name NULLS LAST;
-- run_p03_alias
SELECT employee.name AS name, "Boss".name AS boss FROM employee JOIN employee AS "Boss" ON "Boss".id = employee.boss_id WHERE employee.salary > "Boss".salary AND "Boss".hired < ?1 ORDER BY "Boss".name;
SELECT employee.id, employee.name, employee.boss_id, employee.salary, employee.hired FROM employee JOIN employee AS "Boss" ON "Boss".id = employee.boss_id WHERE "Boss".name = ?1;
SELECT employee.id, employee.name, employee.boss_id, employee.salary, employee.hired FROM employee WHERE employee.boss_id IN (SELECT value FROM json_each(?1));
-- run_p04_windows
SELECT customer.region, orders.total, weft_decimal_sum(orders.total) OVER (PARTITION BY customer.region ORDER BY orders.created ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), rank() OVER (PARTITION BY customer.region ORDER BY orders.total COLLATE WEFT_DECIMAL DESC), weft_decimal_avg(orders.total) OVER (ORDER BY orders.created ROWS BETWEEN ?1 PRECEDING AND CURRENT ROW) FROM orders JOIN customer ON customer.id = orders.customer_id ORDER BY customer.region, orders.created;
-- run_p05_subqueries
SELECT customer.name, (SELECT max(orders.created) FROM orders WHERE orders.customer_id = customer.id) FROM customer WHERE EXISTS (SELECT 1 FROM orders JOIN item ON item.order_id = orders.id WHERE orders.customer_id = customer.id AND item.sku = ?1 AND orders.total COLLATE WEFT_DECIMAL > (SELECT weft_decimal_avg("All".total) FROM orders AS "All")) AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customer.id AND orders.state = ?2);
-- run_p06_sets
SELECT "Who".name, "Who".kind FROM (SELECT customer.name AS name, CAST(?1 AS TEXT) AS kind FROM customer WHERE customer.id NOT IN (SELECT orders.customer_id FROM orders) UNION ALL SELECT employee.name AS name, CAST(?2 AS TEXT) AS kind FROM employee WHERE (SELECT CASE WHEN min(c) = 0 THEN 0 WHEN count(*) > count(c) THEN NULL ELSE 1 END FROM (SELECT employee.salary >= weft_value AS c FROM (SELECT "E2".salary AS weft_value FROM employee AS "E2")))) AS "Who" ORDER BY "Who".name NULLS LAST LIMIT ?3;
-- run_p07_values
SELECT "Wanted".sku, "Wanted".qty, stock.qty FROM (SELECT k.value AS sku, json_extract(?2, '$[' || k.key || ']') AS qty FROM json_each(?1) AS k) AS "Wanted" LEFT JOIN stock ON stock.sku = "Wanted".sku WHERE coalesce(stock.qty, 0) < "Wanted".qty;
-- run_p08_lateral
-- run_p09_calendar
SELECT "Day".day, count(orders.id) FROM (SELECT s.v AS day FROM (WITH RECURSIVE b AS MATERIALIZED (SELECT weft_to_timestamp(?1) AS a, weft_to_timestamp(?2) AS z, weft_integer(?3, 64) AS n, 4 AS u), s(k, v) AS (SELECT 0, weft_series_at(a, z, n, u, 0) FROM b UNION ALL SELECT s.k + 1, weft_series_at(b.a, b.z, b.n, b.u, s.k + 1) FROM s CROSS JOIN b WHERE s.v IS NOT NULL) SELECT s.v FROM s WHERE s.v IS NOT NULL) AS s) AS "Day" LEFT JOIN orders ON weft_date_trunc(orders.created, 4) = "Day".day GROUP BY "Day".day ORDER BY "Day".day NULLS LAST;
-- run_p10_distinct_on
SELECT weft_1 AS customer_id, weft_2 AS total FROM (SELECT *, row_number() OVER (PARTITION BY weft_1 ORDER BY weft_1, weft_order_2 DESC) AS weft_first FROM (SELECT orders.customer_id AS weft_1, orders.total AS weft_2, orders.created AS weft_order_2 FROM orders)) WHERE weft_first = 1 ORDER BY weft_1, weft_order_2 DESC;
SELECT customer.region AS region, count(*) FILTER (WHERE orders.state = ?1) AS paid, weft_string_agg_sorted('ubalb', customer.name, ?2, customer.name) AS names FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY customer.region HAVING count(*) FILTER (WHERE orders.state = ?3) > ?4;
-- run_p11_pages
SELECT post.id, post.created, post.title, post.tags FROM post ORDER BY post.created DESC, post.id DESC LIMIT ?1;
SELECT post.id, post.created, post.title, post.tags FROM post WHERE (post.created, post.id) < (?1, ?2) ORDER BY post.created DESC, post.id DESC LIMIT ?3;
-- run_p12_grouping
SELECT weft_groups.k1, weft_groups.k2, weft_groups.a1, weft_groups.a2 FROM (SELECT customer.region AS k1, orders.state AS k2, weft_decimal_sum(orders.total) AS a1, 0 AS a2 FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY 1, orders.state UNION ALL SELECT customer.region AS k1, NULL AS k2, weft_decimal_sum(orders.total) AS a1, 0 AS a2 FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY 1 UNION ALL SELECT NULL AS k1, NULL AS k2, weft_decimal_sum(orders.total) AS a1, 1 AS a2 FROM orders JOIN customer ON customer.id = orders.customer_id) AS weft_groups;
SELECT weft_groups.k1, weft_groups.k2, weft_groups.a1, weft_groups.a2 FROM (SELECT customer.region AS k1, orders.state AS k2, weft_decimal_sum(orders.total) AS a1, 0 AS a2 FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY 1, orders.state UNION ALL SELECT customer.region AS k1, NULL AS k2, weft_decimal_sum(orders.total) AS a1, 0 AS a2 FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY 1 UNION ALL SELECT NULL AS k1, NULL AS k2, weft_decimal_sum(orders.total) AS a1, 1 AS a2 FROM orders JOIN customer ON customer.id = orders.customer_id) AS weft_groups;
-- run_p13_literal
SELECT orders.id, orders.customer_id, orders.state, orders.total, orders.created FROM orders WHERE orders.state <> 'done' AND orders.customer_id = ?1;
-- run_p14_buckets
SELECT (CAST((CAST(orders.total AS REAL) - ?1) / (?2 - ?1) * 5 AS INTEGER) + 1) AS bucket, count(*) AS orders FROM orders GROUP BY 1 ORDER BY bucket NULLS LAST;
-- run_p15_statement
WITH "Spent" AS (SELECT orders.customer_id AS customer_id, weft_decimal_sum(orders.total) AS total FROM orders WHERE orders.state = 'paid' AND orders.created >= ?1 GROUP BY orders.customer_id) SELECT customer.name AS name, "Spent".total AS total FROM customer JOIN "Spent" ON "Spent".customer_id = customer.id WHERE "Spent".total COLLATE WEFT_DECIMAL >= ?2 AND customer.region = ?3 ORDER BY "Spent".total COLLATE WEFT_DECIMAL DESC NULLS FIRST LIMIT ?4;
-- run_p16_text
SELECT region, count(*) AS customers FROM customer GROUP BY region;
SELECT * FROM customer WHERE name LIKE ?1;
SELECT 1 AS customers, '***' AS region;
-- run_p17_json
SELECT item.sku, weft_integer(weft_json_text_at(item.extra, '["size", "width"]'), 64) FROM item WHERE weft_json_has(item.extra, '["size"]') AND CAST(weft_json_text_at(item.extra, '["colour"]') AS TEXT) = ?1;
SELECT item.sku AS sku, "Tag".value AS tag FROM item CROSS JOIN weft_json_each(weft_json_at(item.extra, '["tags"]'), 0) AS "Tag" WHERE "Tag".value GLOB ?1;
-- run_p18_arrays
SELECT post.id, post.created, post.title, post.tags FROM post WHERE weft_array_has(post.tags COLLATE WEFT_ARRAY_TEXT, ?1, 8) AND weft_array_overlaps(post.tags COLLATE WEFT_ARRAY_TEXT, ?2, 8) AND weft_array_length(post.tags COLLATE WEFT_ARRAY_TEXT) < ?3;
UPDATE post SET tags = ?1 WHERE post.id = ?2;
SELECT customer.name, (WITH weft_q(v) AS (SELECT orders.id FROM orders WHERE orders.customer_id = customer.id) SELECT weft_array_of(v, 3) FROM weft_q) FROM customer;
-- run_p19_money
SELECT item.id, item.order_id, item.sku, item.qty, item.price, item.extra FROM item WHERE item.price >= ?1 AND item.price <> ?2;
UPDATE item SET price = ?1 WHERE item.sku = ?2;
-- run_p20_audit
SELECT legacy_audit.actor, count(*) FROM legacy_audit JOIN customer ON customer.name = legacy_audit.actor WHERE legacy_audit.at >= ?1 GROUP BY legacy_audit.actor;
SELECT legacy_audit.id, legacy_audit.actor, legacy_audit.at FROM legacy_audit;
-- run_p21_upsert
INSERT INTO stock (sku, qty) VALUES (?1, ?2) ON CONFLICT (sku) DO UPDATE SET qty = weft_keep_int32(weft_integer_add(stock.qty, excluded.qty, 32), 'stock.qty') WHERE excluded.qty > ?3;
-- run_p22_move
INSERT INTO order_archive (id, customer_id, total, created) SELECT orders.id, orders.customer_id, weft_decimal_store(orders.total), orders.created FROM orders WHERE orders.created < ?1;
UPDATE stock SET qty = weft_keep_int32(weft_integer_subtract(stock.qty, "Sold".qty, 32), 'stock.qty') FROM (SELECT item.sku AS sku, weft_integer(sum(item.qty), 32) AS qty FROM item GROUP BY item.sku) AS "Sold" WHERE stock.sku = "Sold".sku RETURNING stock.sku, stock.qty;
DELETE FROM item WHERE EXISTS (SELECT 1 FROM orders WHERE item.order_id = orders.id AND orders.state = ?1);
-- run_p23_archive
-- run_p24_keep
SELECT customer.id, customer.name, customer.region, customer.age, customer.vip FROM customer JOIN orders ON orders.customer_id = customer.id WHERE customer.name = ?1 AND (orders.state = ?2 OR orders.state = ?3) ORDER BY customer.name;
SELECT orders.id, orders.customer_id, orders.state, orders.total, orders.created, item.id, item.order_id, item.sku, item.qty, item.price, item.extra FROM orders LEFT JOIN item ON item.order_id = orders.id WHERE orders.customer_id IN (SELECT value FROM json_each(?1));
-- run_p25_cohorts
WITH "First" AS (SELECT orders.customer_id AS customer_id, weft_date_trunc(min(orders.created), 6) AS month FROM orders GROUP BY orders.customer_id), "Active" AS (SELECT DISTINCT orders.customer_id AS customer_id, weft_date_trunc(orders.created, 6) AS month FROM orders) SELECT "First".month, count(*), count("Next".customer_id) FROM "First" LEFT JOIN "Active" AS "Next" ON "Next".customer_id = "First".customer_id AND "Next".month = weft_date_add("First".month, ?1, 6) GROUP BY "First".month ORDER BY "First".month NULLS LAST;
SELECT stock.id, item.id FROM stock FULL JOIN item ON item.sku = stock.sku LEFT JOIN orders ON orders.id = item.order_id;
