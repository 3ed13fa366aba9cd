/* What weft/driver.h has for whoever writes a driver. */
#include "driver/user/user.h"

weft_status weft_driver_error(weft_error *error, weft_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)wefti_error_setv(error, status, format, arguments);
    va_end(arguments);
    return status;
}

void weft_driver_error_names(weft_error *error, const char *constraint, const char *table, const char *column)
{
    if (error == NULL)
        return;
    if (constraint != NULL)
        wefti_error_field(error->constraint, sizeof error->constraint, constraint);
    if (table != NULL)
        wefti_error_field(error->table, sizeof error->table, table);
    if (column != NULL)
        wefti_error_field(error->column, sizeof error->column, column);
}

int weft_driver_left_ms(int64_t deadline) { return wefti_deadline_poll_ms(deadline); }
