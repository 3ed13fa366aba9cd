/* PostgreSQL's statements, but for those that create, alter and drop. */
#include "lint.h"

#include <string.h>

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

void lint_lock(lint *l, const char *table)
{
    l->altered = true;
    if (lint_has(&l->locked, table) || !lint_is_used(l, table))
        return;
    lint_add(&l->locked, table);
    if (l->locked.count < 2 || l->told_locks)
        return;
    l->told_locks = true;
    lint_report(l, LINT_MANY_LOCKS, "one revision for each table",
                "this transaction locks %s, and %s before: who locks them the other way round and this wait for each other", table,
                l->locked.items[0]);
}

/* ---- settings ---- */

static bool is_zero(const json_t *set)
{
    const json_t *value = json_object_get(json_array_get(json_object_get(set, "args"), 0), "A_Const");
    const char *text = lint_string(json_object_get(value, "sval"), "sval");
    return json_array_size(json_object_get(set, "args")) == 0 ||
           (*text != '\0' ? strspn(text, "0") > 0 && text[strspn(text, "0msin ")] == '\0'
                          : json_object_get(value, "fval") == NULL && lint_number(json_object_get(value, "ival"), "ival") == 0);
}

static void set(lint *l, const weft_step *step, const json_t *set)
{
    const char *kind = lint_string(set, "kind"), *name = lint_string(set, "name");
    const bool local = lint_flag(set, "is_local"),
               resets = is(kind, "VAR_RESET") || is(kind, "VAR_RESET_ALL") || is(kind, "VAR_SET_DEFAULT");
    const bool timeout = is(name, "lock_timeout");
    if ((timeout && (resets || is_zero(set))) || is(kind, "VAR_RESET_ALL"))
        lint_report(l, LINT_LOCK_TIMEOUT_OFF, "leave it out: weft sets lock_timeout, and tries again",
                    "what follows waits for locks without an end, and whoever comes later waits behind it");
    else if (timeout && step->no_transaction)
        lint_report(l, LINT_LOCK_TIMEOUT_CONCURRENT, "leave it out: weft sets it to 0 there",
                    "a concurrent build waits for older transactions, is cancelled then, and leaves an invalid index");
    else if (!local && !step->no_transaction && !resets && !is(name, "TRANSACTION"))
        lint_report(l, LINT_SET_NOT_LOCAL, lint_text(l, "SET LOCAL %s = \xe2\x80\xa6", name),
                    "SET %s stays on the connection after the commit; through a pooler it is somebody else's then", name);
}

/* ---- rows ---- */

static void write_rows(lint *l, const json_t *statement, bool update)
{
    const char *table = lint_range(l, json_object_get(statement, "relation"));
    if (!lint_is_used(l, table))
        return;
    if (json_object_get(statement, "whereClause") == NULL && update)
        lint_report(l, LINT_UPDATE_ALL_ROWS,
                    lint_text(l, "-- call fill_%s, which updates some thousand rows and commits, until none is left", table),
                    "all rows of %s are written and stay locked until the commit", table);
    else if (json_object_get(statement, "whereClause") == NULL)
        lint_report(l, LINT_DELETE_ALL_ROWS, "a condition, or \"-- destructive\" and a comment that allows it",
                    "all rows of %s are lost", table);
    if (l->altered && l->locked.count > 0)
        lint_report(l, LINT_DATA_AND_DDL, "a revision of its own, after the one that changes the table",
                    "the lock of %s is held while rows of %s are written", l->locked.items[0], table);
}

static void insert_rows(lint *l, const json_t *insert)
{
    const json_t *select = json_object_get(json_object_get(insert, "selectStmt"), "SelectStmt");
    if (json_array_size(json_object_get(select, "fromClause")) > 0 && l->locked.count > 0)
        lint_report(l, LINT_DATA_AND_DDL, "a revision of its own, after the one that changes the table",
                    "the lock of %s is held while rows are copied", l->locked.items[0]);
}

/* ---- maintenance ---- */

static void reindex(lint *l, const json_t *statement)
{
    const char *kind = lint_string(statement, "kind"), *name = lint_range(l, json_object_get(statement, "relation"));
    const bool whole = !is(kind, "REINDEX_OBJECT_TABLE") && !is(kind, "REINDEX_OBJECT_INDEX");
    if (whole)
        name = lint_quoted(l, lint_string(statement, "name"));
    const char *what = is(kind, "REINDEX_OBJECT_TABLE")    ? "TABLE"
                       : is(kind, "REINDEX_OBJECT_INDEX")  ? "INDEX"
                       : is(kind, "REINDEX_OBJECT_SCHEMA") ? "SCHEMA"
                                                           : "DATABASE";
    if (!lint_option(json_object_get(statement, "params"), "concurrently") && (whole || lint_is_used(l, name)))
        lint_report(l, LINT_REINDEX_NOT_CONCURRENT, lint_text(l, "-- no transaction\nREINDEX %s CONCURRENTLY %s", what, name),
                    "REINDEX %s %s: writes wait until it is built, and whoever would read by the index", what, name);
}

static void vacuum(lint *l, const json_t *statement)
{
    const bool full = lint_flag(statement, "is_vacuumcmd") && lint_option(json_object_get(statement, "options"), "full");
    if (full)
        lint_report(l, LINT_VACUUM_FULL, "VACUUM without FULL, or pg_repack", "the table is written anew while nobody may use it");
}

static void lock(lint *l, const json_t *statement)
{
    const long mode = lint_number(statement, "mode"); /* 1 is ACCESS SHARE; from 5 on writers wait */
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(statement, "relations"), i, item)
    {
        const char *table = lint_range(l, json_object_get(item, "RangeVar"));
        if (mode < 5 || !lint_is_used(l, table))
            continue;
        lint_report(l, LINT_LOCK_TABLE, "", "%s of %s wait until the commit", mode == 8 ? "readers and writers" : "writers", table);
        if (mode == 8)
            lint_lock(l, table);
    }
}

/* ---- what cannot run in a transaction ---- */

static void check_transaction(lint *l, const weft_step *step, const json_t *tree)
{
    static const struct {
        const char *node, *words;
    } outside[] = {
        {"CreatedbStmt", "CREATE DATABASE"},       {"DropdbStmt", "DROP DATABASE"},
        {"AlterSystemStmt", "ALTER SYSTEM"},       {"CreateTableSpaceStmt", "CREATE TABLESPACE"},
        {"DropTableSpaceStmt", "DROP TABLESPACE"}, {"CreateSubscriptionStmt", "CREATE SUBSCRIPTION"},
    };
    const char *words = NULL;
    if (step->no_transaction)
        return;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        if (json_object_get(tree, outside[i].node) != NULL)
            words = outside[i].words;
    const json_t *reindex = json_object_get(tree, "ReindexStmt"), *cluster = json_object_get(tree, "ClusterStmt");
    const char *kind = lint_string(reindex, "kind");
    if (reindex != NULL && (lint_option(json_object_get(reindex, "params"), "concurrently") ||
                            (!is(kind, "REINDEX_OBJECT_TABLE") && !is(kind, "REINDEX_OBJECT_INDEX"))))
        words = "REINDEX of a schema, of a database or CONCURRENTLY";
    if (cluster != NULL && json_object_get(cluster, "relation") == NULL)
        words = "CLUSTER of all tables";
    const json_t *cmd =
        json_object_get(json_array_get(json_object_get(json_object_get(tree, "AlterTableStmt"), "cmds"), 0), "AlterTableCmd");
    if (is(lint_string(cmd, "subtype"), "AT_DetachPartition") &&
        lint_flag(json_object_get(json_object_get(cmd, "def"), "PartitionCmd"), "concurrent"))
        words = "DETACH PARTITION CONCURRENTLY";
    if (words != NULL)
        lint_report(l, LINT_CONCURRENT_IN_TRANSACTION, "-- no transaction\non the line before",
                    "%s cannot run within a transaction", words);
}

/* Steps outside of a transaction are run again after a crash; weft looks itself whether an index of CONCURRENTLY is there. */
static void check_repeatable(lint *l, const weft_step *step, const json_t *tree)
{
    const json_t *node;
    const char *words = NULL;
    if (!step->no_transaction)
        return;
    if ((node = json_object_get(tree, "AlterEnumStmt")) != NULL && json_object_get(node, "oldVal") == NULL &&
        !lint_flag(node, "skipIfNewValExists"))
        words = "ADD VALUE IF NOT EXISTS";
    if ((node = json_object_get(tree, "CreateStmt")) != NULL && !lint_flag(node, "if_not_exists"))
        words = "CREATE TABLE IF NOT EXISTS";
    if ((node = json_object_get(tree, "IndexStmt")) != NULL && !lint_flag(node, "concurrent") && !lint_flag(node, "if_not_exists"))
        words = "CREATE INDEX IF NOT EXISTS";
    if ((node = json_object_get(tree, "DropStmt")) != NULL && !lint_flag(node, "concurrent") && !lint_flag(node, "missing_ok"))
        words = "DROP \xe2\x80\xa6 IF EXISTS";
    if (words != NULL)
        lint_report(l, LINT_NOT_REPEATABLE, words, "after a crash this step is run again, and fails then");
}

/* ---- names ---- */

/* What libpg_query has cut already cannot be seen in the tree: the tokens are looked at. */
static void check_names(lint *l, const weft_step *step)
{
    for (const char *const *token = step->tokens; *token != NULL; token++) {
        const char first = **token;
        const bool quoted = first == '"';
        size_t size = strlen(*token) - (quoted ? 2 : 0);
        for (const char *at = *token + 1; quoted && at[0] != '\0'; at++) {
            if (at[0] == '"' && at[1] == '"') {
                at++;
                size--;
            }
        }
        if (size < 64 ||
            !(quoted || first == '_' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first & 0x80) != 0))
            continue;
        if (strchr(*token, '\'') != NULL && !quoted) /* E'…' */
            continue;
        lint_report(l, LINT_IDENTIFIER_TOO_LONG, "a name of at most 63 bytes",
                    "%.40s\xe2\x80\xa6 has %zu bytes, of which the database keeps 63", *token, size);
        return;
    }
}

static void check_assignments(lint *l, const json_t *update)
{
    lint_names seen = {0};
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(update, "targetList"), i, item)
    {
        const json_t *target = json_object_get(item, "ResTarget");
        const char *name = lint_string(target, "name");
        if (json_object_get(target, "indirection") != NULL)
            continue;
        if (lint_has(&seen, name))
            lint_report(l, LINT_DUPLICATE_ASSIGNMENT, NULL, "column %s is set twice", lint_quoted(l, name));
        lint_add(&seen, name);
    }
    lint_names_free(&seen);
}

/* ---- all ---- */

static void others(lint *l, const json_t *tree)
{
    const json_t *node;
    if ((node = json_object_get(tree, "AlterEnumStmt")) != NULL) {
        const char *type = lint_qualified(l, json_object_get(node, "typeName"));
        if (json_object_get(node, "oldVal") != NULL)
            lint_report(l, LINT_RENAME_ENUM_VALUE, "a new value that both versions read, rows moved to it, and the old one left",
                        "running servers still send '%s' of %s", lint_string(node, "oldVal"), type);
        else if (json_object_get(node, "newValNeighbor") == NULL)
            lint_report(l, LINT_ENUM_VALUE_POSITION,
                        lint_text(l, "ALTER TYPE %s ADD VALUE '%s' AFTER \xe2\x80\xa6", type, lint_string(node, "newVal")),
                        "'%s' comes last in %s, wherever the models have it", lint_string(node, "newVal"), type);
    }
    if ((node = json_object_get(tree, "AlterObjectSchemaStmt")) != NULL && is(lint_string(node, "objectType"), "OBJECT_TABLE") &&
        !lint_is_new(l, lint_range(l, json_object_get(node, "relation"))))
        lint_report(l, LINT_SET_SCHEMA, "a view with the old name, in the same revision",
                    "running servers still look for %s where it was", lint_range(l, json_object_get(node, "relation")));
    if ((node = json_object_get(tree, "CreateDomainStmt")) != NULL && json_array_size(json_object_get(node, "constraints")) > 0)
        lint_report(l, LINT_DOMAIN_CONSTRAINT, "a CHECK of the column",
                    "to change what the domain allows later reads every table that has it, under a lock");
    if ((node = json_object_get(tree, "AlterDomainStmt")) != NULL &&
        (is(lint_string(node, "subtype"), "C") || is(lint_string(node, "subtype"), "O")) &&
        !lint_flag(json_object_get(json_object_get(node, "def"), "Constraint"), "skip_validation"))
        lint_report(l, LINT_DOMAIN_CONSTRAINT,
                    is(lint_string(node, "subtype"), "C")
                        ? "ADD CONSTRAINT \xe2\x80\xa6 NOT VALID, and in a later revision VALIDATE CONSTRAINT"
                        : "a CHECK of the columns",
                    "every table that has a column of the domain is read under a lock");
    if ((node = json_object_get(tree, "RefreshMatViewStmt")) != NULL && !lint_flag(node, "concurrent") &&
        !lint_flag(node, "skipData"))
        lint_report(l, LINT_REFRESH_VIEW,
                    lint_text(l, "REFRESH MATERIALIZED VIEW CONCURRENTLY %s, which wants a unique index",
                              lint_range(l, json_object_get(node, "relation"))),
                    "readers wait until it is computed");
    if ((node = json_object_get(tree, "CreateTrigStmt")) != NULL &&
        lint_is_used(l, lint_range(l, json_object_get(node, "relation"))))
        lint_report(l, LINT_TRIGGER, "a revision of its own, so that the lock is short", "writes to %s wait until the commit",
                    lint_range(l, json_object_get(node, "relation")));
    if ((node = json_object_get(tree, "ClusterStmt")) != NULL && lint_is_used(l, lint_range(l, json_object_get(node, "relation"))))
        lint_report(l, LINT_CLUSTER, "pg_repack", "the table is written anew while nobody may use it");
    if ((node = json_object_get(tree, "DropdbStmt")) != NULL)
        lint_report(l, LINT_DROP_DATABASE, "", "database %s is lost", lint_quoted(l, lint_string(node, "dbname")));
}

void lint_postgres(lint *l, const weft_step *step, json_t *tree)
{
    check_repeatable(l, step, tree);
    check_names(l, step);
    lint_statement(l, step, tree);
}

void lint_statement(lint *l, const weft_step *step, json_t *tree)
{
    const json_t *node;
    check_transaction(l, step, tree);
    if ((node = json_object_get(tree, "IndexStmt")) != NULL)
        lint_index(l, step, node);
    if ((node = json_object_get(tree, "AlterTableStmt")) != NULL)
        lint_alter(l, step, node);
    if ((node = json_object_get(tree, "DropStmt")) != NULL)
        lint_drop(l, step, node);
    if ((node = json_object_get(tree, "TruncateStmt")) != NULL)
        lint_truncate(l, step, node);
    if ((node = json_object_get(tree, "RenameStmt")) != NULL)
        lint_rename(l, node);
    if ((node = json_object_get(tree, "VariableSetStmt")) != NULL)
        set(l, step, node);
    if ((node = json_object_get(tree, "UpdateStmt")) != NULL)
        check_assignments(l, node);
    if (node != NULL || (node = json_object_get(tree, "DeleteStmt")) != NULL)
        write_rows(l, node, json_object_get(tree, "UpdateStmt") != NULL);
    if ((node = json_object_get(tree, "InsertStmt")) != NULL)
        insert_rows(l, node);
    if ((node = json_object_get(tree, "ReindexStmt")) != NULL)
        reindex(l, node);
    if ((node = json_object_get(tree, "VacuumStmt")) != NULL)
        vacuum(l, node);
    if ((node = json_object_get(tree, "LockStmt")) != NULL)
        lock(l, node);
    lint_create(l, tree);
    others(l, tree);
}
