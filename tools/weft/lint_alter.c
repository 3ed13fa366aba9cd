/* ALTER TABLE, command by command. */
#include "lint.h"

#include <string.h>

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

typedef struct alteration {
    const weft_step *step;
    const char *table;
    bool used;          /* somebody may wait for its lock */
    lint_names columns; /* of which a type or a default is set here */
} alteration;

/* ---- ADD COLUMN ---- */

static void add_inline_constraint(lint *l, const alteration *a, const char *column, const json_t *made)
{
    const char *type = lint_string(made, "contype");
    const char *later = NULL, *why = NULL;
    if (is(type, "CONSTR_UNIQUE") || is(type, "CONSTR_PRIMARY")) {
        later = lint_text(l, "-- no transaction\nCREATE UNIQUE INDEX CONCURRENTLY \xe2\x80\xa6 ON %s (%s);", a->table, column);
        why = "its index is built while nobody may use the table";
    } else if (is(type, "CONSTR_FOREIGN")) {
        later = lint_text(l, "ALTER TABLE %s ADD CONSTRAINT \xe2\x80\xa6 FOREIGN KEY (%s) REFERENCES %s NOT VALID;", a->table,
                          column, lint_range(l, json_object_get(made, "pktable")));
        why = "writes to both tables wait until the commit";
    } else if (is(type, "CONSTR_CHECK")) {
        later = lint_text(l, "ALTER TABLE %s ADD CONSTRAINT \xe2\x80\xa6 CHECK (\xe2\x80\xa6) NOT VALID;", a->table);
        why = "the table is read through while nobody may use it";
    }
    if (later != NULL && a->used)
        lint_report(l, LINT_ADD_COLUMN_CONSTRAINT,
                    lint_text(l, "ALTER TABLE %s ADD COLUMN %s \xe2\x80\xa6;\nthen %s", a->table, column, later),
                    "column %s comes with a constraint: %s", column, why);
}

static void add_column(lint *l, const alteration *a, const json_t *definition)
{
    const char *column = lint_quoted(l, lint_string(definition, "colname"));
    const lint_type type = lint_type_of(l, json_object_get(definition, "typeName"));
    bool not_null = false, has_default = false, numbered = lint_is_serial(type.base != NULL ? type.base : ""), generated = false;
    const char *function = NULL;
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(definition, "constraints"), i, item)
    {
        const json_t *made = json_object_get(item, "Constraint");
        const char *kind = lint_string(made, "contype");
        not_null |= is(kind, "CONSTR_NOTNULL") || is(kind, "CONSTR_PRIMARY");
        numbered |= is(kind, "CONSTR_IDENTITY");
        generated |= is(kind, "CONSTR_GENERATED");
        if (is(kind, "CONSTR_DEFAULT")) {
            has_default = json_object_get(json_object_get(json_object_get(made, "raw_expr"), "A_Const"), "isnull") == NULL;
            function = lint_volatile(l, json_object_get(made, "raw_expr"));
        }
        add_inline_constraint(l, a, column, made);
    }
    const char *type_text = lint_type_text(l, &type);
    if (a->used && function != NULL)
        lint_report(l, LINT_ADD_COLUMN_VOLATILE_DEFAULT,
                    lint_text(l,
                              "ALTER TABLE %s ADD COLUMN %s %s;\nALTER TABLE %s ALTER COLUMN %s SET DEFAULT "
                              "%s(\xe2\x80\xa6);\nthen \"-- call\" a function that fills old rows in parts",
                              a->table, column, type_text, a->table, column, function),
                    "%s is called for each row of %s: the table is written anew while nobody may use it", function, a->table);
    if (a->used && numbered)
        lint_report(l, LINT_ADD_COLUMN_SERIAL,
                    lint_text(l,
                              "ALTER TABLE %s ADD COLUMN %s bigint;\nCREATE SEQUENCE %s_%s_seq OWNED BY %s.%s;\nALTER TABLE %s "
                              "ALTER COLUMN %s SET DEFAULT nextval('%s_%s_seq');\nthen fill old rows in parts",
                              a->table, column, lint_last_part(a->table), column, a->table, column, a->table, column,
                              lint_last_part(a->table), column),
                    "each row of %s gets a number: the table is written anew while nobody may use it", a->table);
    if (a->used && generated)
        lint_report(l, LINT_ADD_COLUMN_GENERATED,
                    lint_text(l, "a view that computes %s, or a plain column with a trigger, filled in parts", column),
                    "%s is computed for each row of %s: the table is written anew while nobody may use it", column, a->table);
    if (!lint_is_new(l, a->table) && not_null && !has_default && !numbered && !generated)
        lint_report(l, LINT_ADD_COLUMN_NOT_NULL,
                    lint_text(l,
                              "ALTER TABLE %s ADD COLUMN %s %s NOT NULL DEFAULT \xe2\x80\xa6, a constant; or without NOT NULL, "
                              "filled, then SET NOT NULL",
                              a->table, column, type_text),
                    "rows that are there have no value for %s, and running servers insert none", column);
    lint_check_type(l, definition, false);
    lint_learn_column(l, a->table, definition);
}

/* ---- ALTER COLUMN ---- */

static bool is_known_not_null(lint *l, const char *table, const char *column)
{
    for (size_t i = 0; i < l->object_count; i++) {
        const lint_object *o = &l->objects[i];
        if (!o->gone && o->kind == LINT_CHECK && o->not_null && o->valid && is(o->table, table) && is(o->columns, column))
            return true;
    }
    return false;
}

static void set_not_null(lint *l, const alteration *a, const char *column)
{
    lint_column *known = lint_column_of(lint_table_of(l, a->table), column);
    if (a->used && !is_known_not_null(l, a->table, column) && !(known != NULL && known->not_null))
        lint_report(l, LINT_SET_NOT_NULL,
                    lint_text(l,
                              "ALTER TABLE %s ADD CONSTRAINT %s_not_null CHECK (%s IS NOT NULL) NOT VALID;\n-- no transaction\n"
                              "ALTER TABLE %s VALIDATE CONSTRAINT %s_not_null;\nALTER TABLE %s ALTER COLUMN "
                              "%s SET NOT NULL;\nALTER TABLE %s DROP CONSTRAINT %s_not_null;",
                              a->table, lint_plain(l, column), column, a->table, lint_plain(l, column), a->table, column, a->table,
                              lint_plain(l, column)),
                    "%s is read through for NULLs while nobody may use it", a->table);
    if (known != NULL)
        known->not_null = true;
}

/* Whether the USING is no more than the column, or a cast of it. */
static bool is_plain_cast(const json_t *expression)
{
    if (expression == NULL)
        return true;
    const json_t *cast = json_object_get(expression, "TypeCast");
    return json_object_get(cast != NULL ? json_object_get(cast, "arg") : expression, "ColumnRef") != NULL;
}

static void alter_type(lint *l, const alteration *a, const char *column, const json_t *definition)
{
    lint_column *known = lint_column_of(lint_table_of(l, a->table), column);
    const lint_type to = lint_type_of(l, json_object_get(definition, "typeName"));
    lint_type from = known != NULL ? known->type : (lint_type){0};
    const bool rewrites = lint_type_rewrites(&from, &to) || !is_plain_cast(json_object_get(definition, "raw_default"));
    if (a->used && rewrites)
        lint_report(l, LINT_ALTER_TYPE,
                    lint_text(l,
                              "ALTER TABLE %s ADD COLUMN %s_new %s;\nwritten by the new release beside %s, filled in parts, then "
                              "read; %s is dropped in a later revision",
                              a->table, lint_plain(l, column), lint_type_text(l, &to), column, column),
                    "%s becomes %s%s%s: %s is written anew while nobody may use it%s", column, lint_type_text(l, &to),
                    from.base != NULL ? " from " : "", from.base != NULL ? lint_type_text(l, &from) : "", a->table,
                    from.base != NULL ? "" : ", unless its type now has the same form");
    if (!lint_is_new(l, a->table) && !rewrites)
        lint_report(l, LINT_ALTER_TYPE_PREPARED, "a time when no long transaction runs",
                    "statements that running servers have prepared and that read %s fail once; weft prepares them again, but "
                    "within a transaction that transaction is lost",
                    column);
    if (known != NULL)
        known->type = to;
}

/* ---- constraints ---- */

static void add_foreign_key(lint *l, const alteration *a, const json_t *made, const char *name)
{
    const char *target = lint_range(l, json_object_get(made, "pktable")),
               *columns = lint_list(l, json_object_get(made, "fk_attrs"), ", ");
    const bool other = lint_is_used(l, target) && !is(target, a->table);
    if (!lint_flag(made, "skip_validation") && a->used)
        lint_report(l, LINT_FK_NOT_VALID_MISSING,
                    lint_is_partitioned(l, a->table)
                        ? "the constraint on each partition NOT VALID, VALIDATE of each, and then this"
                        : lint_text(l,
                                    "ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s NOT VALID;\n"
                                    "-- no transaction\nALTER TABLE %s VALIDATE CONSTRAINT %s;",
                                    a->table, name, columns, target, a->table, name),
                    "writes to %s%s%s wait until all rows are checked", a->table, other ? " and " : "", other ? target : "");
    const char *key = lint_text(l, ",%s,", lint_list(l, json_object_get(made, "fk_attrs"), ","));
    bool indexed = lint_table_of(l, a->table) == NULL; /* nothing is known of its indexes */
    for (size_t i = 0; i < l->object_count && !indexed; i++) {
        const lint_object *o = &l->objects[i];
        indexed = !o->gone && (o->kind == LINT_INDEX || o->kind == LINT_UNIQUE) && is(o->table, a->table) &&
                  strncmp(o->columns, key, strlen(key)) == 0;
    }
    if (!indexed && *columns != '\0')
        lint_report(l, LINT_FK_WITHOUT_INDEX,
                    lint_text(l, "-- no transaction\nCREATE INDEX CONCURRENTLY \xe2\x80\xa6 ON %s (%s);\nbefore it", a->table,
                              columns),
                    "no index begins with %s: each DELETE from %s reads all of %s", columns, target, a->table);
}

static void add_constraint(lint *l, const alteration *a, const json_t *made)
{
    const char *type = lint_string(made, "contype"), *given = lint_string(made, "conname");
    const char *name = *given != '\0' ? lint_quoted(l, given) : "\xe2\x80\xa6";
    const bool valid = !lint_flag(made, "skip_validation");
    if (is(type, "CONSTR_CHECK") && valid && a->used)
        lint_report(l, LINT_CHECK_NOT_VALID_MISSING,
                    lint_text(l,
                              "ALTER TABLE %s ADD CONSTRAINT %s CHECK (\xe2\x80\xa6) NOT VALID;\n-- no transaction\nALTER "
                              "TABLE %s VALIDATE CONSTRAINT %s;",
                              a->table, name, a->table, name),
                    "%s is read through while nobody may use it", a->table);
    if (is(type, "CONSTR_FOREIGN"))
        add_foreign_key(l, a, made, name);
    if ((is(type, "CONSTR_UNIQUE") || is(type, "CONSTR_PRIMARY")) && *lint_string(made, "indexname") == '\0' && a->used)
        lint_report(l, LINT_UNIQUE_CONSTRAINT,
                    lint_text(l,
                              "-- no transaction\nCREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s);\nthen\nALTER TABLE %s ADD "
                              "CONSTRAINT %s %s USING INDEX %s;",
                              name, a->table, lint_list(l, json_object_get(made, "keys"), ", "), a->table, name,
                              is(type, "CONSTR_UNIQUE") ? "UNIQUE" : "PRIMARY KEY", name),
                    "the index of the constraint is built while nobody may use %s", a->table);
    if (is(type, "CONSTR_EXCLUSION") && a->used)
        lint_report(l, LINT_EXCLUSION_CONSTRAINT, "a new table that has it from the beginning: no form of it is concurrent",
                    "the index of the constraint is built while nobody may use %s", a->table);
    if (*given != '\0')
        lint_add(&l->not_valid, lint_text(l, "%s.%s", a->table, name));
    lint_learn_constraint(l, a->table, NULL, made);
}

static void validate(lint *l, const alteration *a, const char *name)
{
    lint_object *object = lint_object_of(l, a->table, name);
    if (a->used && (lint_has(&l->not_valid, lint_text(l, "%s.%s", a->table, name)) || lint_has(&l->locked, a->table)))
        lint_report(l, LINT_VALIDATE_SAME_TRANSACTION, "-- no transaction\non the line before",
                    "the rows of %s are checked under the lock that this transaction holds already", a->table);
    if (object != NULL)
        object->valid = true;
}

static void drop_constraint(lint *l, const alteration *a, const char *name)
{
    lint_object *object = lint_object_of(l, a->table, name);
    lint_column *column = object != NULL && object->not_null ? lint_column_of(lint_table_of(l, a->table), object->columns) : NULL;
    const bool replaced = lint_has(&l->added, lint_text(l, "constraint %s", a->table));
    const bool needless = column != NULL && column->not_null; /* a CHECK that the column is not NULL, which it is */
    if (!lint_is_new(l, a->table) && !replaced && !needless)
        lint_report(l, LINT_DROP_CONSTRAINT, "", "nothing keeps out of %s what %s kept out", a->table, name);
    if (object != NULL)
        object->gone = true;
}

/* ---- the rest ---- */

static void drop_column(lint *l, const alteration *a, const char *name)
{
    lint_table *table = lint_table_of(l, a->table);
    lint_column *column = lint_column_of(table, name);
    if (!lint_is_new(l, a->table) && (column == NULL || column->born < l->new_since))
        lint_report_lost(l, a->step, a->table, name);
    if (column != NULL)
        *column = table->columns[--table->column_count];
}

static void partition(lint *l, const alteration *a, const char *kind, const json_t *command)
{
    const char *child = lint_range(l, json_object_get(command, "name"));
    if (is(kind, "AT_DetachPartition") && !lint_flag(command, "concurrent") && a->used)
        lint_report(l, LINT_DETACH_PARTITION,
                    lint_text(l, "-- no transaction\nALTER TABLE %s DETACH PARTITION %s CONCURRENTLY;", a->table, child),
                    "nobody may use %s until the commit", a->table);
    bool checked = !lint_is_used(l, child);
    for (size_t i = 0; i < l->object_count; i++)
        checked |= !l->objects[i].gone && l->objects[i].kind == LINT_CHECK && l->objects[i].valid && is(l->objects[i].table, child);
    if (is(kind, "AT_AttachPartition") && !checked)
        lint_report(l, LINT_ATTACH_PARTITION,
                    lint_text(l,
                              "ALTER TABLE %s ADD CONSTRAINT \xe2\x80\xa6 CHECK (the bounds) NOT VALID;\nthen VALIDATE CONSTRAINT, "
                              "ATTACH PARTITION and DROP CONSTRAINT",
                              child),
                    "%s is read through while nobody may use it", child);
}

static void rewrite(lint *l, const alteration *a, const char *kind)
{
    if (!a->used)
        return;
    if (is(kind, "AT_SetLogged") || is(kind, "AT_SetUnLogged"))
        lint_report(l, LINT_SET_LOGGED, "a new table, filled in parts", "%s is written anew while nobody may use it", a->table);
    if (is(kind, "AT_SetTableSpace"))
        lint_report(l, LINT_SET_TABLESPACE, "pg_repack --tablespace", "%s is copied while nobody may use it", a->table);
    if (is(kind, "AT_EnableTrig") || is(kind, "AT_DisableTrig") || is(kind, "AT_DisableTrigAll") ||
        is(kind, "AT_DisableTrigUser") || is(kind, "AT_EnableTrigAll") || is(kind, "AT_EnableTrigUser"))
        lint_report(l, LINT_TRIGGER, "a revision of its own, so that the lock is short", "writes to %s wait until the commit",
                    a->table);
    if (is(kind, "AT_EnableRowSecurity") || is(kind, "AT_ForceRowSecurity") || is(kind, "AT_DisableRowSecurity"))
        lint_report(l, LINT_ROW_SECURITY, "policies first, in a revision of their own",
                    "running servers see other rows of %s from the commit on", a->table);
}

/* Commands that leave readers and writers alone. */
static bool is_light(const char *kind)
{
    static const char *const light[] = {"AT_ValidateConstraint", "AT_SetStatistics", "AT_SetOptions",
                                        "AT_ResetOptions",       "AT_ClusterOn",     "AT_DropCluster",
                                        "AT_AttachPartition",    "AT_SetRelOptions", "AT_ResetRelOptions"};
    for (size_t i = 0; i < sizeof light / sizeof light[0]; i++)
        if (is(kind, light[i]))
            return true;
    return false;
}

static void alter_one(lint *l, alteration *a, const json_t *cmd)
{
    const char *kind = lint_string(cmd, "subtype"), *name = lint_quoted(l, lint_string(cmd, "name"));
    const json_t *def = json_object_get(cmd, "def");
    const bool sets = is(kind, "AT_AlterColumnType") || is(kind, "AT_SetNotNull") || is(kind, "AT_ColumnDefault");
    const char *set = lint_text(l, "%s %s", kind, name);
    if (sets && lint_has(&a->columns, set))
        lint_report(l, LINT_DUPLICATE_ASSIGNMENT, NULL, "column %s is altered twice in the same way", name);
    const bool drops = is(kind, "AT_ColumnDefault") && def == NULL; /* before all else, whatever sets it later */
    if (sets && !drops)
        lint_add(&a->columns, set);
    if (is(kind, "AT_AddColumn"))
        add_column(l, a, json_object_get(def, "ColumnDef"));
    else if (is(kind, "AT_SetNotNull"))
        set_not_null(l, a, name);
    else if (is(kind, "AT_DropNotNull") && !lint_is_new(l, a->table))
        lint_report(l, LINT_DROP_NOT_NULL, "first a release that reads NULL there, then this revision",
                    "running servers read NULL from %s of %s, where they expect none", name, a->table);
    else if (is(kind, "AT_AlterColumnType"))
        alter_type(l, a, name, json_object_get(def, "ColumnDef"));
    else if (is(kind, "AT_AddConstraint"))
        add_constraint(l, a, json_object_get(def, "Constraint"));
    else if (is(kind, "AT_ValidateConstraint"))
        validate(l, a, name);
    else if (is(kind, "AT_DropConstraint"))
        drop_constraint(l, a, name);
    else if (is(kind, "AT_DropColumn"))
        drop_column(l, a, name);
    else if (is(kind, "AT_DetachPartition") || is(kind, "AT_AttachPartition"))
        partition(l, a, kind, json_object_get(def, "PartitionCmd"));
    else
        rewrite(l, a, kind);
    if (is(lint_string(cmd, "behavior"), "DROP_CASCADE"))
        lint_report(l, LINT_CASCADE, "a statement for each thing that goes, then this without CASCADE",
                    "CASCADE takes along what this file does not name");
}

void lint_alter(lint *l, const weft_step *step, const json_t *alter)
{
    const char *type = lint_string(alter, "objtype");
    alteration a = {.step = step, .table = lint_range(l, json_object_get(alter, "relation"))};
    bool heavy = false;
    size_t i;
    const json_t *item;
    if (!is(type, "OBJECT_TABLE") && !is(type, "OBJECT_FOREIGN_TABLE"))
        return;
    a.used = lint_is_used(l, a.table);
    json_array_foreach(json_object_get(alter, "cmds"), i, item)
    {
        const json_t *cmd = json_object_get(item, "AlterTableCmd");
        heavy |= !is_light(lint_string(cmd, "subtype"));
        alter_one(l, &a, cmd);
    }
    if (heavy)
        lint_lock(l, a.table);
    lint_names_free(&a.columns);
}
