/* Private to schema: how operations become statements. What the databases share stands in render.c; each has a file with its data
 * and with what it says otherwise. */
#ifndef WEFTI_SCHEMA_RENDER_H
#define WEFTI_SCHEMA_RENDER_H

#include "base/sqltext.h"
#include "base/text.h"
#include "schema/naming.h"
#include "schema/operation.h"
#include "type/names.h"

/* Statements being written. The first failure stays: what is added after it does no harm. */
typedef struct wefti_render_ddl {
    const wefti_ddl *ddl;
    wefti_text text; /* of the present statement */
    wefti_ddl_callback emit;
    void *context;
    weft_status status;
    weft_error *error;
} wefti_render_ddl;

typedef void (*wefti_op_renderer)(wefti_render_ddl *r, const wefti_op *op);
struct wefti_reading;

struct wefti_ddl {
    const char *name;              /* the database's, as in URLs and in wefti_op_execute */
    const wefti_type_names *names; /* by weft_type */
    bool backslash_strings;        /* E'…' */
    bool adds_constraints;         /* to tables that are there */
    /* Whether numbers of the table's key are never given out again; NULL: that is so of all. */
    bool (*counts_on)(const weft_schema_table *table);
    bool made_types;          /* arrays, enum types */
    bool table_kinds;         /* STRICT and WITHOUT ROWID */
    bool index_options;       /* methods, INCLUDE, operator classes, an order of NULL, storage parameters, tablespaces */
    const char *schema_names; /* a query: one name a row, in order; NULL: there is "main" alone */
    const char *tablespace;   /* the database's own, where nobody has said another one; NULL: there are none */
    bool comments;
    bool virtual_columns; /* computed when they are read; else always kept */
    bool materialized_views;
    bool replaces_views;              /* CREATE OR REPLACE VIEW, and no IF NOT EXISTS for plain views */
    const wefti_sql_rules *rules;     /* how it cuts SQL */
    const wefti_rebuild_sql *rebuild; /* NULL: ALTER TABLE does it all */
    const char *drop_prelude;         /* before tables are dropped whose foreign keys lie in cycles, or NULL */
    void (*add_column)(wefti_render_ddl *r, const weft_schema_table *table, const weft_schema_column *column);
    /* Whether the constraint is written with its column; NULL: none is. */
    bool (*stands_in_column)(const weft_schema_table *table, const weft_schema_constraint *constraint);
    /* A value that is not NULL and of the column's type, as a statement says it. What is wrong with it, or NULL. */
    const char *(*add_literal)(wefti_text *text, const weft_schema_column *column, const weft_value *value);
    const char *override_counting; /* before VALUES that give columns values which the database alone makes else; "": nothing */
    wefti_op_renderer renderers[WEFTI_OP_COUNT_]; /* all of them */
    /* A wanted column beside the found one: a word of the database that stands for a type and more becomes what it makes. NULL:
     * there is none. */
    void (*settle_column)(weft_schema_column *wanted, const weft_schema_column *found);
    void (*read)(struct wefti_reading *r);    /* read_….c: asks for all that the database has */
    const struct wefti_speller_ways *speller; /* read_spelling_….c: how it spells texts */
};

/* ---- parts, shared ---- */

void wefti_ddl_add(wefti_render_ddl *r, const char *sql);
void wefti_ddl_add_name(wefti_render_ddl *r, const char *name); /* MISUSE where there is none, or none that is portable */
void wefti_ddl_add_qualified(wefti_render_ddl *r, const wefti_def_name *name);
void wefti_ddl_add_names(wefti_render_ddl *r, const char *const *names); /* (a, b) */
void wefti_ddl_add_literal(wefti_render_ddl *r, const char *value);
void wefti_ddl_add_if(wefti_render_ddl *r, bool condition, const char *sql);
void wefti_ddl_add_type(wefti_render_ddl *r, const weft_schema_column *column);
bool wefti_ddl_is_plain(const char *value); /* needs no parentheses after DEFAULT */
/* " DEFAULT …", in parentheses where the database may need them; nothing where there is none. */
void wefti_ddl_add_default(wefti_render_ddl *r, const char *value);
/* "CONSTRAINT name …" */
void wefti_ddl_add_constraint(wefti_render_ddl *r, const char *table, const weft_schema_constraint *constraint);
/* What changes only how fast an index is, or how large, and comments are left out where the database has no word for them. parts:
 * room for those of the index, or NULL. */
void wefti_ddl_leave_out_of_constraint(const wefti_ddl *ddl, weft_schema_constraint *constraint);
void wefti_ddl_leave_out_of_index(const wefti_ddl *ddl, weft_schema_index *index, weft_schema_part *parts);
void wefti_ddl_leave_out_of_table(const wefti_ddl *ddl, weft_schema_table *table);
void wefti_ddl_add_storage(wefti_render_ddl *r, const char *storage); /* " WITH (…)"; nothing where it is NULL */
void wefti_ddl_send(wefti_render_ddl *r);                             /* the statement is complete */

/* The status becomes MISUSE, or UNSUPPORTED with "… is not possible" and the hint. */
void wefti_ddl_misuse(wefti_render_ddl *r, const char *format, ...) WEFT_PRINTF(2, 3);
void wefti_ddl_cannot(wefti_render_ddl *r, const char *hint, const char *format, ...) WEFT_PRINTF(3, 4);

/* ---- operations, shared ---- */

void wefti_ddl_create_table(wefti_render_ddl *r, const wefti_op *op); /* without sending it */
bool wefti_ddl_is_view(const weft_schema_table *table);
void wefti_ddl_drop_table(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_rename_table(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_drop_column(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_rename_column(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_execute(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_add_view(wefti_render_ddl *r, const weft_schema_table *view); /* name (columns) AS SELECT … */
void wefti_ddl_drop_view(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_insert(wefti_render_ddl *r, const wefti_op *op);
/* (a, b DESC) and, behind what the database adds, WHERE. */
void wefti_ddl_add_parts(wefti_render_ddl *r, const weft_schema_index *index);

#endif
