/* Rows in the order of their primary keys: transactions that change the same rows in the same order do not deadlock.
 *
 * Objects mostly come in that order already; then nothing is sorted. */
#include "unit/flush.h"

#include "object/key.h"

#include <stdlib.h>

static weft_value key_value(const wefti_column *column, const wefti_flush_row *row)
{
    return wefti_field_value(column->field->type, column->field->size, (const char *)row->old + column->field->offset);
}

static int compare_rows(const void *a, const void *b)
{
    const wefti_flush_row *x = *(wefti_flush_row *const *)a, *y = *(wefti_flush_row *const *)b;
    const wefti_table *table = x->table;
    int order = 0;
    for (uint16_t i = 0; i < table->key_count && order == 0; i++) {
        weft_value p = key_value(table->key[i], x), q = key_value(table->key[i], y);
        order = wefti_values_compare(&p, &q);
    }
    return order;
}

typedef struct keyed_row {
    int64_t key;
    wefti_flush_row *row;
} keyed_row;

static int compare_keyed(const void *a, const void *b)
{
    const keyed_row *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

weft_status wefti_flush_sort_by_key(wefti_flush *flush, const wefti_table *table, wefti_flush_row **rows, uint32_t count)
{
    uint32_t i = 1;
    if (!table->integer_key) {
        while (i < count && compare_rows(&rows[i - 1], &rows[i]) <= 0)
            i++;
        if (i < count)
            qsort(rows, count, sizeof *rows, compare_rows);
        return WEFT_OK;
    }
    keyed_row *keyed = wefti_flush_alloc(flush, count * sizeof *keyed);
    if (keyed == NULL)
        return flush->session->error.status;
    bool sorted = true;
    for (i = 0; i < count; i++) {
        keyed[i] = (keyed_row){key_value(table->key[0], rows[i]).as.i, rows[i]};
        sorted = sorted && (i == 0 || keyed[i - 1].key <= keyed[i].key);
    }
    if (sorted)
        return WEFT_OK;
    qsort(keyed, count, sizeof *keyed, compare_keyed);
    for (i = 0; i < count; i++)
        rows[i] = keyed[i].row;
    return WEFT_OK;
}
