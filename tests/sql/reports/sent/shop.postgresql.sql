-- customers_of_regions_that_sell_much
WITH "Total" AS (SELECT customer.region AS region, sum(orders.total) AS sales FROM customer JOIN orders ON orders.customer_id = customer.id WHERE orders.state = $1 GROUP BY customer.region) SELECT customer.name, "Total".sales FROM customer JOIN "Total" ON "Total".region = customer.region WHERE "Total".sales > $2 ORDER BY "Total".sales DESC, customer.name LIMIT $3;
-- a_category_with_all_below_it
WITH RECURSIVE "Node" AS (SELECT category.id AS id, CAST(category.name AS text) AS name, CAST($1 AS integer) AS depth FROM category WHERE category.id = $2 UNION ALL SELECT category.id AS id, CAST(category.name AS text) AS name, "Node".depth + $3 AS depth FROM category JOIN "Node" ON category.parent_id = "Node".id) SELECT "Node".id, "Node".name, "Node".depth FROM "Node" WHERE "Node".depth <= $4 ORDER BY "Node".depth, "Node".name;
-- who_earns_more_than_the_boss
SELECT employee.name, "Boss".name FROM employee JOIN employee AS "Boss" ON "Boss".id = employee.boss_id WHERE employee.salary > "Boss".salary ORDER BY "Boss".name;
SELECT employee.id, employee.name, employee.boss_id, employee.salary FROM employee JOIN employee AS "Boss" ON "Boss".id = employee.boss_id WHERE "Boss".name = $1 ORDER BY employee.id;
-- sales_as_they_run_by_region
SELECT customer.region, orders.total, sum(orders.total) OVER (PARTITION BY customer.region ORDER BY orders.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), rank() OVER (PARTITION BY customer.region ORDER BY orders.total DESC), avg(orders.total) OVER (ORDER BY orders.id ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) FROM orders JOIN customer ON customer.id = orders.customer_id ORDER BY customer.region, orders.id;
-- customers_by_what_they_bought
SELECT customer.name, (SELECT max(orders.created) FROM orders WHERE orders.customer_id = customer.id) FROM customer WHERE EXISTS (SELECT 1 FROM orders JOIN item ON item.order_id = orders.id WHERE orders.customer_id = customer.id AND item.sku = $1 AND orders.total > (SELECT avg("Small".total) FROM orders AS "Small" WHERE "Small".total < $2)) AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customer.id AND orders.state = $3);
-- the_silent_and_the_best_paid
SELECT "Who".name, "Who".kind FROM (SELECT customer.name AS name, CAST($1 AS text) AS kind FROM customer WHERE customer.id NOT IN (SELECT orders.customer_id FROM orders) UNION ALL SELECT employee.name AS name, CAST($2 AS text) AS kind FROM employee WHERE employee.salary >= ALL (SELECT "E2".salary FROM employee AS "E2")) AS "Who" ORDER BY "Who".name LIMIT $3;
-- what_a_list_wants_and_stock_has_not
SELECT "Wanted".sku, "Wanted".qty, stock.qty FROM unnest($1::text[], $2::integer[]) AS "Wanted"(sku, qty) LEFT JOIN stock ON stock.sku = "Wanted".sku WHERE coalesce(stock.qty, $3) < "Wanted".qty ORDER BY "Wanted".sku;
-- the_newest_order_of_every_customer
WITH "Recent" AS (SELECT orders.customer_id AS customer_id, orders.id AS id, row_number() OVER (PARTITION BY orders.customer_id ORDER BY orders.created DESC, orders.id DESC) AS place FROM orders) SELECT customer.name, "Recent".id FROM customer LEFT JOIN "Recent" ON "Recent".customer_id = customer.id AND "Recent".place = $1 ORDER BY customer.name;
SELECT customer.name, "One".qty FROM customer LEFT JOIN LATERAL (SELECT orders.state AS sku, CAST(orders.id AS integer) AS qty FROM orders WHERE orders.customer_id = customer.id ORDER BY orders.created DESC, orders.id DESC LIMIT $1) AS "One" ON true ORDER BY customer.name;
-- days_with_and_without_orders
SELECT "Day".day, count(orders.id) FROM (SELECT b.a + f.v AS day FROM (SELECT CAST($1 AS date) AS a, CAST($2 AS date) AS z) AS b CROSS JOIN LATERAL generate_series(0, b.z - b.a) AS f(v)) AS "Day" LEFT JOIN orders ON orders.created = "Day".day GROUP BY "Day".day ORDER BY "Day".day;
-- regions_by_what_is_paid
SELECT customer.region, count(*) FILTER (WHERE orders.state = $1), count(*) FILTER (WHERE orders.state <> $2) FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY customer.region HAVING count(*) FILTER (WHERE orders.state = $3) > $4 ORDER BY customer.region;
-- what_is_in_stock_and_what_was_sold
SELECT stock.id, item.id, orders.customer_id FROM stock FULL JOIN item ON item.sku = stock.sku LEFT JOIN orders ON orders.id = item.order_id AND orders.total > $1 ORDER BY stock.id, item.id;
-- regions_with_the_names_of_buyers
SELECT customer.region, count(*) FILTER (WHERE orders.state = $1), string_agg(DISTINCT customer.name, $2 ORDER BY customer.name DESC) FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY customer.region HAVING count(*) FILTER (WHERE orders.state = $3) > $4;
-- months_with_and_without_orders
SELECT "Day".day, count(orders.id) FROM (SELECT CAST(v.v AS date) AS day FROM (SELECT CAST(CAST($1 AS date) AS timestamp) AS a, CAST(CAST($2 AS date) AS timestamp) AS z, CAST($3 AS bigint) AS n) AS b CROSS JOIN LATERAL generate_series(0, CAST(trunc(CAST(((extract(year FROM b.z) - extract(year FROM b.a)) * 12 + coalesce(extract(month FROM b.z) - extract(month FROM b.a), 0)) / (b.n * 1) AS double precision)) AS bigint)) AS f(k) CROSS JOIN LATERAL (SELECT b.a + f.k * b.n * interval '1 month' AS v) AS v WHERE CASE WHEN b.n > 0 THEN v.v <= b.z ELSE v.v >= b.z END) AS "Day" LEFT JOIN orders ON CAST(date_trunc('month', orders.created) AS date) = "Day".day GROUP BY "Day".day ORDER BY "Day".day;
-- the_best_customers_of_a_region
WITH "Spent" AS (SELECT orders.customer_id AS customer_id, sum(orders.total) AS total FROM orders WHERE orders.state = 'paid' AND orders.created >= $1 GROUP BY orders.customer_id) SELECT customer.name, "Spent".total FROM customer JOIN "Spent" ON "Spent".customer_id = customer.id WHERE "Spent".total >= $2 AND customer.region = $3 ORDER BY "Spent".total DESC LIMIT $4;
WITH "Spent" AS (SELECT orders.customer_id AS customer_id, sum(orders.total) AS total FROM orders WHERE orders.state = 'paid' AND orders.created >= $1 GROUP BY orders.customer_id) SELECT customer.name, "Spent".total FROM customer JOIN "Spent" ON "Spent".customer_id = customer.id WHERE "Spent".total >= $2 AND customer.region = $3 ORDER BY "Spent".total DESC LIMIT $4;
WITH "Spent" AS (SELECT orders.customer_id AS customer_id, sum(orders.total) AS total FROM orders WHERE orders.state = 'paid' AND orders.created >= $1 GROUP BY orders.customer_id) SELECT customer.name, "Spent".total FROM customer JOIN "Spent" ON "Spent".customer_id = customer.id WHERE "Spent".total >= $2 AND customer.region = $3 ORDER BY "Spent".total DESC LIMIT $4;
-- what_is_said_of_items
SELECT item.sku, CAST(item.extra #>> '{size,width}' AS bigint) FROM item WHERE item.extra #> '{size}' IS NOT NULL AND item.extra #>> '{colour}' <> $1 ORDER BY item.id;
SELECT item.sku, "Tag".value FROM item CROSS JOIN LATERAL (SELECT e.v #>> '{}' AS value FROM (SELECT item.extra #> '{tags}' AS j) AS b CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(b.j) WHEN 'array' THEN b.j ELSE '[]' END) WITH ORDINALITY AS e(v, n)) AS "Tag" WHERE "Tag".value LIKE $1 ORDER BY item.id, "Tag".value;
-- what_is_not_paid_yet
SELECT orders.id, orders.state FROM orders WHERE orders.state <> 'paid' AND orders.customer_id = $1 ORDER BY orders.id;
SELECT orders.id, orders.state FROM orders WHERE orders.state <> 'paid' AND orders.customer_id = $1 ORDER BY orders.id;
-- orders_by_what_they_are_worth
SELECT (width_bucket(CAST(orders.total AS float8), $1, $2, 5)), count(*) FROM orders GROUP BY 1 ORDER BY 1;
-- sales_by_region_and_state_by_region_and_in_all
SELECT customer.region, orders.state, sum(orders.total), grouping(customer.region, orders.state) FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY ROLLUP (customer.region, orders.state) ORDER BY 4, customer.region, orders.state;
SELECT customer.region, orders.state, sum(orders.total), grouping(customer.region, orders.state) FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY GROUPING SETS ((customer.region, orders.state), customer.region, ()) ORDER BY 4, customer.region, orders.state;
-- who_comes_again
WITH "First" AS (SELECT orders.customer_id AS customer_id, CAST(date_trunc('day', min(orders.created)) AS date) AS day FROM orders GROUP BY 1), "Active" AS (SELECT DISTINCT orders.customer_id AS customer_id, orders.created AS day FROM orders) SELECT "First".day AS day, count(*) AS size, count("Next".customer_id) AS stayed FROM "First" LEFT JOIN "Active" AS "Next" ON "Next".customer_id = "First".customer_id AND "Next".day = CAST("First".day + $1 * interval '1 day' AS date) GROUP BY "First".day ORDER BY "First".day;
-- posts_by_tags_and_orders_of_customers
INSERT INTO post (id, title, tags) SELECT c1, c2, c3::text[] FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS v(c1, c2, c3, n) ORDER BY n;
SELECT post.id, post.title, post.tags FROM post WHERE $1 = ANY (post.tags) AND post.tags && $2 AND cardinality(post.tags) < $3;
UPDATE post SET tags = $1 WHERE post.id = $2;
SELECT customer.name, ARRAY(SELECT orders.id FROM orders WHERE orders.customer_id = customer.id ORDER BY orders.id) FROM customer ORDER BY customer.id;
