/* The rules: their names, how bad what they find is, and what it is. docs/lint.md has them with their safe forms. */
#include "lint.h"

#include <string.h>

#define ERROR true, false
#define WARNING false, false
#define OFF false, true

const lint_rule lint_rules[LINT_RULE_COUNT] = {
    [LINT_INDEX_NOT_CONCURRENT] = {"index-not-concurrent", ERROR, "writes wait while an index is built"},
    [LINT_DROP_INDEX_NOT_CONCURRENT] = {"drop-index-not-concurrent", ERROR, "everybody waits for an index to be dropped"},
    [LINT_REINDEX_NOT_CONCURRENT] = {"reindex-not-concurrent", ERROR, "writes wait while an index is built again"},
    [LINT_CONCURRENT_IN_TRANSACTION] = {"concurrent-in-transaction", ERROR, "fails within a transaction"},
    [LINT_CONCURRENT_WITHOUT_NAME] = {"concurrent-without-name", WARNING, "an index that is left invalid is not found again"},
    [LINT_ADD_COLUMN_VOLATILE_DEFAULT] = {"add-column-volatile-default", ERROR, "the table is written anew"},
    [LINT_ADD_COLUMN_SERIAL] = {"add-column-serial", ERROR, "the table is written anew"},
    [LINT_ADD_COLUMN_GENERATED] = {"add-column-generated", ERROR, "the table is written anew"},
    [LINT_ADD_COLUMN_NOT_NULL] = {"add-column-not-null", ERROR, "fails where there are rows"},
    [LINT_ADD_COLUMN_CONSTRAINT] = {"add-column-constraint", ERROR, "the constraint is checked while nobody may use the table"},
    [LINT_SET_NOT_NULL] = {"set-not-null", ERROR, "the table is read through while nobody may use it"},
    [LINT_DROP_NOT_NULL] = {"drop-not-null", WARNING, "the old program reads NULL where it expects none"},
    [LINT_ALTER_TYPE] = {"alter-type", ERROR, "the table is written anew"},
    [LINT_ALTER_TYPE_PREPARED] = {"alter-type-prepared", WARNING, "prepared statements of running servers fail once"},
    [LINT_CHECK_NOT_VALID_MISSING] = {"check-not-valid-missing", ERROR, "the table is read through while nobody may use it"},
    [LINT_FK_NOT_VALID_MISSING] = {"fk-not-valid-missing", ERROR, "writes to both tables wait until all rows are checked"},
    [LINT_VALIDATE_SAME_TRANSACTION] = {"validate-same-transaction", ERROR, "the rows are checked under the lock that adding took"},
    [LINT_UNIQUE_CONSTRAINT] = {"unique-constraint", ERROR, "its index is built while nobody may use the table"},
    [LINT_EXCLUSION_CONSTRAINT] = {"exclusion-constraint", ERROR, "its index is built while nobody may use the table"},
    [LINT_FK_WITHOUT_INDEX] = {"fk-without-index", WARNING, "a DELETE of what is referred to reads the whole table"},
    [LINT_DROP_TABLE] = {"drop-table", ERROR, "loses data, and the old program still uses it"},
    [LINT_DROP_COLUMN] = {"drop-column", ERROR, "loses data, and the old program still names it"},
    [LINT_DROP_SCHEMA] = {"drop-schema", ERROR, "loses what is in it"},
    [LINT_DROP_DATABASE] = {"drop-database", ERROR, "loses all"},
    [LINT_DROP_VIEW] = {"drop-view", WARNING, "the old program may still read it"},
    [LINT_DROP_TYPE] = {"drop-type", WARNING, "the old program may still name it"},
    [LINT_DROP_ROUTINE] = {"drop-routine", WARNING, "the old program may still call it"},
    [LINT_DROP_SEQUENCE] = {"drop-sequence", WARNING, "the number it is at is lost"},
    [LINT_DROP_CONSTRAINT] = {"drop-constraint", WARNING, "nothing keeps out what it kept out"},
    [LINT_TRUNCATE] = {"truncate", ERROR, "loses all rows"},
    [LINT_CASCADE] = {"cascade", ERROR, "drops what the file does not name"},
    [LINT_RENAME_TABLE] = {"rename-table", ERROR, "the old program fails at once"},
    [LINT_RENAME_COLUMN] = {"rename-column", ERROR, "the old program fails at once"},
    [LINT_RENAME_SCHEMA] = {"rename-schema", ERROR, "the old program fails at once"},
    [LINT_RENAME_ENUM_VALUE] = {"rename-enum-value", ERROR, "the old program fails at once"},
    [LINT_SET_SCHEMA] = {"set-schema", ERROR, "the old program fails at once"},
    [LINT_ENUM_VALUE_POSITION] = {"enum-value-position", WARNING, "the order is not that of the models"},
    [LINT_DOMAIN_CONSTRAINT] = {"domain-constraint", WARNING, "a later change of it reads every table that uses the domain"},
    [LINT_DETACH_PARTITION] = {"detach-partition", ERROR, "nobody may use the partitioned table meanwhile"},
    [LINT_ATTACH_PARTITION] = {"attach-partition", WARNING, "the partition is read through while nobody may use it"},
    [LINT_VACUUM_FULL] = {"vacuum-full", ERROR, "the table is written anew"},
    [LINT_CLUSTER] = {"cluster", ERROR, "the table is written anew"},
    [LINT_SET_LOGGED] = {"set-logged", ERROR, "the table is written anew"},
    [LINT_SET_TABLESPACE] = {"set-tablespace", ERROR, "the table is copied"},
    [LINT_REFRESH_VIEW] = {"refresh-view", WARNING, "readers wait until it is computed"},
    [LINT_UPDATE_ALL_ROWS] = {"update-all-rows", WARNING, "all rows stay locked until the commit"},
    [LINT_DELETE_ALL_ROWS] = {"delete-all-rows", WARNING, "loses all rows"},
    [LINT_DATA_AND_DDL] = {"data-and-ddl", WARNING, "the lock of a change is held while rows are written"},
    [LINT_LOCK_TIMEOUT_OFF] = {"lock-timeout-off", ERROR, "a statement that waits lets nobody past it"},
    [LINT_LOCK_TIMEOUT_CONCURRENT] = {"lock-timeout-concurrent", ERROR,
                                      "a concurrent build is cancelled, and an invalid index is left"},
    [LINT_SET_NOT_LOCAL] = {"set-not-local", ERROR, "the setting outlives the revision"},
    [LINT_MANY_LOCKS] = {"many-locks", WARNING, "locks of several tables in one transaction may be a deadlock"},
    [LINT_LOCK_TABLE] = {"lock-table", WARNING, "others wait until the commit"},
    [LINT_TRIGGER] = {"trigger", WARNING, "writes wait for the lock that a trigger takes"},
    [LINT_ROW_SECURITY] = {"row-security", WARNING, "the old program sees other rows at once"},
    [LINT_NOT_REPEATABLE] = {"not-repeatable", WARNING, "fails where it is run a second time after a crash"},
    [LINT_DO_BLOCK] = {"do-block", WARNING, "what it does is not looked at"},
    [LINT_CALL_STEP] = {"call-step", WARNING, "what a step in C does is not looked at"},
    [LINT_IDENTIFIER_TOO_LONG] = {"identifier-too-long", ERROR, "the database cuts the name"},
    [LINT_DUPLICATE_ASSIGNMENT] = {"duplicate-assignment", ERROR, "fails"},
    [LINT_NO_PRIMARY_KEY] = {"no-primary-key", WARNING, "rows cannot be told apart, nor replicated"},
    [LINT_TYPE_JSON] = {"type-json", WARNING, "json has no equality: DISTINCT and UNION fail"},
    [LINT_TYPE_TIMESTAMP] = {"type-timestamp", OFF, "a time without its zone"},
    [LINT_TYPE_CHAR] = {"type-char", OFF, "char(n) is filled up with blanks"},
    [LINT_TYPE_SERIAL] = {"type-serial", OFF, "serial is older than identity"},
    [LINT_TYPE_INTEGER_KEY] = {"type-integer-key", OFF, "a key of 32 bits runs out"},
    [LINT_TYPE_VARCHAR] = {"type-varchar", OFF, "a length is hard to change"},
    [LINT_INDEX_MANY_COLUMNS] = {"index-many-columns", OFF, "an index of more than three columns is seldom useful"},
    [LINT_IRREVERSIBLE] = {"irreversible", WARNING, "cannot be undone"},
    [LINT_UNPARSED] = {"unparsed", WARNING, "is not looked at"},
    [LINT_LINT_COMMENT] = {"lint-comment", ERROR, "a comment for lint has a mistake"},
    [LINT_LINT_COMMENT_UNUSED] = {"lint-comment-unused", WARNING, "a comment allows what is not found"},
    [LINT_SQLITE_ADD_NEEDS_ROWS] = {"sqlite-add-needs-rows", ERROR, "fails where there are rows"},
    [LINT_SQLITE_ADD_NEVER] = {"sqlite-add-never", ERROR, "SQLite cannot add this"},
    [LINT_SQLITE_DROP_REFUSED] = {"sqlite-drop-refused", ERROR, "SQLite cannot drop this"},
    [LINT_SQLITE_FK_PRAGMA] = {"sqlite-fk-pragma", ERROR, "does nothing within a transaction"},
    [LINT_SQLITE_RENAME_FIRST] = {"sqlite-rename-first", ERROR, "references and views follow the old table"},
    [LINT_SQLITE_IN_TRANSACTION] = {"sqlite-in-transaction", ERROR, "fails within a transaction"},
    [LINT_SQLITE_REBUILD] = {"sqlite-rebuild", WARNING, "the table is copied while nobody may write"},
};

lint_id lint_rule_of(const char *id, size_t size)
{
    size_t i = 0;
    while (i < LINT_RULE_COUNT && (strlen(lint_rules[i].id) != size || strncmp(lint_rules[i].id, id, size) != 0))
        i++;
    return (lint_id)i;
}
