/* Settings of a URL that no server will ever make right are told when the engine opens, not when the first login was waited for.
 * What weft can look at itself are numbers; for the words of libpq's options libpq is asked, by a login at a socket that does not
 * exist: options are checked before anything is connected, and nothing leaves the process. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define NOWHERE "/nonexistent/weft"

static bool is_number(const char *text)
{
    int64_t value = 0;
    return wefti_int64_parse(text, strlen(text), &value) && value >= INT32_MIN && value <= INT32_MAX;
}

static weft_status check_numbers(const wefti_postgres_config *config, weft_error *error)
{
    static const char *const numbers[] = {"connect_timeout",     "keepalives",       "keepalives_idle",
                                          "keepalives_interval", "keepalives_count", "tcp_user_timeout"};
    for (size_t i = 0; config->keywords[i] != NULL; i++) {
        const char *keyword = config->keywords[i], *value = config->values[i];
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
            if (strcmp(keyword, numbers[k]) == 0 && !is_number(value))
                return wefti_error_set(error, WEFT_ERROR_URL, "option %s of the URL is not a number", keyword);
    }
    return WEFT_OK;
}

static bool is_place(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 || strcmp(keyword, "port") == 0;
}

static weft_status ask_libpq(const wefti_postgres_config *config, weft_error *error)
{
    size_t room = config->keyword_count + 3, count = 0;
    const char **keywords = wefti_calloc(2 * room, sizeof *keywords), **values = keywords + room;
    if (keywords == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; config->keywords[i] != NULL; i++)
        if (!is_place(config->keywords[i])) {
            keywords[count] = config->keywords[i];
            values[count++] = config->values[i];
        }
    keywords[count] = "host";
    values[count++] = NOWHERE;
    keywords[count] = "port";
    values[count++] = "1";
    PGconn *pg = wefti_pq_connect(keywords, values);
    const char *text = pg != NULL ? PQerrorMessage(pg) : "out of memory";
    weft_status status = WEFT_OK;
    if (wefti_postgres_is_memory(text)) {
        status = wefti_error_memory(error);
    } else if (strstr(text, NOWHERE) == NULL) {
        char message[300];
        wefti_postgres_clean_message(config->password, text, message, sizeof message);
        status = wefti_error_set(error, WEFT_ERROR_URL, "libpq refuses the options of the URL: %s", message);
    }
    PQfinish(pg);
    wefti_free(keywords);
    return status;
}

weft_status wefti_postgres_check_settings(const wefti_postgres_config *config, weft_error *error)
{
    weft_status status = check_numbers(config, error);
    return status == WEFT_OK ? ask_libpq(config, error) : status;
}
