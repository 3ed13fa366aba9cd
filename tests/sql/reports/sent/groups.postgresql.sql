-- the_two_dearest_sales_of_each
WITH "Ranked" AS (SELECT seller.name AS name, sale.amount AS sum, row_number() OVER (PARTITION BY seller.id ORDER BY sale.amount DESC, sale.id) AS place FROM sale JOIN seller ON seller.id = sale.seller_id) SELECT "Ranked".name, "Ranked".sum, "Ranked".place FROM "Ranked" WHERE "Ranked".place <= $1 ORDER BY "Ranked".name, "Ranked".place;
-- the_latest_sale_of_each
SELECT DISTINCT ON (seller.id) seller.name AS name, sale.day AS day FROM sale JOIN seller ON seller.id = sale.seller_id ORDER BY seller.id, sale.day DESC;
-- who_sells_how_often_by_place
SELECT seller.name AS name, count(*) AS a, rank() OVER (ORDER BY count(*) DESC) AS b, dense_rank() OVER (ORDER BY count(*) DESC) AS c FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.name ORDER BY a DESC, seller.name;
-- the_dearest_with_all_that_are_as_dear
SELECT "NameSum".name, "NameSum".sum FROM (SELECT seller.name AS name, sale.amount AS sum FROM sale JOIN seller ON seller.id = sale.seller_id ORDER BY sale.amount DESC FETCH FIRST ($1) ROWS WITH TIES) AS "NameSum" ORDER BY "NameSum".name;
-- what_share_each_region_has
SELECT seller.region, sum(sale.amount), round($1 * sum(sale.amount) / sum(sum(sale.amount)) OVER (), $2) FROM sale JOIN seller ON seller.id = sale.seller_id WHERE sale.state = $3 GROUP BY seller.region ORDER BY seller.region;
-- products_as_their_sums_run_up
SELECT sale.product, sum(sale.amount), sum(sum(sale.amount)) OVER (ORDER BY sum(sale.amount) DESC) FROM sale GROUP BY sale.product ORDER BY 2 DESC;
-- what_half_of_the_sales_reach
SELECT seller.region, percentile_cont($1) WITHIN GROUP (ORDER BY sale.amount), percentile_disc($2) WITHIN GROUP (ORDER BY sale.amount) FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region ORDER BY seller.region;
-- how_many_sales_are_of_each_size
SELECT "Bucket".n * $1, count(sale.id) FROM (SELECT f.v AS n FROM generate_series(CAST($2 AS bigint), CAST($3 AS bigint)) AS f(v)) AS "Bucket" LEFT JOIN sale ON floor(sale.amount / $4) = "Bucket".n GROUP BY "Bucket".n ORDER BY "Bucket".n;
-- states_as_columns
SELECT seller.region, count(*) FILTER (WHERE sale.state = 'paid'), count(*) FILTER (WHERE sale.state = 'open'), count(*) FILTER (WHERE sale.state = 'void') FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region ORDER BY seller.region;
-- by_region_by_product_and_in_all
SELECT seller.region, sale.product, count(*) FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY GROUPING SETS (seller.region, sale.product, ()) ORDER BY grouping(seller.region, sale.product), seller.region, sale.product;
-- what_is_above_the_mean_of_its_region
SELECT seller.name, sale.amount FROM sale JOIN seller ON seller.id = sale.seller_id WHERE sale.amount > (SELECT avg("Other".amount) FROM sale AS "Other" JOIN seller AS "Neighbour" ON "Neighbour".id = "Other".seller_id WHERE "Neighbour".region = seller.region) ORDER BY seller.name;
-- the_second_highest
SELECT $1, (SELECT DISTINCT sale.amount FROM sale ORDER BY sale.amount DESC LIMIT $2 OFFSET $3);
-- who_has_sold_nothing
SELECT seller.name FROM seller WHERE NOT EXISTS (SELECT 1 FROM sale WHERE sale.seller_id = seller.id);
SELECT seller.name FROM seller WHERE seller.id NOT IN (SELECT sale.seller_id FROM sale);
SELECT seller.name FROM seller LEFT JOIN sale ON sale.seller_id = seller.id WHERE sale.id IS NULL;
SELECT seller.name FROM (SELECT seller.id AS n FROM seller EXCEPT SELECT sale.seller_id AS n FROM sale) AS "Silent" JOIN seller ON seller.id = "Silent".n;
-- what_is_sold_and_in_stock
SELECT "Both".name FROM (SELECT sale.product AS name FROM sale INTERSECT SELECT stock.product AS name FROM stock) AS "Both" ORDER BY "Both".name;
SELECT "Unsold".name FROM (SELECT stock.product AS name FROM stock EXCEPT SELECT sale.product AS name FROM sale) AS "Unsold";
-- the_page_after_a_sale
SELECT sale.product, sale.amount FROM sale WHERE (sale.amount, sale.id) > ($1, $2) ORDER BY sale.amount, sale.id LIMIT $3;
-- what_each_region_sells_most_often
SELECT seller.region, mode() WITHIN GROUP (ORDER BY sale.product) FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.region ORDER BY seller.region;
-- how_many_pairs_there_are
SELECT $1, count(*) FROM (SELECT DISTINCT sale.product AS name, sale.seller_id AS count FROM sale) AS "Different";
-- who_sells_more_than_the_boss
WITH "Ranked" AS (SELECT seller.name AS name, sum(sale.amount) AS sum, seller.id AS place FROM sale JOIN seller ON seller.id = sale.seller_id GROUP BY seller.name, seller.id) SELECT "Ranked".name, "Ranked".sum, "Above".sum FROM "Ranked" JOIN seller ON seller.id = "Ranked".place JOIN "Ranked" AS "Above" ON "Above".place = seller.boss_id WHERE "Ranked".sum > "Above".sum ORDER BY "Ranked".name;
