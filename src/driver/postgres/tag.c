/* Command tags, the server's own word for what a statement did. They are looked at for every statement that was not sent as
 * transaction control: the transaction's status is no witness, for within a pipeline it is as old as the last sync, and after
 * COMMIT AND CHAIN it looks as before. */
#include "driver/postgres/postgres.h"

#include <string.h>

static bool begins_with(const char *tag, const char *start) { return strncmp(tag, start, strlen(start)) == 0; }

bool wefti_postgres_tag_controls(const char *tag)
{
    static const char *const control[] = {"BEGIN",   "START TRANSACTION",  "COMMIT", "ROLLBACK", "SAVEPOINT",
                                          "RELEASE", "PREPARE TRANSACTION"};
    for (size_t i = 0; i < sizeof control / sizeof control[0]; i++)
        if (begins_with(tag, control[i]))
            return true;
    return false;
}

/* The connection is closed: of what was done in the transaction only what a COMMIT has kept stays. */
static weft_outcome outcome_of(const char *tag)
{
    if (begins_with(tag, "COMMIT"))
        return WEFT_OUTCOME_COMMITTED;
    return begins_with(tag, "PREPARE") ? WEFT_OUTCOME_UNKNOWN : WEFT_OUTCOME_ROLLED_BACK;
}

weft_status wefti_postgres_tag_unexpected(wefti_postgres_dbc *c, const char *tag, bool in_transaction, weft_error *error)
{
    c->broken = true;
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "a statement began, ended or named a transaction: the server answered %.40s",
                          tag);
    wefti_error_hint(error, begins_with(tag, "COMMIT") || begins_with(tag, "PREPARE")
                                ? "what the transaction had done before stays; the connection is closed"
                                : "the connection is closed, which rolls back what is open");
    if (error != NULL && in_transaction)
        error->outcome = outcome_of(tag);
    return WEFT_ERROR_MISUSE;
}
