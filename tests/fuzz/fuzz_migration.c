/* Files of revisions: each is read or told by its file and line what is wrong with it; how lines end makes no difference. */
#include "fuzz.h"

#include "base/arena.h"
#include "migrate/dialect.h"
#include "migrate/file.h"

#include <string.h>

static weft_status read_file(const wefti_migrate_dialect *dialect, const char *text, size_t size, uint64_t *checksum, size_t *steps)
{
    wefti_arena arena;
    wefti_revision revision = {0};
    weft_error error = {0};
    wefti_arena_init(&arena, 4096);
    const weft_status status = wefti_file_read(dialect, &arena, "20260101_1a2b3c4d_test.sql", text, size, NULL, &revision, &error);
    if (status == WEFT_OK) {
        MUST(revision.id != NULL && wefti_id_valid(revision.id));
        *checksum = revision.checksum;
        *steps = revision.up.count + revision.down.count;
        for (size_t i = 0; i < revision.up.count; i++)
            MUST(revision.up.items[i].sql != NULL && revision.up.items[i].line > 0);
    } else {
        MUST(status == WEFT_ERROR_DATA && strstr(error.message, "test.sql") != NULL);
    }
    wefti_arena_deinit(&arena);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *other = malloc(2 * size + 1);
    size_t other_size = 0;
    MUST(other != NULL);
    for (size_t i = 0; i < size; i++) { /* each line ends with CR LF */
        if (text[i] == '\r')
            continue;
        if (text[i] == '\n')
            other[other_size++] = '\r';
        other[other_size++] = text[i];
    }
    other[other_size] = '\0';
    for (size_t i = 0; wefti_migrate_dialects[i] != NULL; i++) {
        uint64_t sums[2] = {0};
        size_t steps[2] = {0};
        const weft_status status = read_file(wefti_migrate_dialects[i], text, size, &sums[0], &steps[0]);
        if (memchr(text, '\r', size) != NULL)
            continue;
        MUST(read_file(wefti_migrate_dialects[i], other, other_size, &sums[1], &steps[1]) == status);
        MUST(sums[0] == sums[1] && steps[0] == steps[1]);
    }
    free(other);
    free(text);
    return 0;
}
