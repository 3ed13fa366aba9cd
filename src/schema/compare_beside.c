/* What lies beside the meaning of a table: how it and its indexes are kept, and comments on what stays. */
#include "schema/comparing.h"

/* Where nothing is said it is kept where the database keeps what names no tablespace. */
static const char *tablespace_of(const wefti_comparing *c, const char *said)
{
    return said != NULL && wefti_def_same_word(said, c->what->found->tablespace) ? NULL : said;
}

typedef struct stored {
    const char *storage, *tablespace;
    bool unlogged;
} stored;

static void store(wefti_comparing *c, wefti_def_name what, bool index, stored wanted, stored found)
{
    const char *own = c->what->found->tablespace != NULL ? c->what->found->tablespace : c->ddl->tablespace;
    const char *to = tablespace_of(c, wanted.tablespace);
    const bool moves = !wefti_def_same_word(to, found.tablespace);
    wefti_text set, reset;
    wefti_text_init(&set, 0);
    wefti_text_init(&reset, 0);
    wefti_def_add_storage(&set, &reset, wanted.storage, found.storage);
    const bool logs = wanted.unlogged != found.unlogged;
    if (set.size > 0 || reset.size > 0 || moves || logs || set.failed || reset.failed)
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_INDEXES, WEFTI_OP_STORE,
                            .of.store = {.what = what,
                                         .index = index,
                                         .logged = logs && !wanted.unlogged,
                                         .unlogged = logs && wanted.unlogged,
                                         .storage = set.size > 0 || set.failed ? wefti_comparing_keep(c, &set) : NULL,
                                         .reset = reset.size > 0 || reset.failed ? wefti_comparing_keep(c, &reset) : NULL,
                                         .tablespace = !moves       ? NULL
                                                       : to != NULL ? to
                                                                    : own});
    wefti_text_deinit(&reset);
    wefti_text_deinit(&set);
}

void wefti_comparing_beside(wefti_comparing *c, const wefti_pair *pair)
{
    const weft_schema_table *wanted = pair->wanted, *found = pair->found;
    const wefti_def_name name = wefti_def_name_of(wanted);
    const bool is_table = wanted->kind == WEFT_RELATION_TABLE;
    if (is_table)
        store(c, name, false, (stored){wanted->storage, wanted->tablespace, wanted->unlogged},
              (stored){found->storage, found->tablespace, found->unlogged});
    for (size_t i = 0; i < wanted->constraint_count && is_table && c->status == WEFT_OK; i++) {
        if (pair->constraint_of[i] == 0)
            continue;
        const weft_schema_constraint *one = &wanted->constraints[i], *there = &found->constraints[pair->constraint_of[i] - 1];
        store(c, (wefti_def_name){wanted->schema, there->name}, true,
              (stored){.storage = one->storage, .tablespace = one->tablespace},
              (stored){.storage = there->storage, .tablespace = there->tablespace});
        if (!wefti_def_same_word(one->comment, there->comment))
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_COMMENTS, WEFTI_OP_COMMENT,
                                .of.comment = {.table = name, .constraint = there->name, .comment = one->comment});
    }
    for (size_t i = 0; i < wanted->index_count && c->status == WEFT_OK; i++) {
        if (pair->index_of[i] == 0)
            continue;
        const weft_schema_index *one = &wanted->indexes[i], *there = &found->indexes[pair->index_of[i] - 1];
        const wefti_def_name index = {wanted->schema, there->name};
        store(c, index, true, (stored){.storage = one->storage, .tablespace = one->tablespace},
              (stored){.storage = there->storage, .tablespace = there->tablespace});
        if (!wefti_def_same_word(one->comment, there->comment))
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_COMMENTS, WEFTI_OP_COMMENT,
                                .of.comment = {.table = index, .index = true, .comment = one->comment});
    }
}
