-- the_mean_of_three_as_it_moves
SELECT sale.day, sale.amount, weft_decimal_avg(sale.amount) OVER (ORDER BY sale.day, sale.id ROWS BETWEEN ?1 PRECEDING AND CURRENT ROW) FROM sale WHERE sale.day >= ?2 ORDER BY sale.day, sale.id;
-- days_in_a_row
WITH "Numbered" AS (SELECT "Day".name AS name, "Day".day AS first, weft_date_add("Day".day, weft_integer_subtract(?1, row_number() OVER (ORDER BY "Day".day NULLS LAST), 64), 4) AS last, weft_integer(?2, 64) AS count FROM (SELECT DISTINCT CAST(?3 AS TEXT) AS name, sale.day AS day FROM sale WHERE sale.day >= ?4) AS "Day") SELECT "Numbered".name AS name, min("Numbered".first) AS first, max("Numbered".first) AS last, count(*) AS count FROM "Numbered" GROUP BY "Numbered".name, "Numbered".last ORDER BY first NULLS LAST;
-- days_between_without_a_sale
WITH "Next" AS (SELECT CAST(?1 AS TEXT) AS name, sale.day AS first, lead(sale.day) OVER (ORDER BY sale.day) AS last, weft_integer(?2, 64) AS count FROM sale WHERE sale.day >= ?3) SELECT "Next".name, "Next".first, "Next".last, weft_date_diff("Next".last, "Next".first, 4) FROM "Next" WHERE weft_date_diff("Next".last, "Next".first, 4) > ?4;
-- months_beside_those_of_the_year_before
WITH "DaySum" AS (SELECT weft_date_trunc(sale.day, 6) AS day, weft_decimal_sum(sale.amount) AS sum, max(sale.amount COLLATE WEFT_DECIMAL) AS more FROM sale GROUP BY 1) SELECT "DaySum".day, "DaySum".sum, "Before".sum FROM "DaySum" JOIN "DaySum" AS "Before" ON "Before".day = weft_date_add("DaySum".day, ?1, 8) ORDER BY "DaySum".day NULLS LAST;
-- sums_that_begin_anew_each_month
SELECT sale.day, sale.amount, weft_decimal_sum(sale.amount) OVER (PARTITION BY weft_date_trunc(sale.day, 6) ORDER BY sale.day, sale.id) FROM sale WHERE sale.day >= ?1 ORDER BY sale.day, sale.id;
-- visits_half_an_hour_apart
WITH "Step" AS (SELECT visit.person AS person, visit.at AS at, lag(visit.at) OVER (PARTITION BY visit.person ORDER BY visit.at) AS before FROM visit) SELECT "Step".person, count(*) FROM "Step" WHERE "Step".before IS NULL OR weft_date_diff("Step".at, "Step".before, 2) > ?1 GROUP BY "Step".person ORDER BY "Step".person NULLS LAST;
-- how_far_they_come
WITH "Way" AS (SELECT visit.person AS person, min(visit.at) FILTER (WHERE visit.kind = ?1) AS seen, min(visit.at) FILTER (WHERE visit.kind = ?2) AS taken, min(visit.at) FILTER (WHERE visit.kind = ?3) AS paid FROM visit GROUP BY visit.person) SELECT ?4, count("Way".seen), count(*) FILTER (WHERE "Way".taken > "Way".seen), count(*) FILTER (WHERE "Way".taken > "Way".seen AND "Way".paid > "Way".taken) FROM "Way";
-- how_long_it_takes_to_pay
WITH "Way" AS (SELECT visit.person AS person, min(visit.at) FILTER (WHERE visit.kind = ?1) AS seen, min(visit.at) FILTER (WHERE visit.kind = ?2) AS taken, min(visit.at) FILTER (WHERE visit.kind = ?3) AS paid FROM visit GROUP BY visit.person) SELECT "Way".person, weft_date_diff("Way".paid, "Way".seen, 2) FROM "Way" WHERE "Way".paid IS NOT NULL ORDER BY "Way".person NULLS LAST;
-- sales_by_weekday
SELECT weft_date_part(sale.day, 9), count(*) FROM sale GROUP BY 1 ORDER BY 1 NULLS LAST;
-- the_first_and_the_last_of_each
SELECT DISTINCT seller.name, first_value(sale.amount) OVER (PARTITION BY seller.id ORDER BY sale.day, sale.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) COLLATE WEFT_DECIMAL, last_value(sale.amount) OVER (PARTITION BY seller.id ORDER BY sale.day, sale.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) COLLATE WEFT_DECIMAL FROM sale JOIN seller ON seller.id = sale.seller_id ORDER BY seller.name;
-- bookings_that_overlap
SELECT booking.room, booking.id, "Later".id, weft_date_diff(CASE WHEN booking.ends < "Later".ends THEN booking.ends ELSE "Later".ends END, "Later".begins, 4) FROM booking JOIN booking AS "Later" ON "Later".room = booking.room AND "Later".id > booking.id AND "Later".begins < booking.ends AND booking.begins < "Later".ends;
-- how_many_bookings_there_are_at_once
WITH "Change" AS (SELECT booking.room AS name, booking.begins AS first, booking.begins AS last, weft_integer(?1, 64) AS count FROM booking UNION ALL SELECT booking.room AS name, booking.ends AS first, booking.ends AS last, weft_integer(?2, 64) AS count FROM booking), "Running" AS (SELECT "Change".name AS name, weft_integer(weft_decimal_integer(weft_decimal_sum("Change".count) OVER (PARTITION BY "Change".name ORDER BY "Change".first NULLS LAST, "Change".count NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)), 64) AS count FROM "Change") SELECT "Running".name, max("Running".count) FROM "Running" GROUP BY "Running".name ORDER BY "Running".name NULLS LAST;
-- hours_with_and_without_visits
SELECT "Hour".hour, count(visit.id), count(DISTINCT visit.person) FROM (SELECT s.v AS hour FROM (WITH RECURSIVE b AS MATERIALIZED (SELECT weft_to_timestamp(?1) AS a, weft_to_timestamp(?2) AS z, weft_integer(?3, 64) AS n, 3 AS u), s(k, v) AS (SELECT 0, weft_series_at(a, z, n, u, 0) FROM b UNION ALL SELECT s.k + 1, weft_series_at(b.a, b.z, b.n, b.u, s.k + 1) FROM s CROSS JOIN b WHERE s.v IS NOT NULL) SELECT s.v FROM s WHERE s.v IS NOT NULL) AS s) AS "Hour" LEFT JOIN visit ON weft_date_trunc(visit.at, 3) = "Hour".hour GROUP BY "Hour".hour ORDER BY "Hour".hour NULLS LAST;
