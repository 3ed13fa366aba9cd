/* The schema from models: what it works out, and every mistake in a model with the message that mends it. */
#include "fixtures/shop.h"

#include <stdio.h>
#include <string.h>

/* ---- what is worked out ---- */

static void models_reached_by_relationships_are_taken_in(void **state)
{
    (void)state;
    assert_non_null(shop_table(&Keyword_model));
    assert_non_null(shop_table(&Member_model));
    assert_non_null(shop_table(&Profile_model));
    assert_non_null(wefti_schema_table_named(shop_schema(), "user_keyword"));
    assert_null(wefti_schema_table_named(shop_schema(), "nothing"));
}

static void referred_tables_come_first(void **state)
{
    (void)state;
    const wefti_schema *schema = shop_schema();
    for (uint16_t i = 0; i < schema->table_count; i++) {
        assert_int_equal(schema->tables[i]->index, i);
        for (uint16_t k = 0; k < schema->tables[i]->foreign_key_count; k++) {
            const wefti_foreign_key *key = &schema->tables[i]->foreign_keys[k];
            assert_true(key->target == schema->tables[i] || key->target->index < i);
            assert_false(key->in_cycle);
        }
    }
}

static const wefti_column *column_of_field(const wefti_table *table, const char *field)
{
    for (uint16_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].field->name, field) == 0)
            return &table->columns[i];
    return NULL;
}

static void columns_take_their_types_from_fields(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model), *all = shop_table(&Everything_model);
    assert_ptr_equal(user->generated, &user->columns[0]);
    assert_true(user->integer_key);
    assert_ptr_equal(user->mapper->version, column_of_field(user, "version"));
    assert_true(column_of_field(user, "age")->nullable);
    assert_false(column_of_field(user, "name")->nullable);
    assert_int_equal(column_of_field(all, "code")->length, 7);
    assert_int_equal(column_of_field(all, "code")->type, WEFT_TEXT);
    assert_int_equal(column_of_field(all, "colour")->type, WEFT_TEXT);
    assert_int_equal(column_of_field(all, "colour")->enum_count, 3);
    for (uint16_t i = 0; i < all->column_count; i++)
        assert_ptr_equal(wefti_table_column_at(all, all->columns[i].field->offset), &all->columns[i]);
    assert_null(wefti_table_column_at(all, 1));
}

static void keys_that_refer_are_not_generated(void **state)
{
    (void)state;
    const wefti_table *profile = shop_table(&Profile_model), *member = shop_table(&Member_model);
    assert_null(profile->generated);
    assert_true(profile->integer_key);
    assert_null(member->generated);
    assert_int_equal(member->key_count, 2);
    assert_false(member->integer_key);
}

static void relationships_know_their_columns_and_other_side(void **state)
{
    (void)state;
    const wefti_relation *addresses = RELATION(User, addresses), *user = RELATION(Address, user);
    assert_ptr_equal(addresses->back, user);
    assert_ptr_equal(user->back, addresses);
    assert_ptr_equal(addresses->local[0], shop_table(&User_model)->key[0]);
    assert_string_equal(addresses->remote[0]->name, "user_id");
    assert_ptr_equal(user->local[0], addresses->remote[0]);
    assert_true(addresses->to_many);
    assert_int_equal(addresses->order_count, 1);
    const wefti_relation *keywords = RELATION(User, keywords), *users = RELATION(Keyword, users);
    assert_ptr_equal(keywords->back, users);
    assert_ptr_equal(keywords->link, users->link);
    assert_ptr_equal(keywords->link_local[0], users->link_remote[0]);
    assert_null(keywords->link->model);
    const wefti_relation *parent = RELATION(Category, parent);
    assert_ptr_equal(parent->back, RELATION(Category, children));
    assert_true(shop_table(&Category_model)->self_referential);
    assert_int_equal(shop_table(&Category_model)->foreign_key_count, 1);
    const wefti_relation *entries = RELATION(Member, entries);
    assert_int_equal(entries->local_count, 2);
    assert_string_equal(entries->remote[1]->name, "member_code");
}

static void long_names_are_cut_and_stay_distinct(void **state)
{
    (void)state;
    struct Long {
        int64_t id;
        int64_t a, b;
    };
    const weft_attr attrs[] = {
        WEFT_COLUMN_(struct Long, id, .primary_key = true),
        WEFT_COLUMN_(struct Long, a, .column = "a_column_with_a_name_that_is_rather_long_for_what_it_holds_a", .index = true),
        WEFT_COLUMN_(struct Long, b, .column = "a_column_with_a_name_that_is_rather_long_for_what_it_holds_b", .index = true),
    };
    const weft_model model = {"Long", "a_table_with_a_long_name", sizeof(struct Long), attrs, 3, NULL};
    const weft_model *models[] = {&model};
    wefti_schema *schema;
    weft_error error;
    assert_int_equal(wefti_schema_new(&(weft_metadata){.models = models, .count = 1}, &schema, &error), WEFT_OK);
    const wefti_index *indexes = schema->tables[0]->indexes;
    assert_int_equal(strlen(indexes[0].name), 63);
    assert_string_not_equal(indexes[0].name, indexes[1].name);
    wefti_schema_free(schema);
}

static void an_empty_schema_is_one(void **state)
{
    (void)state;
    wefti_schema *schema;
    assert_int_equal(wefti_schema_new(NULL, &schema, NULL), WEFT_OK);
    assert_int_equal(schema->table_count, 0);
    assert_null(wefti_schema_table(schema, &User_model));
    wefti_schema_free(schema);
}

/* ---- mistakes ---- */

typedef struct Thing Thing;
typedef struct Thing_list {
    const Thing *const *items;
    size_t count;
} Thing_list;
struct Thing {
    int64_t id;
    int64_t other;
    const char *name;
    weft_opt_int64 optional;
    char code[4];
    bool flag;
    int number, count;
    double real;
    weft_decimal price;
    weft_bits bits;
    const Thing *thing;
    Thing_list things;
    const Address *address;
    Address_list addresses;
    Keyword_list keywords;
    User_list users;
};

static void expect_bad_model(const weft_attr *attrs, size_t count, const char *table, const char *part, int line)
{
    const weft_model model = {"Thing", table, sizeof(Thing), attrs, count, NULL};
    const weft_model *models[] = {&model};
    wefti_schema *schema = NULL;
    weft_error error = {0};
    weft_status status = wefti_schema_new(&(weft_metadata){.models = models, .count = 1}, &schema, &error);
    if (status != WEFT_ERROR_MODEL || strstr(error.message, part) == NULL) {
        print_error("got %s \"%s\", expected \"%s\"\n", weft_status_name(status), error.message, part);
        _fail(__FILE__, line);
    }
    assert_null(schema);
}

#define BAD_TABLE(table, part, ...) \
    do { \
        const weft_attr attrs_[] = {__VA_ARGS__}; \
        expect_bad_model(attrs_, sizeof attrs_ / sizeof attrs_[0], table, part, __LINE__); \
    } while (0)
#define BAD(part, ...) BAD_TABLE("thing", part, __VA_ARGS__)
#define KEY WEFT_COLUMN(Thing, id, .primary_key = true)

static void names_are_checked(void **state)
{
    (void)state;
    BAD_TABLE("", "Thing: the name of the table is empty", KEY);
    BAD_TABLE("a_name_of_more_than_sixty_three_bytes_is_cut_by_postgresql_silently", "at most 63 are portable", KEY);
    BAD_TABLE("caf\xe9", "not valid UTF-8", KEY);
    BAD("Thing.name: the name of the column is empty", KEY, WEFT_COLUMN(Thing, name, .column = ""));
    BAD("the column \"ID\" is mapped by id too", KEY, WEFT_COLUMN(Thing, name, .column = "ID"));
    BAD("Thing.id: the field is mapped twice", KEY, WEFT_COLUMN(Thing, id, .column = "again"));
    BAD("no primary key", WEFT_COLUMN(Thing, name));
    BAD_TABLE("address", "is mapped by Thing already", KEY, WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other"));
}

static void columns_that_cannot_hold_null_say_what_can(void **state)
{
    (void)state;
    BAD("Thing.other: a plain field cannot hold NULL; make it weft_opt_int64", KEY, WEFT_COLUMN(Thing, other, .nullable = true));
    BAD("Thing.code: a char array cannot hold NULL; make the field const char *", KEY, WEFT_COLUMN(Thing, code, .nullable = true));
    BAD("a primary key cannot be NULL", WEFT_COLUMN(Thing, optional, .primary_key = true));
    BAD("a primary key cannot be NULL", WEFT_COLUMN(Thing, name, .primary_key = true, .nullable = true));
}

static void defaults_of_plain_numbers_say_what_zero_means(void **state)
{
    (void)state;
    BAD("Thing.number: a plain number with .server_default cannot say whether zero was meant; make it weft_opt_int32, or set "
        ".zero_is_unset",
        KEY, WEFT_COLUMN(Thing, number, .server_default = "5"));
    BAD("a plain bool with .server_default", KEY, WEFT_COLUMN(Thing, flag, .server_default = "true"));
    BAD("a plain number with .server_default", KEY, WEFT_COLUMN(Thing, real, .server_default = "1.5"));
    BAD(".server_default is empty", KEY, WEFT_COLUMN(Thing, name, .server_default = ""));
}

static void options_apply_to_their_types_only(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "a"}, *const holes[] = {"a", NULL};
    BAD("is said by .sql_type = \"bit(5)\" or \"varbit(5)\"", KEY, WEFT_COLUMN(Thing, bits, .length = 5));
    BAD(".length applies to text only", KEY, WEFT_COLUMN(Thing, other, .length = 5));
    BAD(".length 4 does not fit char[4]", KEY, WEFT_COLUMN(Thing, code, .length = 4));
    BAD(".precision and .scale apply to weft_decimal only", KEY, WEFT_COLUMN(Thing, real, .precision = 5));
    BAD("precision 2, scale 3", KEY, WEFT_COLUMN(Thing, price, .precision = 2, .scale = 3));
    BAD(".version needs a plain integer", KEY, WEFT_COLUMN(Thing, name, .version = true));
    BAD("two .version columns", KEY, WEFT_COLUMN(Thing, number, .version = true), WEFT_COLUMN(Thing, other, .version = true));
    BAD(".not_generated applies to primary keys only", KEY, WEFT_COLUMN(Thing, other, .not_generated = true));
    BAD("the enum has the name \"a\" twice (values 0 and 2)", KEY, WEFT_ENUM(Thing, number, names));
    BAD("name 1 of the enum is NULL", KEY, WEFT_ENUM(Thing, number, holes));
}

static void bad_counting_is_reported(void **state)
{
    (void)state;
    BAD(".identity, .counting and .sequence belong to integers", KEY, WEFT_COLUMN(Thing, name, .identity = true));
    BAD(".server_default and .generated would give it other values", KEY,
        WEFT_COLUMN(Thing, number, .identity = true, .server_default = "1", .zero_is_unset = true));
    BAD(".server_default and .generated would give it other values", KEY,
        WEFT_COLUMN(Thing, number, .identity_always = true, .generated = "1"));
    BAD(".counting belongs to a generated key or an .identity column", KEY, WEFT_COLUMN(Thing, number, .counting.start = 5));
    BAD(".sequence is the column's default", KEY, WEFT_COLUMN(Thing, number, .sequence = "s", .identity = true));
    BAD(".sequence is the column's default", KEY, WEFT_COLUMN(Thing, number, .sequence = "s", .counting.cycle = true));
    BAD(".autoincrement belongs to a generated key", KEY, WEFT_COLUMN(Thing, number, .autoincrement = true));
    BAD(".autoincrement belongs to a generated key",
        WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true, .autoincrement = true));
    BAD("the database counts a key that is one integer", KEY,
        WEFT_COLUMN(Thing, number, .primary_key = true, .autoincrement = true));
    BAD("no model declares the sequence \"s\"; add WEFT_SEQUENCE(Thing, \"s\")", KEY, WEFT_COLUMN(Thing, number, .sequence = "s"));
    BAD("a column that is counted is never NULL", KEY, WEFT_COLUMN(Thing, optional, .identity = true));
    BAD(".not_generated says that the program gives the key",
        WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true, .identity = true));
    BAD("the database counts a key that is one integer", KEY, WEFT_COLUMN(Thing, number, .primary_key = true, .identity = true));
    BAD("the database counts a key that is one integer",
        WEFT_COLUMN(Thing, id, .primary_key = true, .references = "thing.id", .counting.start = 3));
    BAD("a key of several columns is the program's to give", KEY, WEFT_SEQUENCE(Thing, "s"),
        WEFT_COLUMN(Thing, number, .primary_key = true, .sequence = "s"));
    BAD(".counting.minimum (9) must be less than .counting.maximum (5)", KEY,
        WEFT_COLUMN(Thing, number, .identity = true, .counting = {.minimum = 9, .maximum = 5}));
    BAD(".counting.start (7) must lie between .counting.minimum (1) and .counting.maximum (5)", KEY,
        WEFT_COLUMN(Thing, number, .identity = true, .counting = {.start = 7, .maximum = 5}));
    BAD("which the column can hold", KEY, WEFT_COLUMN(Thing, number, .identity = true, .counting.maximum = 4000000000));
    BAD(".counting.cache must be 1 or more", KEY, WEFT_SEQUENCE(Thing, "s", .counting.cache = -1));
    BAD("is said to be zero, and is another one", KEY, WEFT_SEQUENCE(Thing, "s", .counting = {.start = 1, .start_is_zero = true}));
    BAD("WEFT_SEQUENCE takes .counting", KEY, WEFT_SEQUENCE(Thing, "s", .identity = true));
    BAD("have the same name, \"thing\"", KEY, WEFT_SEQUENCE(Thing, "thing"));
    BAD("have the same name, \"s\"", KEY, WEFT_SEQUENCE(Thing, "s"), WEFT_SEQUENCE(Thing, "s"));
    BAD("the name of the sequence is empty", KEY, WEFT_SEQUENCE(Thing, ""));
}

static void foreign_keys_lead_somewhere(void **state)
{
    (void)state;
    BAD(".references \"user_account\" is not \"table.column\"", KEY, WEFT_COLUMN(Thing, other, .references = "user_account"));
    BAD("there is no table \"nowhere\"", KEY, WEFT_COLUMN(Thing, other, .references = "nowhere.id"));
    BAD("the table \"thing\" has no column \"nothing\"", KEY, WEFT_COLUMN(Thing, other, .references = "thing.nothing"));
    BAD("have different types", KEY, WEFT_COLUMN(Thing, name, .references = "thing.id"));
    BAD(".on_delete \"cascade\" is none of", KEY, WEFT_COLUMN(Thing, other, .references = "thing.id", .on_delete = "cascade"));
    BAD(".on_delete and .on_update belong to .references", KEY, WEFT_COLUMN(Thing, other, .on_delete = "CASCADE"));
    BAD("on_delete \"SET NULL\" needs a column that can be NULL", KEY,
        WEFT_COLUMN(Thing, other, .references = "thing.id", .on_delete = "SET NULL"));
    BAD("2 columns refer to 1 columns", KEY, WEFT_COLUMN(Thing, other), WEFT_COLUMN(Thing, number),
        WEFT_FOREIGN_KEY(Thing, "other, number", "thing(id)"));
    BAD("is not \"table(column, …)\"", KEY, WEFT_COLUMN(Thing, other), WEFT_FOREIGN_KEY(Thing, "other", "thing"));
    BAD("the table \"thing\" has no column \"nothing\"", KEY, WEFT_FOREIGN_KEY(Thing, "nothing", "thing(id)"));
    BAD("the table \"thing\" has no column \"nothing\"", KEY, WEFT_UNIQUE(Thing, "id, nothing"));
    BAD("is named twice", KEY, WEFT_INDEX(Thing, "id, id"));
    BAD(".deferrable and .initially_deferred belong to .references or .unique", KEY,
        WEFT_COLUMN(Thing, other, .initially_deferred = true));
    BAD("indexes are never deferrable", KEY, WEFT_INDEX(Thing, "id", .deferrable = true));
    BAD("indexes are never deferrable", KEY, WEFT_UNIQUE(Thing, "lower(name)", .name = "x", .deferrable = true));
    BAD(".nulls_not_distinct is said of what is unique", KEY, WEFT_INDEX(Thing, "id", .nulls_not_distinct = true));
    static const char *const values[] = {"a", "b"}, *const others[] = {"a", "c"};
    BAD("the name of the schema is empty", KEY, WEFT_OPTIONS(Thing, .schema = ""));
    BAD("there is no table \"elsewhere.thing\"", KEY, WEFT_COLUMN(Thing, number, .references = "elsewhere.thing.id"));
    BAD("there is no table \"other\"", KEY, WEFT_OPTIONS(Thing, .schema = "here"), WEFT_FOREIGN_KEY(Thing, "id", "other(id)"));
    BAD(".stored belongs to .generated", KEY, WEFT_COLUMN(Thing, other, .stored = true));
    BAD(".generated is empty", KEY, WEFT_COLUMN(Thing, other, .generated = ""));
    BAD("a column of the primary key cannot be computed", WEFT_COLUMN(Thing, id, .primary_key = true, .generated = "1"));
    BAD("cannot be computed", KEY, WEFT_COLUMN(Thing, number, .version = true, .generated = "1"));
    BAD("a computed column is never given", KEY, WEFT_COLUMN(Thing, other, .server_default = "''", .generated = "'x'"));
    BAD("a computed column cannot refer to another one", KEY,
        WEFT_COLUMN(Thing, number, .references = "thing.id", .generated = "1"));
    BAD("the computed column \"number\" cannot refer to \"thing.id\"", KEY, WEFT_COLUMN(Thing, number, .generated = "1"),
        WEFT_FOREIGN_KEY(Thing, "number", "thing(id)"));
    BAD(".native_enum belongs to WEFT_ENUM", KEY, WEFT_COLUMN(Thing, other, .native_enum = "kind"));
    BAD(".native_enum names the type, .sql_type too", KEY,
        WEFT_ENUM(Thing, number, values, .native_enum = "kind", .sql_type = "kind"));
    BAD("the type \"kind\" has other values in Thing.number", KEY, WEFT_ENUM(Thing, number, values, .native_enum = "kind"),
        WEFT_ENUM(Thing, count, others, .native_enum = "kind"));
    BAD("the type of \"thing\"", KEY, WEFT_ENUM(Thing, number, values, .native_enum = "thing"));
    BAD("an index of expressions has no name by itself", KEY, WEFT_INDEX(Thing, "id, lower(name)"));
    BAD("the rule of WEFT_EXCLUDE is empty", KEY, WEFT_EXCLUDE(Thing, ""));
    BAD(".include \"id,\" is no list of columns", KEY, WEFT_INDEX(Thing, "id", .include = "id,"));
    BAD("the table \"thing\" has no column \"nothing\"", KEY, WEFT_INDEX(Thing, "id", .include = "nothing"));
    BAD("the table \"thing\" has no column \"nothing\"", KEY, WEFT_PRIMARY_KEY(Thing, .include = "nothing"));
    BAD(".include \"\" is no list of columns", KEY, WEFT_PRIMARY_KEY(Thing, .include = ""));
    BAD("the model has WEFT_PRIMARY_KEY twice", KEY, WEFT_PRIMARY_KEY(Thing, .comment = "a"),
        WEFT_PRIMARY_KEY(Thing, .comment = "b"));
    BAD("WEFT_PRIMARY_KEY takes .name, .include", KEY, WEFT_PRIMARY_KEY(Thing, .deferrable = true));
    BAD("the columns of the key are those with .primary_key", KEY, WEFT_PRIMARY_KEY(Thing, .columns = "id"));
    BAD("have the same name, \"X\"", KEY, WEFT_PRIMARY_KEY(Thing, .name = "x"), WEFT_UNIQUE(Thing, "id", .name = "X"));
    BAD(".storage, .tablespace and .include belong to", KEY, WEFT_CHECK(Thing, "id > 0", .storage = "fillfactor = 70"));
    BAD(".storage, .tablespace and .include belong to", KEY, WEFT_COLUMN(Thing, number, .index = true, .tablespace = "fast"));
    BAD("those of an exclusion stand in its text", KEY, WEFT_EXCLUDE(Thing, "USING gist (id WITH =)", .include = "id"));
    static const char *const no_storage[] = {"",       " ",    ",",      "fillfactor =", "fillfactor = 70,", "= 70", "a = 1 b = 2",
                                             "a = 'b", "a; b", "a = 1)", "a = (1)"};
    for (size_t i = 0; i < sizeof no_storage / sizeof no_storage[0]; i++) {
        const weft_attr bad = {.kind = WEFT_ATTR_INDEX, .columns = "id", .storage = no_storage[i]};
        BAD("is no list of parameters, such as \"fillfactor = 70\"", KEY, bad);
        const weft_model_options options = {.storage = no_storage[i]};
        const weft_attr of_table = {.kind = WEFT_ATTR_OPTIONS, .size = sizeof(Thing), .options = &options};
        BAD("is no list of parameters, such as \"fillfactor = 70\"", KEY, of_table);
    }
    BAD("tablespace", KEY, WEFT_INDEX(Thing, "id", .tablespace = ""));
    static const char *const no_parts[] = {
        "",       " ",         ",",          "lower(id",     "(id",        "\"id",          "id NULLS",
        "id a b", "id DESC x", "id COLLATE", "id COLLATE ,", "id NULLS x", "lower('a(),id", "id,"};
    for (size_t i = 0; i < sizeof no_parts / sizeof no_parts[0]; i++) {
        const weft_attr bad = {.kind = WEFT_ATTR_INDEX, .columns = no_parts[i]};
        BAD("no list of at most 8 columns", KEY, bad);
    }
    BAD("no list of at most 8 columns", KEY, WEFT_INDEX(Thing, "id,,"));
    BAD("have the same name, \"X\"", KEY, WEFT_INDEX(Thing, "id", .name = "x"), WEFT_UNIQUE(Thing, "id", .name = "X"));
    BAD("the condition of WEFT_CHECK is empty", KEY, WEFT_CHECK(Thing, ""));
}

static void relationships_name_columns_that_exist(void **state)
{
    (void)state;
    BAD("Thing.addresses: the table \"address\" has no column \"thing_id\"", KEY,
        WEFT_HAS_MANY(Thing, addresses, Address, .foreign_key = "thing_id"));
    BAD("\"address.user_id\" refers to the table \"user_account\", not to \"thing\"", KEY,
        WEFT_HAS_MANY(Thing, addresses, Address, .foreign_key = "user_id"));
    BAD("Thing.addresses: no column of \"address\" refers to \"thing\"; name one by .foreign_key", KEY,
        WEFT_HAS_MANY(Thing, addresses, Address));
    BAD("both \"other\" and \"optional\" of \"thing\" refer to \"address\"", KEY,
        WEFT_COLUMN(Thing, other, .references = "address.id"), WEFT_COLUMN(Thing, optional, .references = "address.id"),
        WEFT_BELONGS_TO(Thing, address, Address));
    BAD("have different types", KEY, WEFT_COLUMN(Thing, name), WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "name"));
    BAD(".foreign_key names 2 columns, but the primary key of \"address\" has 1", KEY, WEFT_COLUMN(Thing, other),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "id, other"));
    BAD("the table \"keyword\" has no column \"nothing\"", KEY,
        WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "tk(a, b)", .order_by = "nothing"));
    BAD(".order_by applies to collections only", KEY, WEFT_COLUMN(Thing, other),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other", .order_by = "id"));
    BAD("WEFT_CASCADE_DELETE_ORPHAN belongs to the side of the one owner", KEY, WEFT_COLUMN(Thing, other),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other", .cascade = WEFT_CASCADE_DELETE_ORPHAN));
    BAD("the field is mapped twice", KEY, WEFT_COLUMN(Thing, other),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other"),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other"));
}

static void link_tables_are_checked(void **state)
{
    (void)state;
    BAD("needs .through", KEY, WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .lazy = WEFT_LOAD_LAZY));
    BAD(".through \"tk(a)\" is not \"table(", KEY, WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "tk(a)"));
    BAD(".through \"tk(a; b, c)\" is not \"table(", KEY, WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "tk(a; b, c)"));
    BAD(".through has the column \"a\" twice", KEY, WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "tk(a, a)"));
    BAD("is one of the two ends", KEY, WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "keyword(id, word)"));
    BAD("the table \"address\" has no column \"thing_id\"", KEY,
        WEFT_MANY_TO_MANY(Thing, users, User, .through = "address(thing_id, user_id)"));
    BAD(".foreign_key does not apply", KEY, WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "tk(a, b)", .foreign_key = "a"));
}

static void both_sides_must_agree(void **state)
{
    (void)state;
    BAD("Address has no relationship \"thing\"", KEY, WEFT_COLUMN(Thing, other),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other", .back_populates = "thing"));
    BAD("Address.user leads to User, not back to Thing", KEY, WEFT_COLUMN(Thing, other),
        WEFT_BELONGS_TO(Thing, address, Address, .foreign_key = "other", .back_populates = "user"));
}

/* Both sides lie in one model here, so the target is the model itself. */
static void sides_of_one_model_must_agree(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        weft_attr attrs[] = {KEY,
                             WEFT_COLUMN(Thing, optional),
                             WEFT_COLUMN(Thing, other),
                             {.kind = WEFT_ATTR_BELONGS_TO,
                              .field = "thing",
                              .offset = offsetof(Thing, thing),
                              .foreign_key = "optional",
                              .back_populates = "things"},
                             {.kind = WEFT_ATTR_HAS_MANY,
                              .field = "things",
                              .offset = offsetof(Thing, things),
                              .foreign_key = "optional",
                              .back_populates = "thing"}};
        const weft_model model = {"Thing", "thing", sizeof(Thing), attrs, 5, NULL};
        attrs[3].target = attrs[4].target = &model;
        static const char *const messages[] = {NULL, "joins by other columns", "both sides must name each other",
                                               "cannot be two sides of one relationship"};
        if (way == 1)
            attrs[4].foreign_key = "other";
        else if (way == 2)
            attrs[4].back_populates = "things";
        else if (way == 3)
            attrs[4].kind = WEFT_ATTR_BELONGS_TO;
        const weft_model *models[] = {&model};
        wefti_schema *schema;
        weft_error error = {0};
        weft_status status = wefti_schema_new(&(weft_metadata){.models = models, .count = 1}, &schema, &error);
        assert_int_equal(status, way == 0 ? WEFT_OK : WEFT_ERROR_MODEL);
        if (way > 0 && strstr(error.message, messages[way]) == NULL)
            fail_msg("%s", error.message);
        wefti_schema_free(schema);
    }
}

static void metadata_names_its_holes(void **state)
{
    (void)state;
    const weft_model *models[] = {&User_model, NULL};
    wefti_schema *schema;
    weft_error error;
    assert_int_equal(wefti_schema_new(&(weft_metadata){.models = models, .count = 2}, &schema, &error), WEFT_ERROR_MODEL);
    assert_string_equal(error.message, "metadata: model 2 of the list is NULL");
}

static void more_than_64_relationships_are_refused(void **state)
{
    (void)state;
    weft_attr attrs[66] = {KEY};
    for (int i = 1; i < 66; i++)
        attrs[i] = (weft_attr)WEFT_HAS_MANY(Thing, addresses, Address, .foreign_key = "user_id");
    expect_bad_model(attrs, 66, "thing", "has 65 relationships; at most 64", __LINE__);
}

#define VIEW WEFT_OPTIONS(Thing, .view = "SELECT 1 AS id")
#define KEPT WEFT_OPTIONS(Thing, .view = "SELECT 1 AS id", .materialized = true)

static void views_have_what_can_be_read_and_nothing_else(void **state)
{
    (void)state;
    BAD("Thing: .view is empty; write the SELECT, or .existing_view", KEY, WEFT_OPTIONS(Thing, .view = " \n"));
    BAD(".materialized belongs to .view", KEY, WEFT_OPTIONS(Thing, .materialized = true));
    BAD(".existing_view has no .view", KEY, WEFT_OPTIONS(Thing, .existing_view = true, .view = "SELECT 1 AS id"));
    BAD_TABLE("user_account", ".view_of is another model of one table", KEY,
              WEFT_OPTIONS(Thing, .view = "SELECT 1", .view_of = &User_model));
    BAD("set .primary_key = true on the columns that tell the view's rows apart", WEFT_COLUMN(Thing, id), VIEW);
    BAD(".guard is of updates", KEY, WEFT_OPTIONS(Thing, .existing_view = true, .guard = WEFT_GUARD_LOADED));
    BAD("a view has no WEFT_UNIQUE", KEY, VIEW, WEFT_UNIQUE(Thing, "id"));
    BAD("a view has no WEFT_CHECK", KEY, KEPT, WEFT_CHECK(Thing, "id > 1"));
    BAD("a view has no WEFT_EXCLUDE", KEY, KEPT, WEFT_EXCLUDE(Thing, "USING gist (id WITH =)"));
    BAD("a view has no indexes, but one that is .materialized", KEY, VIEW, WEFT_INDEX(Thing, "id"));
    BAD("Thing.name: a view has no indexes", KEY, VIEW, WEFT_COLUMN(Thing, name, .index = true));
    BAD("Thing.name: .unique, .server_default", KEY, KEPT, WEFT_COLUMN(Thing, name, .unique = true));
    BAD("Thing.name: .unique, .server_default, .generated", KEY, VIEW, WEFT_COLUMN(Thing, name, .generated = "'x'"));
    BAD("Thing.number: .unique, .server_default", KEY, VIEW, WEFT_COLUMN(Thing, number, .version = true));
    BAD("Thing.addresses: the rows of a view are only read: leave .cascade out", KEY, VIEW,
        WEFT_HAS_MANY(Thing, addresses, Address, .foreign_key = "user_id", .cascade = WEFT_CASCADE_ALL));
    BAD("Thing.keywords: .through \"between\" is no table of a model", KEY, VIEW,
        WEFT_MANY_TO_MANY(Thing, keywords, Keyword, .through = "between"));
    BAD("have different types", KEY, VIEW, WEFT_HAS_MANY(Thing, addresses, Address, .foreign_key = "email"));
}

WEFT_DECLARE(Seen);
struct Seen {
    int64_t id;
};
WEFT_MODEL(Seen, "seen", WEFT_COLUMN(Seen, id, .primary_key = true), WEFT_OPTIONS(Seen, .existing_view = true));

static void no_foreign_key_leads_to_a_view(void **state)
{
    static const weft_attr by_column[] = {KEY, WEFT_COLUMN(Thing, other, .references = "seen.id")};
    static const weft_attr by_entry[] = {KEY, WEFT_COLUMN(Thing, other), WEFT_FOREIGN_KEY(Thing, "other", "seen(id)")};
    (void)state;
    for (int i = 0; i < 2; i++) {
        const weft_model model = {"Thing", "thing", sizeof(Thing), i == 0 ? by_column : by_entry, i == 0 ? 2 : 3, NULL};
        const weft_model *models[] = {&model, &Seen_model};
        wefti_schema *schema = NULL;
        weft_error error = {0};
        assert_int_equal(wefti_schema_new(&(weft_metadata){.models = models, .count = 2}, &schema, &error), WEFT_ERROR_MODEL);
        assert_non_null(strstr(error.message, "no foreign key leads to \"seen\", which is a view"));
        assert_null(schema);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_counting_is_reported),
        cmocka_unit_test(models_reached_by_relationships_are_taken_in),
        cmocka_unit_test(referred_tables_come_first),
        cmocka_unit_test(columns_take_their_types_from_fields),
        cmocka_unit_test(keys_that_refer_are_not_generated),
        cmocka_unit_test(relationships_know_their_columns_and_other_side),
        cmocka_unit_test(long_names_are_cut_and_stay_distinct),
        cmocka_unit_test(an_empty_schema_is_one),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(columns_that_cannot_hold_null_say_what_can),
        cmocka_unit_test(defaults_of_plain_numbers_say_what_zero_means),
        cmocka_unit_test(options_apply_to_their_types_only),
        cmocka_unit_test(foreign_keys_lead_somewhere),
        cmocka_unit_test(relationships_name_columns_that_exist),
        cmocka_unit_test(link_tables_are_checked),
        cmocka_unit_test(both_sides_must_agree),
        cmocka_unit_test(sides_of_one_model_must_agree),
        cmocka_unit_test(metadata_names_its_holes),
        cmocka_unit_test(more_than_64_relationships_are_refused),
        cmocka_unit_test(views_have_what_can_be_read_and_nothing_else),
        cmocka_unit_test(no_foreign_key_leads_to_a_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
