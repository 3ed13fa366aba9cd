/* The models of these tests. */
#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

WEFT_MODEL(User, "user_account",
    WEFT_COLUMN(User, id, .primary_key = true),
    WEFT_COLUMN(User, name, .length = 30, .index = true),
    WEFT_COLUMN(User, fullname, .nullable = true),
    WEFT_COLUMN(User, age),
    WEFT_COLUMN(User, active, .server_default = "true", .zero_is_unset = true),
    WEFT_COLUMN(User, version, .version = true),
    WEFT_HAS_MANY(User, addresses, Address, .foreign_key = "user_id", .back_populates = "user", .order_by = "id",
                  .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN),
    WEFT_MANY_TO_MANY(User, keywords, Keyword, .through = "user_keyword(user_id, keyword_id)", .back_populates = "users"),
    WEFT_HAS_ONE(User, profile, Profile, .back_populates = "user"));

WEFT_MODEL(Profile, "profile",
    WEFT_COLUMN(Profile, user_id, .primary_key = true, .references = "user_account.id"),
    WEFT_COLUMN(Profile, text),
    WEFT_BELONGS_TO(Profile, user, User, .foreign_key = "user_id", .back_populates = "profile"));

WEFT_MODEL(Address, "address",
    WEFT_COLUMN(Address, id, .primary_key = true),
    WEFT_COLUMN(Address, email, .unique = true),
    WEFT_COLUMN(Address, user_id, .references = "user_account.id", .on_delete = "CASCADE"),
    WEFT_BELONGS_TO(Address, user, User, .back_populates = "addresses"));

WEFT_MODEL(Keyword, "keyword",
    WEFT_COLUMN(Keyword, id, .primary_key = true),
    WEFT_COLUMN(Keyword, word, .unique = true),
    WEFT_MANY_TO_MANY(Keyword, users, User, .through = "user_keyword(keyword_id, user_id)", .back_populates = "keywords"));

WEFT_MODEL(Category, "category",
    WEFT_COLUMN(Category, id, .primary_key = true),
    WEFT_COLUMN(Category, name),
    WEFT_COLUMN(Category, parent_id),
    WEFT_BELONGS_TO(Category, parent, Category, .foreign_key = "parent_id", .back_populates = "children"),
    WEFT_HAS_MANY(Category, children, Category, .foreign_key = "parent_id", .back_populates = "parent"));

WEFT_MODEL(Member, "member",
    WEFT_COLUMN(Member, group_id, .primary_key = true),
    WEFT_COLUMN(Member, code, .primary_key = true),
    WEFT_COLUMN(Member, name),
    WEFT_HAS_MANY(Member, entries, Entry, .back_populates = "member"),
    WEFT_UNIQUE(Member, "group_id, name"),
    WEFT_INDEX(Member, "name, code DESC", .where = "group_id > 0"),
    WEFT_CHECK(Member, "group_id > 0"));

WEFT_MODEL(Entry, "entry",
    WEFT_COLUMN(Entry, id, .primary_key = true),
    WEFT_COLUMN(Entry, member_group),
    WEFT_COLUMN(Entry, member_code),
    WEFT_FOREIGN_KEY(Entry, "member_group, member_code", "member(group_id, code)", .on_delete = "CASCADE"),
    WEFT_BELONGS_TO(Entry, member, Member, .foreign_key = "member_group, member_code", .back_populates = "entries"));

static const char *const colour_names[] = { "red", "green", "it's blue" };

WEFT_MODEL(Everything, "everything",
    WEFT_COLUMN(Everything, id, .primary_key = true),
    WEFT_COLUMN(Everything, small),
    WEFT_COLUMN(Everything, medium),
    WEFT_COLUMN(Everything, large),
    WEFT_COLUMN(Everything, unsigned_number),
    WEFT_COLUMN(Everything, real),
    WEFT_COLUMN(Everything, precise),
    WEFT_COLUMN(Everything, flag),
    WEFT_COLUMN(Everything, text, .length = 5),
    WEFT_COLUMN(Everything, code),
    WEFT_COLUMN(Everything, data, .nullable = true),
    WEFT_COLUMN(Everything, at, .server_default = "CURRENT_TIMESTAMP"),
    WEFT_COLUMN(Everything, day),
    WEFT_COLUMN(Everything, hour),
    WEFT_COLUMN(Everything, price, .precision = 12, .scale = 2),
    WEFT_COLUMN(Everything, document, .nullable = true),
    WEFT_ENUM(Everything, colour, colour_names));

WEFT_MODEL(Order, "order",
    WEFT_COLUMN(Order, id, .primary_key = true),
    WEFT_COLUMN(Order, mixed, .column = "MixedCase"),
    WEFT_COLUMN(Order, odd, .column = "it's \"100%\" (odd)? :x"),
    WEFT_COLUMN(Order, user, .references = "user_account.id"));

WEFT_METADATA(shop, &Address_model, &User_model, &Category_model, &Entry_model, &Everything_model, &Order_model);

const wefti_schema *shop_schema(void)
{
    static wefti_schema *schema;
    weft_error error;
    if (schema == NULL && wefti_schema_new(&shop, &schema, &error) != WEFT_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return schema;
}

const wefti_table *shop_table(const weft_model *model)
{
    return wefti_schema_table(shop_schema(), model);
}

const wefti_relation *shop_relation(const weft_model *model, const char *field)
{
    const wefti_table *table = shop_table(model);
    for (uint16_t i = 0; i < table->relation_count; i++)
        if (strcmp(table->relations[i].field, field) == 0)
            return &table->relations[i];
    fprintf(stderr, "%s has no relationship %s\n", model->name, field);
    exit(1);
}

static const wefti_dialect *const dialects[] = { &wefti_dialect_sqlite, &wefti_dialect_postgres };

static void to_postgres(char *text, size_t size, const char *sqlite)
{
    (void)snprintf(text, size, "%s", sqlite);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '?' && c[1] >= '1' && c[1] <= '9')
            *c = '$';
}

void expect_statement(const wefti_statement_data *data, const char *sqlite, const char *postgres, const char *file, int line)
{
    char text[4096];
    to_postgres(text, sizeof text, sqlite);
    const char *expected[] = { sqlite, postgres != NULL ? postgres : text };
    for (size_t i = 0; i < 2; i++) {
        weft_error error = { 0 };
        wefti_shape shape;
        wefti_compiled *compiled = NULL;
        weft_status status = wefti_shape_init(&shape, shop_schema(), dialects[i], data, &error);
        if (status == WEFT_OK)
            status = wefti_compile(shop_schema(), dialects[i], data, &shape, &compiled, &error);
        if (status != WEFT_OK) {
            print_error("%s: %s\n", weft_status_name(status), error.message);
            _fail(file, line);
        }
        _assert_string_equal(compiled->statement.sql, expected[i], file, line);
        _assert_int_equal(strlen(compiled->statement.sql), compiled->statement.sql_size, file, line);
        if (data->kind != WEFTI_KIND_DML)
            _assert_int_equal(compiled->statement.parameter_count, shape.value_count, file, line);
        wefti_compiled_free(compiled);
        wefti_shape_deinit(&shape);
    }
}

void expect_failure(const wefti_statement_data *data, weft_status status, const char *part, const char *file, int line)
{
    for (size_t i = 0; i < 2; i++) {
        weft_error error = { 0 };
        wefti_shape shape;
        wefti_compiled *compiled = NULL;
        weft_status got = wefti_shape_init(&shape, shop_schema(), dialects[i], data, &error);
        if (got == WEFT_OK)
            got = wefti_compile(shop_schema(), dialects[i], data, &shape, &compiled, &error);
        if (got == WEFT_OK)
            got = wefti_shape_bind(&shape, compiled, &error);
        if (got != status || strstr(error.message, part) == NULL) {
            print_error("got %s \"%s\", expected %s with \"%s\"\n", weft_status_name(got), error.message, weft_status_name(status),
                        part);
            _fail(file, line);
        }
        wefti_compiled_free(compiled);
        wefti_shape_deinit(&shape);
    }
}

void expect_condition(const weft_model *model, const weft_expr *where, const char *sqlite, const char *postgres, const char *file,
                      int line)
{
    const wefti_table *table = shop_table(model);
    const weft_expr column = { .op = WEFT_EXPR_COLUMN, .model = model, .offset = table->key[0]->offset };
    char head[256], texts[2][4096];
    (void)snprintf(head, sizeof head, "SELECT %s.%s FROM %s%s", table->name, table->key[0]->name, table->name,
                   sqlite[0] != '\0' ? " WHERE " : "");
    (void)snprintf(texts[0], sizeof texts[0], "%s%s", head, sqlite);
    (void)snprintf(texts[1], sizeof texts[1], "%s%s", head, postgres != NULL ? postgres : "");
    expect_statement(SELECT(.from = table, .columns = weft_columns(&column), .where = where), texts[0],
                     postgres != NULL ? texts[1] : NULL, file, line);
}

void compile_pair(compiled_pair *pair, const wefti_dialect *dialect, const wefti_statement_data *data)
{
    weft_error error = { 0 };
    pair->compiled = NULL;
    weft_status status = wefti_shape_init(&pair->shape, shop_schema(), dialect, data, &error);
    if (status == WEFT_OK)
        status = wefti_compile(shop_schema(), dialect, data, &pair->shape, &pair->compiled, &error);
    if (status != WEFT_OK)
        print_error("%s\n", error.message);
    assert_int_equal(status, WEFT_OK);
}

void free_pair(compiled_pair *pair)
{
    wefti_compiled_free(pair->compiled);
    wefti_shape_deinit(&pair->shape);
}
