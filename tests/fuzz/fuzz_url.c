/* URLs: any text opens an engine or is told what is wrong with it; what is shown of a URL opens the same, without its password. */
#include "fuzz.h"

#include <string.h>

#include <weft/weft.h>

#define SECRET "zq7SECRETvx"

/* The first byte says whether the text goes on behind the beginning of a URL with a password. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft_engine *engine = NULL, *again = NULL;
    weft_error error;
    if (size == 0)
        return 0;
    const bool secret = data[0] == '!';
    char *rest = fuzz_text(data + secret, size - secret);
    if (strstr(rest, SECRET) != NULL) { /* libFuzzer takes words from comparisons: here it is no password */
        free(rest);
        return 0;
    }
    const size_t room = strlen(rest) + 64;
    char *url = malloc(room);
    MUST(url != NULL);
    (void)snprintf(url, room, "%s%s", secret ? "postgresql://weft:" SECRET "@" : "", rest);
    const weft_engine_options options = {.pool = {.size = 1, .max_overflow = WEFT_NONE}};
    if (weft_engine_open(&engine, url, &options, &error) == WEFT_OK) {
        const char *shown = weft_engine_url(engine);
        MUST(shown[0] != '\0');
        MUST(!secret || strstr(shown, SECRET) == NULL);
        if (weft_engine_open(&again, shown, &options, &error) != WEFT_OK) {
            fprintf(stderr, "%s is shown for %s: %s\n", shown, url, error.message);
            MUST(false);
        }
        if (strcmp(weft_engine_url(again), shown) != 0) {
            fprintf(stderr, "%s is shown for %s\n", weft_engine_url(again), shown);
            MUST(false);
        }
    } else {
        MUST(engine == NULL);
        MUST(error.message[0] != '\0');
        MUST(!secret || (strstr(error.message, SECRET) == NULL && strstr(error.hint, SECRET) == NULL));
    }
    weft_engine_close(engine);
    weft_engine_close(again);
    free(url);
    free(rest);
    return 0;
}
