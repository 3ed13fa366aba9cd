-- the_two_dearest_sales_of_each
WITH "Ranked" AS (SELECT seller.name AS name, sale.amount AS sum, row_number() OVER (PARTITION BY seller.id ORDER BY sale.amount COLLATE WEFT_DECIMAL DESC, sale.id) AS place FROM sale JOIN seller ON seller.id = sale.seller_id) SELECT "Ranked".name, "Ranked".sum, "Ranked".place FROM "Ranked" WHERE "Ranked".place <= ?1 ORDER BY "Ranked".name NULLS LAST, "Ranked".place NULLS LAST;
-- the_latest_sale_of_each
SELECT weft_1 AS name, weft_2 AS day FROM (SELECT *, row_number() OVER (PARTITION BY weft_key_1 ORDER BY weft_order_1, weft_2 DESC) AS weft_first FROM (SELECT seller.name AS weft_1, sale.day AS weft_2, seller.id AS weft_key_1, seller.id AS weft_order_1 FROM sale JOIN seller ON seller.id = sale.seller_id)) WHERE weft_first = 1 ORDER BY weft_order_1, weft_2 DESC;
-- who_sells_how_often_by_place
SELECT seller.name AS name, count(*) AS a, rank() OVER (ORDER BY count(*) DESC NULLS FIRST) AS b, dense_rank() OVER (ORDER BY count(*) DESC NULLS FIRST) AS c FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.name ORDER BY a DESC NULLS FIRST, seller.name;
-- the_dearest_with_all_that_are_as_dear
SELECT "NameSum".name, "NameSum".sum FROM (SELECT weft_1 AS name, weft_2 AS sum FROM (SELECT *, rank() OVER (ORDER BY weft_2 COLLATE WEFT_DECIMAL DESC) AS weft_rank, row_number() OVER (ORDER BY weft_2 COLLATE WEFT_DECIMAL DESC) AS weft_row FROM (SELECT seller.name AS weft_1, sale.amount AS weft_2 FROM sale JOIN seller ON seller.id = sale.seller_id)) WHERE weft_rank <= ?1 AND 0 < ?1 ORDER BY weft_row) AS "NameSum" ORDER BY "NameSum".name NULLS LAST;
-- what_share_each_region_has
SELECT seller.region, weft_decimal_sum(sale.amount), weft_decimal_round((weft_decimal_divide((weft_decimal_multiply(?1, weft_decimal_sum(sale.amount))), weft_decimal_sum(weft_decimal_sum(sale.amount)) OVER ())), ?2) FROM sale JOIN seller ON seller.id = sale.seller_id WHERE sale.state = ?3 GROUP BY seller.region ORDER BY seller.region;
-- products_as_their_sums_run_up
SELECT sale.product, weft_decimal_sum(sale.amount), weft_decimal_sum(weft_decimal_sum(sale.amount)) OVER (ORDER BY weft_decimal_sum(sale.amount) COLLATE WEFT_DECIMAL DESC NULLS FIRST) FROM sale GROUP BY sale.product ORDER BY 2 COLLATE WEFT_DECIMAL DESC NULLS FIRST;
-- what_half_of_the_sales_reach
SELECT seller.region, weft_percentile_cont('ald', ?1, weft_decimal_real(sale.amount)), weft_percentile_disc('ald', ?2, sale.amount) FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region ORDER BY seller.region;
-- how_many_sales_are_of_each_size
SELECT weft_integer_multiply("Bucket".n, ?1, 64), count(sale.id) FROM (SELECT s.v AS n FROM (WITH RECURSIVE s(v, z) AS (SELECT b.a, b.z FROM (SELECT weft_integer(?2, 64) AS a, weft_integer(?3, 64) AS z) AS b WHERE b.a <= b.z UNION ALL SELECT s.v + 1, s.z FROM s WHERE s.v < s.z) SELECT s.v FROM s) AS s) AS "Bucket" LEFT JOIN sale ON weft_decimal_floor((weft_decimal_divide(sale.amount, ?4))) COLLATE WEFT_DECIMAL = weft_decimal("Bucket".n) GROUP BY "Bucket".n ORDER BY "Bucket".n NULLS LAST;
-- states_as_columns
SELECT seller.region, count(*) FILTER (WHERE sale.state = 'paid'), count(*) FILTER (WHERE sale.state = 'open'), count(*) FILTER (WHERE sale.state = 'void') FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region ORDER BY seller.region;
-- by_region_by_product_and_in_all
SELECT weft_groups.k1, weft_groups.k2, weft_groups.a1 FROM (SELECT seller.region AS k1, NULL AS k2, count(*) AS a1, 1 AS a2 FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region UNION ALL SELECT NULL AS k1, sale.product AS k2, count(*) AS a1, 2 AS a2 FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY sale.product UNION ALL SELECT NULL AS k1, NULL AS k2, count(*) AS a1, 3 AS a2 FROM sale JOIN seller ON seller.id = sale.seller_id) AS weft_groups ORDER BY weft_groups.a2 NULLS LAST, weft_groups.k1 NULLS LAST, weft_groups.k2 NULLS LAST;
-- what_is_above_the_mean_of_its_region
SELECT seller.name, sale.amount FROM sale JOIN seller ON seller.id = sale.seller_id WHERE sale.amount COLLATE WEFT_DECIMAL > (SELECT weft_decimal_avg("Other".amount) FROM sale AS "Other" JOIN seller AS "Neighbour" ON "Neighbour".id = "Other".seller_id WHERE "Neighbour".region = seller.region) ORDER BY seller.name;
-- the_second_highest
SELECT ?1, (SELECT DISTINCT sale.amount COLLATE WEFT_DECIMAL FROM sale ORDER BY sale.amount COLLATE WEFT_DECIMAL DESC LIMIT ?2 OFFSET ?3);
-- who_has_sold_nothing
SELECT seller.name FROM seller WHERE NOT EXISTS (SELECT 1 FROM sale WHERE sale.seller_id = seller.id);
SELECT seller.name FROM seller WHERE seller.id NOT IN (SELECT sale.seller_id FROM sale);
SELECT seller.name FROM seller LEFT JOIN sale ON sale.seller_id = seller.id WHERE sale.id IS NULL;
SELECT seller.name FROM (SELECT seller.id AS n FROM seller EXCEPT SELECT sale.seller_id AS n FROM sale) AS "Silent" JOIN seller ON seller.id = "Silent".n;
-- what_is_sold_and_in_stock
SELECT "Both".name FROM (SELECT sale.product AS name FROM sale INTERSECT SELECT stock.product AS name FROM stock) AS "Both" ORDER BY "Both".name NULLS LAST;
SELECT "Unsold".name FROM (SELECT stock.product AS name FROM stock EXCEPT SELECT sale.product AS name FROM sale) AS "Unsold";
-- the_page_after_a_sale
SELECT sale.product, sale.amount FROM sale WHERE (sale.amount COLLATE WEFT_DECIMAL, sale.id) > (?1, ?2) ORDER BY sale.amount COLLATE WEFT_DECIMAL, sale.id LIMIT ?3;
-- what_each_region_sells_most_often
SELECT seller.region, weft_mode('alb', sale.product) FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region ORDER BY seller.region;
-- how_many_pairs_there_are
SELECT ?1, count(*) FROM (SELECT DISTINCT sale.product AS name, sale.seller_id AS count FROM sale) AS "Different";
-- who_sells_more_than_the_boss
WITH "Ranked" AS (SELECT seller.name AS name, weft_decimal_sum(sale.amount) AS sum, seller.id AS place FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.name, seller.id) SELECT "Ranked".name, "Ranked".sum, "Above".sum FROM "Ranked" JOIN seller ON seller.id = "Ranked".place JOIN "Ranked" AS "Above" ON "Above".place = seller.boss_id WHERE "Ranked".sum COLLATE WEFT_DECIMAL > "Above".sum ORDER BY "Ranked".name NULLS LAST;
