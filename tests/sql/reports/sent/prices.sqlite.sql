-- what_costs_a_hundred
SELECT article.id, article.sku, article.maker, article.price, article.since FROM article WHERE article.price >= ?1 AND article.price <> ?2 ORDER BY article.id;
SELECT article.sku, article.price FROM article WHERE article.price >= ?1 AND article.price <> ?2 ORDER BY article.id;
-- a_price_is_cut
UPDATE article SET price = ?1 WHERE article.maker = ?2;
-- articles_page_by_page
SELECT article.sku, article.id FROM article ORDER BY article.since DESC, article.id DESC LIMIT ?1;
SELECT article.sku, article.id FROM article WHERE (article.since, article.id) < (?1, ?2) ORDER BY article.since DESC, article.id DESC LIMIT ?3;
-- makers_by_their_articles
SELECT count(*), article.maker FROM article GROUP BY article.maker ORDER BY article.maker;
SELECT * FROM article WHERE sku LIKE ?1 ORDER BY id;
SELECT maker, count(*) AS articles FROM article GROUP BY maker ORDER BY maker;
