/* Names and types of columns, as the driver tells them. */
#include "driver/user/user.h"

weft_type wefti_user_own_type(wefti_user_run *run, uint16_t column)
{
    const weft_driver *own = &run->dbc->driver->own;
    const weft_type type = own->column_type != NULL && run->open ? own->column_type(&run->rows, column) : WEFT_UNMAPPED;
    return wefti_type_is_columns((unsigned)type) ? type : WEFT_UNMAPPED;
}

const char *wefti_user_column_name(wefti_cursor *cursor, uint16_t column)
{
    wefti_user_run *run = (wefti_user_run *)cursor;
    const char *name = run->open && column < run->rows.column_count ? run->dbc->driver->own.column_name(&run->rows, column) : NULL;
    return name != NULL ? name : "";
}

weft_type wefti_user_column_type(wefti_cursor *cursor, uint16_t column)
{
    wefti_user_run *run = (wefti_user_run *)cursor;
    if (column >= run->rows.column_count)
        return WEFT_UNMAPPED;
    const unsigned wanted = run->statement->column_types != NULL ? run->statement->column_types[column] : WEFT_UNMAPPED;
    return wanted != WEFT_UNMAPPED ? (weft_type)wanted : wefti_user_own_type(run, column);
}
