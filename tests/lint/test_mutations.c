/* Texts that nobody would write: cases of the rules, cut, doubled, mixed and changed at random. Whatever they are, lint tells what
 * is in the text and comes to an end. The seed is printed. */
#include "looked.h"

#include "support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* libpg_query keeps a byte of each PL/pgSQL body that does not parse, and gives nobody a pointer to it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:pg_query_raw_parse\n"; }

static uint64_t state_of_random;

static uint32_t draw(uint32_t below)
{
    state_of_random = state_of_random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state_of_random >> 33) % below;
}

static const char *const pieces[] = {"'",
                                     "\"",
                                     "$$",
                                     ";",
                                     "(",
                                     ")",
                                     "/*",
                                     "*/",
                                     "--",
                                     "\n-- lint: allow drop-table x\n",
                                     "[",
                                     "]",
                                     "`",
                                     "E'\\'",
                                     "CASCADE",
                                     "NULL",
                                     "DEFAULT (",
                                     "\xc3\xa4",
                                     "\\",
                                     "\n-- no transaction\n",
                                     ".",
                                     ",",
                                     "ALTER TABLE",
                                     "CREATE",
                                     "DROP",
                                     "ADD",
                                     "RENAME TO",
                                     "TABLE",
                                     "\n-- lint:",
                                     "\n-- destructive\n",
                                     "0x",
                                     "1e",
                                     "PRAGMA foreign_keys=",
                                     "VACUUM",
                                     "UNIQUE",
                                     "CONCURRENTLY",
                                     "IF",
                                     "ON",
                                     "CONSTRAINT",
                                     "a.b.c"};

static void add(char *text, size_t room, const char *more, size_t size)
{
    const size_t length = strlen(text);
    if (length + size + 1 >= room)
        return;
    memcpy(text + length, more, size);
    text[length + size] = '\0';
}

static void make(char *text, size_t room)
{
    *text = '\0';
    for (uint32_t i = 1 + draw(4); i > 0; i--) {
        const lint_case *c = &looked_cases[draw((uint32_t)looked_case_count)];
        const char *from = draw(2) == 0 ? c->bad : c->good;
        const size_t size = strlen(from), begin = draw(3) == 0 ? draw((uint32_t)size) : 0;
        const size_t end = draw(3) == 0 ? begin + draw((uint32_t)(size - begin)) : size;
        add(text, room, from + begin, end - begin);
        if (draw(2) == 0) {
            const char *piece = pieces[draw(sizeof pieces / sizeof pieces[0])];
            add(text, room, piece, strlen(piece));
        }
        if (draw(4) == 0 && *text != '\0') /* of letters, not of the bytes of one */
            text[draw((uint32_t)strlen(text))] = "(),;'\"$ \nxA0"[draw(12)];
        add(text, room, "\n", 1);
    }
}

static int lines_of(const char *text)
{
    int lines = 1;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void what_nobody_would_write_is_looked_at_all_the_same(void **state)
{
    (void)state;
    const char *many = getenv("WEFT_TEST_LONG");
    const int rounds = many != NULL && *many != '\0' ? 20000 : 400;
    size_t read = 0, findings = 0;
    print_message("seed %llu\n", (unsigned long long)state_of_random);
    for (int i = 0; i < rounds; i++) {
        char text[4000];
        make(text, sizeof text);
        for (int sqlite = 0; sqlite < 2; sqlite++) {
            weft_error error = {0};
            looked made;
            if (look(&made, sqlite ? "sqlite" : "postgresql", i % 2 == 0 ? looked_tables : "SELECT 1;", text, &error)) {
                read++;
                findings += made.l.count;
                for (size_t k = 0; k < made.l.count; k++) {
                    const lint_finding *f = &made.l.findings[k];
                    assert_true(f->line >= 1 && f->line <= lines_of(text) + 6);
                    assert_true(f->rule < LINT_RULE_COUNT && *f->message != '\0');
                }
            } else {
                assert_true(*error.message != '\0');
            }
            look_end(&made);
        }
    }
    assert_true(read > (size_t)rounds / 4 && findings > (size_t)rounds / 4);
}

/* Depth is the parser's to refuse, and then a warning. */
static void deep_nesting_is_a_warning(void **state)
{
    (void)state;
    static const size_t depths[] = {50, 1500, 20000};
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        const size_t depth = depths[i];
        char *text = calloc(1, 2 * depth + 200);
        assert_non_null(text);
        int size = snprintf(text, 2 * depth + 200, "DROP TABLE room; ALTER TABLE room ADD q integer DEFAULT ");
        memset(text + size, '(', depth);
        text[size + (int)depth] = '1';
        memset(text + size + depth + 1, ')', depth);
        weft_error error = {0};
        looked made;
        assert_true(look(&made, "postgresql", "SELECT 1;", text, &error));
        assert_int_equal(found(&made, LINT_DROP_TABLE), 1);
        assert_true(found(&made, LINT_UNPARSED) == (depth == 20000) || depth == 1500);
        look_end(&made);
        free(text);
    }
}

int main(void)
{
    const char *given = getenv("WEFT_TEST_SEED");
    state_of_random = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_would_write_is_looked_at_all_the_same),
        cmocka_unit_test(deep_nesting_is_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
