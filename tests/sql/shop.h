/* The models of these tests, and how a statement is compared with the SQL that is expected of it. */
#ifndef TESTS_SQL_SHOP_H
#define TESTS_SQL_SHOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "sql/statement.h"

#include <weft/weft.h>

WEFT_DECLARE(User);
WEFT_DECLARE(Profile);
WEFT_DECLARE(Address);
WEFT_DECLARE(Keyword);
WEFT_DECLARE(Category);
WEFT_DECLARE(Member);
WEFT_DECLARE(Entry);
WEFT_DECLARE(Everything);
WEFT_DECLARE(Order);

struct User {
    int64_t id;
    const char *name;
    const char *fullname;
    weft_opt_int32 age;
    bool active;
    int32_t version;
    Address_list addresses;
    Keyword_list keywords;
    const Profile *profile;
};

struct Profile {
    int64_t user_id;
    const char *text;
    const User *user;
};

struct Address {
    int64_t id;
    const char *email;
    int64_t user_id;
    const User *user;
};

struct Keyword {
    int64_t id;
    const char *word;
    User_list users;
};

struct Category {
    int32_t id;
    const char *name;
    weft_opt_int32 parent_id;
    const Category *parent;
    Category_list children;
};

/* A composite key, and a composite foreign key to it. */
struct Member {
    int64_t group_id;
    const char *code;
    const char *name;
    Entry_list entries;
};

struct Entry {
    int64_t id;
    int64_t member_group;
    const char *member_code;
    const Member *member;
};

typedef enum Colour { RED, GREEN, BLUE } Colour;

struct Everything {
    int16_t small;
    int32_t medium;
    int64_t large;
    uint32_t unsigned_number;
    float real;
    double precise;
    bool flag;
    const char *text;
    char code[8];
    weft_bytes data;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid id;
    weft_decimal price;
    weft_json document;
    int colour;
};

/* Names that need quotes everywhere. */
struct Order {
    int64_t id;
    const char *mixed;
    const char *odd;
    int64_t user;
};

extern const weft_metadata shop;

/* Built once from shop. */
const wefti_schema *shop_schema(void);
const wefti_table *shop_table(const weft_model *model);
const wefti_relation *shop_relation(const weft_model *model, const char *field);
#define RELATION(M, f) shop_relation(&M##_model, #f)

/* SQL on SQLite, and on PostgreSQL: NULL where only the sign of the parameters differs. */
void expect_statement(const wefti_statement_data *data, const char *sqlite, const char *postgres, const char *file, int line);
void expect_failure(const wefti_statement_data *data, weft_status status, const char *part, const char *file, int line);

#define SELECT(...) \
    (&(const wefti_statement_data){ .kind = WEFTI_KIND_SELECT, .of.select = &(const wefti_select){ __VA_ARGS__ } })
#define DML(...) (&(const wefti_statement_data){ .kind = WEFTI_KIND_DML, .of.dml = &(const wefti_dml){ __VA_ARGS__ } })
#define WHERE_DML(...) \
    (&(const wefti_statement_data){ .kind = WEFTI_KIND_WHERE_DML, .of.where_dml = &(const wefti_where_dml){ __VA_ARGS__ } })
#define expect_sql(data, sqlite, postgres) expect_statement(data, sqlite, postgres, __FILE__, __LINE__)
#define expect_error(data, status, part) expect_failure(data, status, part, __FILE__, __LINE__)
/* SELECT word FROM keyword WHERE …: only what follows WHERE is given. */
void expect_condition(const weft_model *model, const weft_expr *where, const char *sqlite, const char *postgres, const char *file,
                      int line);
#define expect_where(M, where, sqlite, postgres) expect_condition(&M##_model, where, sqlite, postgres, __FILE__, __LINE__)

/* A compiled statement with its shape; assert_* where it fails. */
typedef struct compiled_pair { wefti_shape shape; wefti_compiled *compiled; } compiled_pair;
void compile_pair(compiled_pair *pair, const wefti_dialect *dialect, const wefti_statement_data *data);
void free_pair(compiled_pair *pair);

#endif
