/* Random expressions in random spellings: the database reads them alike, and a constant that is another makes them another. */
#include "fixtures/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

static const weft_schema_column room_columns[] = {{.name = "id", .type = WEFT_INT64, .identity = true},
                                                  {.name = "n", .type = WEFT_INT64, .nullable = true},
                                                  {.name = "t", .type = WEFT_TEXT, .nullable = true},
                                                  {.name = "v", .type = WEFT_TEXT, .length = 9, .nullable = true}};
static const weft_schema_constraint room_key[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .name = "pk_room", .columns = NAMES("id")}};

/* One expression thrice: as it is made, spelt otherwise, and (that of the last) with one constant that is another. */
enum { MADE, SPELT, OTHER, SPELLINGS };

typedef struct speller {
    bool postgres;
    uint32_t seed, style[SPELLINGS];
    wefti_text texts[SPELLINGS];
    uint32_t constants, other; /* so far; the number of the one that is another */
} speller;

static uint32_t roll(uint32_t *seed, uint32_t count)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % count;
}

static uint32_t one_of(speller *s, uint32_t count) { return roll(&s->seed, count); }

/* A blank that must be. */
static void blank(speller *s)
{
    static const char *const blanks[] = {" ", " ", "\n", "  ", " /* a */ "};
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], blanks[roll(&s->style[i], 5)]);
}

static void gap(speller *s)
{
    static const char *const gaps[] = {"", " ", "", "\t"};
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], gaps[roll(&s->style[i], 4)]);
}

static void word(speller *s, const char *text)
{
    for (int i = 0; i < SPELLINGS; i++) {
        const uint32_t style = roll(&s->style[i], 3);
        for (const char *c = text; *c != '\0'; c++)
            wefti_text_add_char(&s->texts[i], (style == 1 || (style == 2 && roll(&s->style[i], 2) == 0)) && *c >= 'a' && *c <= 'z'
                                                  ? (char)(*c - ('a' - 'A'))
                                                  : *c);
    }
}

static void mark(speller *s, const char *text)
{
    gap(s);
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], text);
    gap(s);
}

/* One of two ways, which are the same. */
static void either(speller *s, const char *a, const char *b)
{
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], roll(&s->style[i], 2) == 0 ? a : b);
}

static void column(speller *s, const char *name)
{
    for (int i = 0; i < SPELLINGS; i++) {
        const uint32_t style = roll(&s->style[i], 4);
        wefti_text_add_format(&s->texts[i],
                              style == 0                  ? "\"%s\""
                              : style == 1 && s->postgres ? "room.%s"
                              : style == 2                ? "(%s)"
                                                          : "%s",
                              name);
    }
}

static void number(speller *s, int value)
{
    const bool other = s->constants++ == s->other;
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add_format(&s->texts[i], roll(&s->style[i], 4) == 0 ? "(%d)" : "%d", value + (i == OTHER && other ? 50 : 0));
}

static void string(speller *s, char letter, const char *cast)
{
    const bool other = s->constants++ == s->other;
    for (int i = 0; i < SPELLINGS; i++) {
        const uint32_t style = s->postgres ? roll(&s->style[i], 4) : 3;
        const char c = i == OTHER && other ? 'z' : letter;
        if (style == 0 && cast != NULL)
            wefti_text_add_format(&s->texts[i], "'%c'::%s", c, cast);
        else if (style == 1 && cast != NULL)
            wefti_text_add_format(&s->texts[i], "CAST('%c' AS %s)", c, cast);
        else
            wefti_text_add_format(&s->texts[i], style == 2 ? "E'%c'" : "'%c'", c);
    }
}

static void numeric(speller *s, int depth)
{
    switch (one_of(s, depth > 0 ? 6 : 2)) {
    case 0: column(s, "n"); break;
    case 1: column(s, "i"); break;
    case 2:
        mark(s, "(");
        numeric(s, depth - 1);
        mark(s, one_of(s, 2) == 0 ? "+" : "*");
        number(s, 1 + (int)one_of(s, 9));
        mark(s, ")");
        break;
    case 3:
        word(s, "abs");
        mark(s, "(");
        numeric(s, depth - 1);
        mark(s, ")");
        break;
    case 4:
        word(s, "length");
        mark(s, "(");
        column(s, one_of(s, 2) == 0 ? "t" : "v");
        mark(s, ")");
        break;
    default:
        word(s, "coalesce");
        mark(s, "(");
        numeric(s, depth - 1);
        mark(s, ",");
        number(s, (int)one_of(s, 9));
        mark(s, ")");
    }
}

static void condition(speller *s, int depth);

static void list(speller *s, bool texts)
{
    const uint32_t count = 2 + one_of(s, 3);
    mark(s, "(");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            mark(s, ",");
        if (texts)
            string(s, (char)('a' + (char)one_of(s, 9)), NULL);
        else
            number(s, (int)one_of(s, 40));
    }
    mark(s, ")");
}

static void comparison(speller *s, int depth)
{
    static const char *const signs[] = {"<", ">", "<=", ">=", "="};
    const bool is_text = one_of(s, 2) == 0, is_short = one_of(s, 2) == 0;
    if (is_text)
        column(s, is_short ? "v" : "t");
    else
        numeric(s, depth);
    const uint32_t way = one_of(s, 5);
    if (way == 0) {
        blank(s);
        word(s, one_of(s, 2) == 0 ? "in" : "not in");
        list(s, is_text);
    } else if (way == 1) {
        blank(s);
        word(s, one_of(s, 2) == 0 ? "is null" : "is not null");
    } else if (way == 2) {
        gap(s);
        either(s, "<>", "!=");
        gap(s);
    } else {
        mark(s, signs[one_of(s, 5)]);
    }
    if (way >= 2 && is_text)
        string(s, (char)('a' + (char)one_of(s, 9)), is_short ? NULL : "text");
    else if (way >= 2)
        number(s, (int)one_of(s, 40));
}

static void condition(speller *s, int depth)
{
    const uint32_t way = one_of(s, depth > 0 ? 6 : 3);
    if (way < 3) {
        comparison(s, depth > 0 ? depth - 1 : 0);
    } else if (way == 3) {
        word(s, "not");
        mark(s, "(");
        condition(s, depth - 1);
        mark(s, ")");
    } else {
        const uint32_t count = 2 + one_of(s, 2);
        for (uint32_t i = 0; i < count; i++) {
            if (i > 0) {
                blank(s);
                word(s, way == 4 ? "and" : "or");
                blank(s);
            }
            mark(s, "(");
            condition(s, depth - 1);
            mark(s, ")");
        }
    }
}

static void begin_spelling(speller *s, bool postgres, uint32_t seed)
{
    *s = (speller){.postgres = postgres, .seed = seed * 7919u, .style = {seed, seed * 31u + 1, seed * 17u + 5}};
    s->other = seed % 3;
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_init(&s->texts[i], 0);
}

static void end_spelling(speller *s)
{
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_deinit(&s->texts[i]);
}

/* A table whose texts are one of the spellings. */
typedef struct room {
    weft_schema_column columns[6];
    weft_schema_constraint constraints[3];
    weft_schema_part parts[2];
    weft_schema_index index;
    weft_schema_table table;
} room;

static void furnish(room *to, const catalogue *p, const speller *s, int which, int changed)
{
#define TEXT(k) s[k].texts[(k) == changed ? OTHER : which].data
    memcpy(to->columns, room_columns, sizeof room_columns);
    to->columns[4] = (weft_schema_column){.name = "i", .type = WEFT_INT64, .nullable = true};
    to->columns[5] =
        (weft_schema_column){.name = "g", .type = WEFT_INT64, .nullable = true, .generated = TEXT(0), .stored = p->postgres};
    to->constraints[0] = room_key[0];
    to->constraints[1] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_a", .expression = TEXT(1)};
    to->constraints[2] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_b", .expression = TEXT(2)};
    to->parts[0] = (weft_schema_part){.column = "t"};
    to->parts[1] = (weft_schema_part){.expression = TEXT(3)};
    to->index = (weft_schema_index){.name = "ix", .parts = to->parts, .part_count = 2, .where = TEXT(4)};
    to->table = (weft_schema_table){.name = "room",
                                    .columns = to->columns,
                                    .column_count = 6,
                                    .constraints = to->constraints,
                                    .constraint_count = 3,
                                    .indexes = &to->index,
                                    .index_count = 1};
#undef TEXT
}

static void the_spelling_of_an_expression_makes_no_difference_and_a_constant_does(void **state)
{
    catalogue *p = *state;
    const uint32_t rounds = getenv("WEFT_TEST_LONG") != NULL ? 1000 : 40;
    weft_engine *engine = catalogue_engine(p, NULL);
    for (uint32_t seed = 1; seed <= rounds; seed++) {
        speller s[5];
        room made, spelt;
        char what[40];
        snprintf(what, sizeof what, "seed %u", seed);
        for (uint32_t k = 0; k < 5; k++) {
            begin_spelling(&s[k], p->postgres, seed * 8 + k);
            if (k == 0 || k == 3) {
                mark(&s[k], "(");
                numeric(&s[k], 3);
                mark(&s[k], "+");
                number(&s[k], 1); /* so that there is a constant, and no lone column */
                mark(&s[k], ")");
            } else {
                condition(&s[k], 3);
            }
        }
        furnish(&made, p, s, MADE, -1);
        catalogue_make(p, engine, &(wefti_definition){.tables = &made.table, .table_count = 1}, what);
        furnish(&spelt, p, s, SPELT, -1);
        catalogue_compares(engine, catalogue_schema_of_table(p, &spelt.table), true, what);
        for (int k = 0; k < 5; k++) {
            if (s[k].constants <= s[k].other)
                continue;
            furnish(&spelt, p, s, SPELT, k);
            snprintf(what, sizeof what, "seed %u, text %d", seed, k);
            catalogue_compares(engine, catalogue_schema_of_table(p, &spelt.table), false, what);
        }
        catalogue_make(p, engine, &(wefti_definition){0}, what);
        for (int k = 0; k < 5; k++)
            end_spelling(&s[k]);
    }
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(the_spelling_of_an_expression_makes_no_difference_and_a_constant_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
