-- run_p01_cte
WITH "Total" AS (SELECT customer.region AS region, sum(orders.total) AS sales FROM customer JOIN orders ON orders.customer_id = customer.id WHERE orders.state = $1 GROUP BY customer.region) SELECT customer.name, "Total".sales FROM customer JOIN "Total" ON "Total".region = customer.region WHERE "Total".sales > $2 ORDER BY "Total".sales DESC, customer.name LIMIT $3;
-- run_p02_tree
WITH RECURSIVE "Node" AS (SELECT category.id AS id, CAST(category.name AS text) AS name, CAST($1 AS integer) AS depth FROM category WHERE category.id = $2 UNION ALL SELECT category.id AS id, CAST(category.name AS text) AS name, "Node".depth + $3 AS depth FROM category JOIN "Node" ON category.parent_id = "Node".id) SELECT "Node".id, "Node".name, "Node".depth FROM "Node" WHERE "Node".depth <= $4 ORDER BY "Node".depth, "Node".name;
-- run_p03_alias
SELECT employee.name AS name, "Boss".name AS boss FROM employee JOIN employee AS "Boss" ON "Boss".id = employee.boss_id WHERE employee.salary > "Boss".salary AND "Boss".hired < $1 ORDER BY "Boss".name;
SELECT employee.id, employee.name, employee.boss_id, employee.salary, employee.hired FROM employee JOIN employee AS "Boss" ON "Boss".id = employee.boss_id WHERE "Boss".name = $1;
SELECT employee.id, employee.name, employee.boss_id, employee.salary, employee.hired FROM employee WHERE employee.boss_id = ANY($1);
-- run_p04_windows
SELECT customer.region, orders.total, sum(orders.total) OVER (PARTITION BY customer.region ORDER BY orders.created ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), rank() OVER (PARTITION BY customer.region ORDER BY orders.total DESC), avg(orders.total) OVER (ORDER BY orders.created ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) FROM orders JOIN customer ON customer.id = orders.customer_id ORDER BY customer.region, orders.created;
-- run_p05_subqueries
SELECT customer.name, (SELECT max(orders.created) FROM orders WHERE orders.customer_id = customer.id) FROM customer WHERE EXISTS (SELECT 1 FROM orders JOIN item ON item.order_id = orders.id WHERE orders.customer_id = customer.id AND item.sku = $1 AND orders.total > (SELECT avg("All".total) FROM orders AS "All")) AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customer.id AND orders.state = $2);
-- run_p06_sets
SELECT "Who".name, "Who".kind FROM (SELECT customer.name AS name, CAST($1 AS text) AS kind FROM customer WHERE customer.id NOT IN (SELECT orders.customer_id FROM orders) UNION ALL SELECT employee.name AS name, CAST($2 AS text) AS kind FROM employee WHERE employee.salary >= ALL (SELECT "E2".salary FROM employee AS "E2")) AS "Who" ORDER BY "Who".name LIMIT $3;
-- run_p07_values
SELECT "Wanted".sku, "Wanted".qty, stock.qty FROM unnest($1::text[], $2::integer[]) AS "Wanted"(sku, qty) LEFT JOIN stock ON stock.sku = "Wanted".sku WHERE coalesce(stock.qty, '0'::integer) < "Wanted".qty;
-- run_p08_lateral
SELECT customer.name, "Recent".id, "Recent".total FROM customer LEFT JOIN LATERAL (SELECT orders.id AS id, orders.total AS total FROM orders WHERE orders.customer_id = customer.id ORDER BY orders.created DESC LIMIT $1) AS "Recent" ON true ORDER BY customer.name;
-- run_p09_calendar
SELECT "Day".day, count(orders.id) FROM (SELECT v.v AS day FROM (SELECT CAST($1 AS timestamptz) AS a, CAST($2 AS timestamptz) AS z, CAST($3 AS bigint) AS n) AS b CROSS JOIN LATERAL generate_series(0, CAST(trunc(CAST(extract(epoch FROM (b.z - b.a)) / (b.n * 86400) AS double precision)) AS bigint)) AS f(k) CROSS JOIN LATERAL (SELECT b.a + f.k * b.n * interval '1 day' AS v) AS v WHERE CASE WHEN b.n > 0 THEN v.v <= b.z ELSE v.v >= b.z END) AS "Day" LEFT JOIN orders ON date_trunc('day', orders.created) = "Day".day GROUP BY "Day".day ORDER BY "Day".day;
-- run_p10_distinct_on
SELECT DISTINCT ON (orders.customer_id) orders.customer_id, orders.total FROM orders ORDER BY orders.customer_id, orders.created DESC;
SELECT customer.region AS region, count(*) FILTER (WHERE orders.state = $1) AS paid, string_agg(DISTINCT customer.name, $2 ORDER BY customer.name) AS names FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY customer.region HAVING count(*) FILTER (WHERE orders.state = $3) > $4;
-- run_p11_pages
SELECT post.id, post.created, post.title, post.tags FROM post ORDER BY post.created DESC, post.id DESC LIMIT $1;
SELECT post.id, post.created, post.title, post.tags FROM post WHERE (post.created, post.id) < ($1, $2) ORDER BY post.created DESC, post.id DESC LIMIT $3;
-- run_p12_grouping
SELECT customer.region, orders.state, sum(orders.total), grouping(customer.region) FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY ROLLUP (customer.region, orders.state);
SELECT customer.region, orders.state, sum(orders.total), grouping(customer.region) FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY GROUPING SETS ((customer.region, orders.state), customer.region, ());
-- run_p13_literal
SELECT orders.id, orders.customer_id, orders.state, orders.total, orders.created FROM orders WHERE orders.state <> 'done' AND orders.customer_id = $1;
-- run_p14_buckets
SELECT (width_bucket(CAST(orders.total AS float8), $1, $2, 5)) AS bucket, count(*) AS orders FROM orders GROUP BY 1 ORDER BY bucket;
-- run_p15_statement
WITH "Spent" AS (SELECT orders.customer_id AS customer_id, sum(orders.total) AS total FROM orders WHERE orders.state = 'paid' AND orders.created >= $1 GROUP BY orders.customer_id) SELECT customer.name AS name, "Spent".total AS total FROM customer JOIN "Spent" ON "Spent".customer_id = customer.id WHERE "Spent".total >= $2 AND customer.region = $3 ORDER BY "Spent".total DESC LIMIT $4;
-- run_p16_text
SELECT region, count(*) AS customers FROM customer GROUP BY region;
SELECT * FROM customer WHERE name LIKE $1;
SELECT 1 AS customers, '***' AS region;
-- run_p17_json
SELECT item.sku, CAST(item.extra #>> '{size,width}' AS bigint) FROM item WHERE item.extra #> '{size}' IS NOT NULL AND CAST(item.extra #>> '{colour}' AS text) = $1;
SELECT item.sku AS sku, "Tag".value AS tag FROM item CROSS JOIN LATERAL (SELECT e.v #>> '{}' AS value FROM (SELECT item.extra #> '{tags}' AS j) AS b CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(b.j) WHEN 'array' THEN b.j ELSE '[]' END) WITH ORDINALITY AS e(v, n)) AS "Tag" WHERE "Tag".value LIKE $1;
-- run_p18_arrays
SELECT post.id, post.created, post.title, post.tags FROM post WHERE $1 = ANY (post.tags) AND post.tags && $2 AND cardinality(post.tags) < $3;
UPDATE post SET tags = $1 WHERE post.id = $2;
SELECT customer.name, ARRAY(SELECT orders.id FROM orders WHERE orders.customer_id = customer.id) FROM customer;
-- run_p19_money
SELECT item.id, item.order_id, item.sku, item.qty, item.price, item.extra FROM item WHERE item.price >= $1 AND item.price <> $2;
UPDATE item SET price = $1 WHERE item.sku = $2;
-- run_p20_audit
SELECT legacy_audit.actor, count(*) FROM legacy_audit JOIN customer ON customer.name = legacy_audit.actor WHERE legacy_audit.at >= $1 GROUP BY legacy_audit.actor;
SELECT legacy_audit.id, legacy_audit.actor, legacy_audit.at FROM legacy_audit;
-- run_p21_upsert
INSERT INTO stock (sku, qty) VALUES ($1, $2) ON CONFLICT (sku) DO UPDATE SET qty = stock.qty + excluded.qty WHERE excluded.qty > $3;
MERGE INTO stock USING unnest($1::text[], $2::integer[]) AS "Delivery"(sku, qty) ON stock.sku = "Delivery".sku WHEN MATCHED AND stock.qty + "Delivery".qty <= $3 THEN DELETE WHEN MATCHED THEN UPDATE SET qty = stock.qty + "Delivery".qty WHEN NOT MATCHED AND "Delivery".qty > $4 THEN INSERT (sku, qty) VALUES ("Delivery".sku, "Delivery".qty);
-- run_p22_move
INSERT INTO order_archive (id, customer_id, total, created) SELECT orders.id, orders.customer_id, orders.total, orders.created FROM orders WHERE orders.created < $1;
UPDATE stock SET qty = stock.qty - "Sold".qty FROM (SELECT item.sku AS sku, CAST(sum(item.qty) AS integer) AS qty FROM item GROUP BY item.sku) AS "Sold" WHERE stock.sku = "Sold".sku RETURNING stock.sku, stock.qty;
DELETE FROM item USING orders WHERE item.order_id = orders.id AND orders.state = $1;
-- run_p23_archive
WITH "Moved" AS (DELETE FROM orders WHERE orders.created < $1 RETURNING orders.id AS id, orders.customer_id AS customer_id, orders.total AS total, orders.created AS created) INSERT INTO order_archive (id, customer_id, total, created) SELECT "Moved".id, "Moved".customer_id, "Moved".total, "Moved".created FROM "Moved";
-- run_p24_keep
SELECT customer.id, customer.name, customer.region, customer.age, customer.vip FROM customer JOIN orders ON orders.customer_id = customer.id WHERE customer.name = $1 AND (orders.state = $2 OR orders.state = $3) ORDER BY customer.name;
SELECT orders.id, orders.customer_id, orders.state, orders.total, orders.created, item.id, item.order_id, item.sku, item.qty, item.price, item.extra FROM orders LEFT JOIN item ON item.order_id = orders.id WHERE orders.customer_id = ANY($1);
-- run_p25_cohorts
WITH "First" AS (SELECT orders.customer_id AS customer_id, date_trunc('month', min(orders.created)) AS month FROM orders GROUP BY orders.customer_id), "Active" AS (SELECT DISTINCT orders.customer_id AS customer_id, date_trunc('month', orders.created) AS month FROM orders) SELECT "First".month, count(*), count("Next".customer_id) FROM "First" LEFT JOIN "Active" AS "Next" ON "Next".customer_id = "First".customer_id AND "Next".month = ("First".month + $1 * interval '1 month') GROUP BY "First".month ORDER BY "First".month;
SELECT stock.id, item.id FROM stock FULL JOIN item ON item.sku = stock.sku LEFT JOIN orders ON orders.id = item.order_id;
