/* The models of all programs of this folder; and what gives them rows, which the test sees. */
#ifndef TESTS_SQL_PROGRAMS_SHOP_H
#define TESTS_SQL_PROGRAMS_SHOP_H

#include <stdio.h>

#include <weft/weft.h>

typedef struct money {
    int64_t cents;
} money;
static inline weft_value money_encode(const money *m) { return weft_value_int64(m->cents); }
static inline bool money_decode(const weft_value *v, money *m)
{
    m->cents = v->as.i;
    return true;
}
WEFT_TYPE(money, WEFT_INT64, money_encode, money_decode, .postgres = "bigint");

WEFT_DECLARE(Customer);
WEFT_DECLARE(Order);
WEFT_DECLARE(Item);
WEFT_DECLARE(Employee);
WEFT_DECLARE(Category);
WEFT_DECLARE(Post);
WEFT_DECLARE(Stock);
WEFT_DECLARE(Archive);
struct Customer {
    int64_t id;
    const char *name, *region;
    weft_opt_int32 age;
    weft_opt_bool vip;
    Order_list orders;
};
struct Order {
    int64_t id, customer_id;
    const char *state;
    weft_decimal total;
    weft_timestamp created;
    const Customer *customer;
    Item_list items;
};
struct Item {
    int64_t id, order_id;
    const char *sku;
    int qty;
    money price;
    weft_json extra;
};
struct Employee {
    int64_t id;
    const char *name;
    weft_opt_int64 boss_id;
    double salary;
    weft_date hired;
    const Employee *boss;
    Employee_list reports;
};
struct Category {
    int64_t id;
    weft_opt_int64 parent_id;
    const char *name;
};
struct Post {
    int64_t id;
    weft_timestamp created;
    const char *title;
    weft_array_text tags;
};
struct Stock {
    int64_t id;
    const char *sku;
    int qty;
};
struct Archive {
    int64_t id, customer_id;
    weft_decimal total;
    weft_timestamp created;
};

/* Every program is one function, whose name is made that of its file. */
void run(weft_session *s);

/* As the functions of these names without it; what they give is kept as text. */
weft_list program_session_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *options);
weft_list program_session_query(weft_session *session, const weft_model *model, const weft_query_options *options);
weft_list program_session_run(weft_session *session, const weft_statement *statement, const void *parameters);
weft_list program_session_text_rows(weft_session *session, const weft_row_type *type, const char *sql,
                                    const weft_values *parameters);
weft_list program_session_text_query(weft_session *session, const weft_model *model, const char *sql,
                                     const weft_text_query_options *options);
weft_status program_connection_fetch(weft_connection *connection, const weft_row_type *type, const weft_rows_options *options,
                                     weft_result **result, weft_list *rows, weft_error *error);
weft_status program_connection_fetch_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                          const weft_values *parameters, weft_result **result, weft_list *rows, weft_error *error);
int program_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
#ifndef PROGRAMS_SEE
#undef printf
#define printf program_printf
#define weft_session_rows program_session_rows
#define weft_session_query program_session_query
#define weft_session_run program_session_run
#define weft_session_text_rows program_session_text_rows
#define weft_session_text_query program_session_text_query
#define weft_connection_fetch program_connection_fetch
#define weft_connection_fetch_text program_connection_fetch_text
#endif

#endif
