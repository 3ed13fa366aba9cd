/* Whether a database is what the models of an engine want, for the start of a server. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/check.h"
#include "engine/schemas.h"
#include "schema/check.h"
#include "schema/read.h"

#include <string.h>

/* ---- looking ---- */

static weft_status begin(void *context, weft_error *error)
{
    const wefti_begin reading = {.isolation = WEFTI_ISOLATION_REPEATABLE_READ, .read_only = true};
    return wefti_connection_begin(context, &reading, WEFTI_NO_DEADLINE, error);
}

static void end(void *context) { (void)wefti_connection_rollback(context, WEFTI_NO_DEADLINE, NULL); }

static weft_status look(weft_engine *engine, const wefti_definition *wanted, wefti_arena *arena, wefti_differences *differences,
                        weft_error *error)
{
    weft_connection connection;
    wefti_definition found = {0};
    const wefti_ddl *ddl = wefti_dialect_ddl(engine->dialect);
    weft_status status = wefti_connection_acquire(engine, &connection, WEFTI_NO_DEADLINE, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    const wefti_scratch scratch = {.context = &connection, .begin = begin, .end = end, .asker = {&connection, wefti_ask}};
    int left = WEFTI_READINGS - 1;
    do {
        status = begin(&connection, error);
        if (status == WEFT_OK)
            status = wefti_read_tables(ddl, &scratch.asker, wanted, arena, &found, error);
        end(&connection);
    } while (wefti_reads_again(status, &left));
    const wefti_comparison what = {.ddl = ddl,
                                   .wanted = wanted,
                                   .found = &found,
                                   .wanted_place = wanted->place,
                                   .found_place = found.place,
                                   .scratch = &scratch};
    if (status == WEFT_OK)
        status = wefti_find_differences(&what, arena, differences, error);
    wefti_connection_release(&connection);
    return status;
}

static weft_status check(weft_engine *engine, wefti_arena *arena, wefti_differences *differences, weft_error *error)
{
    wefti_definition wanted;
    weft_status status = wefti_schema_define(engine->schema, engine->dialect, arena, &wanted, error);
    if (status == WEFT_OK)
        status = wefti_schema_define_view_columns(engine->schema, engine->dialect, arena, &wanted, error);
    wefti_places_define(status == WEFT_OK ? engine->places : NULL, &wanted);
    return status == WEFT_OK ? look(engine, &wanted, arena, differences, error) : status;
}

/* ---- one block ---- */

static const char *move(char **to, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *made = memcpy(*to, text, size);
    *to += size;
    return made;
}

static weft_difference *block_of(const wefti_differences *from)
{
    const size_t head = from->count * sizeof *from->items;
    size_t size = head;
    for (size_t i = 0; i < from->count; i++) {
        const weft_difference *one = &from->items[i];
        size += strlen(one->table) + strlen(one->name) + strlen(one->wanted) + strlen(one->found) + strlen(one->text) + 5;
    }
    weft_difference *made = wefti_malloc(size);
    char *texts = (char *)made + head;
    for (size_t i = 0; made != NULL && i < from->count; i++) {
        made[i] = from->items[i]; /* its object is static */
        made[i].table = move(&texts, from->items[i].table);
        made[i].name = move(&texts, from->items[i].name);
        made[i].wanted = move(&texts, from->items[i].wanted);
        made[i].found = move(&texts, from->items[i].found);
        made[i].text = move(&texts, from->items[i].text);
    }
    return made;
}

weft_status weft_engine_check(weft_engine *engine, weft_difference **differences, size_t *count, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_error local;
    wefti_arena arena;
    wefti_differences found = {0};
    if (error == NULL)
        error = &local;
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK && (differences == NULL || count == NULL))
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_engine_check: a pointer to fill is NULL");
    if (status != WEFT_OK)
        return status;
    *differences = NULL;
    *count = 0;
    if (engine->schema->table_count == 0)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_engine_check: the engine was opened without models (.metadata)");
    wefti_error_clear(error);
    wefti_arena_init(&arena, 0);
    status = check(engine, &arena, &found, error);
    if (status == WEFT_OK && found.count > 0 && (*differences = block_of(&found)) == NULL)
        status = wefti_error_memory(error);
    if (status == WEFT_OK)
        *count = found.count;
    wefti_arena_deinit(&arena);
    return status;
}

/* ---- at the start ---- */

static bool is_refused(const weft_difference *one, weft_schema_check how)
{
    return how == WEFT_SCHEMA_WARN         ? false
           : how == WEFT_SCHEMA_REFUSE_ANY ? one->fatal || one->kind != WEFT_DIFFERENCE_EXTRA
                                           : one->fatal;
}

static const char refusal[] = "the database is not what the models want: ";
enum { ROOM_FOR_THE_REST = 32 }; /* "; and 18446744073709551615 more" */

/* As many of them as there is room for. */
static weft_status refuse(const weft_difference *list, size_t count, weft_schema_check how, weft_error *error)
{
    wefti_text text;
    size_t refused = 0, told = 0;
    wefti_text_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        if (!is_refused(&list[i], how))
            continue;
        const bool fits = sizeof refusal + text.size + strlen(list[i].text) + ROOM_FOR_THE_REST < sizeof error->message;
        if (told == refused++ && fits) {
            wefti_text_add_format(&text, "%s%s", told > 0 ? "; " : "", list[i].text);
            told++;
        }
    }
    if (refused == 0) {
        wefti_text_deinit(&text);
        return WEFT_OK;
    }
    if (refused > told)
        wefti_text_add_format(&text, "%sand %zu more", told > 0 ? "; " : "", refused - told);
    const weft_status status =
        text.failed ? wefti_error_memory(error) : wefti_error_set(error, WEFT_ERROR_SCHEMA, "%s%s", refusal, text.data);
    if (!text.failed)
        wefti_error_hint(error, "bring it up to date (weft upgrade), or open the engine with .check_schema = WEFT_SCHEMA_WARN and "
                                "ask weft_engine_check for all that differs");
    wefti_text_deinit(&text);
    return status;
}

weft_status wefti_engine_check_schema(weft_engine *engine, weft_schema_check how, weft_error *error)
{
    weft_error local;
    weft_difference *list = NULL;
    size_t count = 0;
    if (how == WEFT_SCHEMA_NONE)
        return WEFT_OK;
    if (error == NULL)
        error = &local;
    weft_status status = weft_engine_check(engine, &list, &count, error);
    if (status != WEFT_OK && status != WEFT_ERROR_MISUSE && how == WEFT_SCHEMA_WARN) {
        wefti_log_text(&engine->log, WEFT_LOG_WARNING, WEFT_LOG_GENERAL, "the schema could not be checked: %s", error->message);
        wefti_error_clear(error);
        return WEFT_OK;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_refused(&list[i], how))
            wefti_log_text(&engine->log, WEFT_LOG_WARNING, WEFT_LOG_GENERAL, "schema: %s", list[i].text);
    if (status == WEFT_OK)
        status = refuse(list, count, how, error);
    weft_free(list);
    return status;
}
