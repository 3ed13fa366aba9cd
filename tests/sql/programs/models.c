/* The tables of the shop. */
#include "shop.h"

#include "programs.h"

WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true), WEFT_COLUMN(Customer, name),
           WEFT_COLUMN(Customer, region), WEFT_COLUMN(Customer, age), WEFT_COLUMN(Customer, vip),
           WEFT_HAS_MANY(Customer, orders, Order, .foreign_key = "customer_id", .back_populates = "customer"));
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true), WEFT_COLUMN(Order, customer_id), WEFT_COLUMN(Order, state),
           WEFT_COLUMN(Order, total, .precision = 12, .scale = 2), WEFT_COLUMN(Order, created),
           WEFT_BELONGS_TO(Order, customer, Customer, .foreign_key = "customer_id", .back_populates = "orders"),
           WEFT_HAS_MANY(Order, items, Item, .foreign_key = "order_id"));
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true), WEFT_COLUMN(Item, order_id), WEFT_COLUMN(Item, sku),
           WEFT_COLUMN(Item, qty), WEFT_COLUMN_AS(Item, price, money), WEFT_COLUMN(Item, extra, .nullable = true));
WEFT_MODEL(Employee, "employee", WEFT_COLUMN(Employee, id, .primary_key = true), WEFT_COLUMN(Employee, name),
           WEFT_COLUMN(Employee, boss_id), WEFT_COLUMN(Employee, salary), WEFT_COLUMN(Employee, hired),
           WEFT_BELONGS_TO(Employee, boss, Employee, .foreign_key = "boss_id", .back_populates = "reports"),
           WEFT_HAS_MANY(Employee, reports, Employee, .foreign_key = "boss_id", .back_populates = "boss"));
WEFT_MODEL(Category, "category", WEFT_COLUMN(Category, id, .primary_key = true), WEFT_COLUMN(Category, parent_id),
           WEFT_COLUMN(Category, name));
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_COLUMN(Post, created), WEFT_COLUMN(Post, title),
           WEFT_COLUMN(Post, tags));
WEFT_MODEL(Stock, "stock", WEFT_COLUMN(Stock, id, .primary_key = true), WEFT_COLUMN(Stock, sku, .unique = true),
           WEFT_COLUMN(Stock, qty));
WEFT_MODEL(Archive, "order_archive", WEFT_COLUMN(Archive, id, .primary_key = true), WEFT_COLUMN(Archive, customer_id),
           WEFT_COLUMN(Archive, total), WEFT_COLUMN(Archive, created));
WEFT_METADATA(shop, &Customer_model, &Order_model, &Item_model, &Employee_model, &Category_model, &Post_model, &Stock_model,
              &Archive_model);

const char shop_rows[] =
    "INSERT INTO customer (id, name, region, age, vip) VALUES (1, 'Ada', 'north', 36, true), (2, 'Bob', 'south', NULL, NULL), "
    "(3, 'Cyd', 'north', 20, false), (7, 'Dan', 'south', 50, true), (8, 'Eve', 'west', NULL, NULL); "
    "INSERT INTO orders (id, customer_id, state, total, created) VALUES "
    "(1, 1, 'paid', '700.00', '2026-10-05 08:00:00.000000'), (2, 1, 'sent', '40.00', '2026-11-03 09:00:00.000000'), "
    "(3, 3, 'paid', '600.50', '2026-11-03 10:00:00.000000'), (4, 2, 'paid', '300.00', '2026-11-10 00:00:00.000000'), "
    "(5, 2, 'paid', '100.00', '2026-11-20 12:00:00.000000'), (6, 7, 'unpaid', '250.00', '2999-01-01 00:00:00.000000'), "
    "(7, 7, 'done', '30.00', '2026-09-01 00:00:00.000000'), (8, 7, 'void', '5.00', '1970-01-01 00:00:00.500000'), "
    "(9, 2, 'paid', '20.00', '2026-10-10 00:00:00.000000'), (10, 7, 'paid', '500.00', '2026-11-10 23:59:59.000000'); "
    "INSERT INTO item (id, order_id, sku, qty, price, extra) VALUES "
    "(1, 1, 'X1', 2, 12000, '{\"size\": {\"width\": 30}, \"tags\": [\"cotton\", \"new\", \"c\"], \"colour\": \"red\"}'), "
    "(2, 4, 'X1', 1, 9900, '{\"size\": {\"height\": 1}, \"tags\": [], \"colour\": \"red\"}'), "
    "(3, 3, 'X2', 5, 10000, '{\"colour\": \"red\"}'), (4, 10, 'X1', 3, 0, NULL), "
    "(5, 8, 'X9', 1, 15000, '{\"size\": {}, \"tags\": [\"cups\"], \"colour\": \"blue\"}'); "
    "INSERT INTO employee (id, name, boss_id, salary, hired) VALUES (1, 'Ada', NULL, 100, '2016-07-18'), "
    "(2, 'Bob', 1, 120, '2020-08-26'), (3, 'Cyd', 1, 90.5, '2017-01-01'), (4, 'Dan', 2, 130, '2021-01-01'); "
    "INSERT INTO category (id, parent_id, name) VALUES (7, NULL, 'all'), (8, 7, 'tools'), (9, 7, 'books'), (10, 8, 'saws'), "
    "(11, 99, 'lost'), (12, 10, 'fine'), (13, 12, 'finer'), (14, 13, 'finest'), (15, 14, 'too deep'); "
    "INSERT INTO stock (id, sku, qty) VALUES (1, 'X1', 10), (2, 'X2', 0), (3, 'X7', 3)";
