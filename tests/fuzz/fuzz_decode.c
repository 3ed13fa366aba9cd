/* Cells of PostgreSQL, as any server, or what calls itself one, may send them: each type of the server's, read in binary and in
 * text as each type of weft's, is a value that can be compared, shown and stored in a field, or is refused. */
#include "fuzz.h"

#include "base/arena.h"
#include "driver/postgres/postgres.h"
#include "type/type.h"

#include <string.h>

#include <weft/type.h>

/* The server's types by their numbers in pg_type.dat, and one that nobody knows. */
static const Oid oids[] = {16,   17,   18,   19,    20,   21,   23,   25,   26,   114,  142,  600,  650,  700,  701,  705,  790,
                           829,  869,  1007, 1009,  1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266, 1560, 1562, 1700, 2249, 2278,
                           2950, 3802, 3904, 60000, 3614, 3615, 3906, 3908, 3910, 3912, 3926, 4451, 4532, 4533, 4534, 4535, 4536};

static bool begin(weft_value *cell, const wefti_postgres_column *column)
{
    *cell = (weft_value){.type = column->type};
    return true;
}

static void use(const weft_value *cell, wefti_arena *arena)
{
    weft_value shown = {0};
    char room[64] = {0};
    if (cell->is_null)
        return;
    MUST(wefti_values_equal(cell, cell));
    (void)wefti_value_hash(cell->type, cell, 1);
    if (wefti_type_has_content(cell->type) && !wefti_type_is_array(cell->type))
        MUST(cell->as.s.data != NULL && cell->as.s.data[cell->as.s.size] == '\0');
    if (cell->type == WEFT_TEXT || cell->type == WEFT_JSON)
        MUST(wefti_utf8_valid(cell->as.s.data, cell->as.s.size));
    if (!wefti_type_has_content(cell->type))
        MUST(wefti_postgres_show(cell, &shown, arena) != WEFT_OK || shown.as.s.size > 0);
    if (wefti_type_of(cell->type)->size <= sizeof room && cell->type != WEFT_CHARS)
        (void)wefti_field_put(cell->type, cell, room);
}

/* The first byte: which of the server's types. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const Oid oid = oids[data[0] % (sizeof oids / sizeof *oids)];
    char *bytes = fuzz_text(data + 1, size - 1);
    wefti_arena arena;
    wefti_arena_init(&arena, 4096);
    for (unsigned type = WEFT_UNMAPPED; type < WEFTI_COLUMN_TYPES; type++) {
        if (type != WEFT_UNMAPPED && !wefti_type_is_columns(type))
            continue;
        wefti_postgres_column column;
        weft_value cell;
        if (wefti_postgres_choose_binary(&column, oid, (weft_type)type, true) && begin(&cell, &column) &&
            column.decode(&column, bytes, size - 1, &cell, &arena) == WEFT_OK)
            use(&cell, &arena);

        if (strlen(bytes) == size - 1 && wefti_postgres_choose_text(&column, oid, (weft_type)type, true) && begin(&cell, &column) &&
            column.decode(&column, bytes, size - 1, &cell, &arena) == WEFT_OK)
            use(&cell, &arena);
    }
    wefti_arena_deinit(&arena);
    free(bytes);
    return 0;
}
