#define _POSIX_C_SOURCE 200809L
#include "wide.h"

#include <ctype.h>

static const char *const grades[] = {"low", "mid", "top"};

WEFT_MODEL(Maker, "maker", WEFT_COLUMN(Maker, id, .primary_key = true), WEFT_COLUMN(Maker, no, .unique = true),
           WEFT_COLUMN(Maker, name), WEFT_ENUM(Maker, level, grades, .sql_type = "grade"),
           WEFT_COLUMN(Maker, price, .nullable = true), WEFT_COLUMN(Maker, data, .nullable = true),
           WEFT_COLUMN(Maker, rev, .version = true), WEFT_COLUMN(Maker, boss_id, .references = "maker.id"),
           WEFT_BELONGS_TO(Maker, boss, Maker, .foreign_key = "boss_id", .back_populates = "staff"),
           WEFT_HAS_MANY(Maker, staff, Maker, .foreign_key = "boss_id", .back_populates = "boss"),
           WEFT_HAS_MANY(Maker, parts, Part, .foreign_key = "maker_id", .back_populates = "maker", .lazy = WEFT_LOAD_SELECTIN),
           WEFT_HAS_MANY(Maker, notes, Note, .foreign_key = "maker_id", .back_populates = "maker"));
WEFT_MODEL(Part, "part", WEFT_ENUM(Part, kind, grades, .primary_key = true, .sql_type = "grade"),
           WEFT_COLUMN(Part, code, .primary_key = true), WEFT_COLUMN(Part, no, .unique = true), WEFT_COLUMN(Part, amount),
           WEFT_COLUMN(Part, maker_id, .references = "maker.id"),
           WEFT_COLUMN(Part, word_text, .nullable = true, .references = "word.text", .sql_type = "loose_text"),
           WEFT_BELONGS_TO(Part, maker, Maker, .foreign_key = "maker_id", .back_populates = "parts"),
           WEFT_BELONGS_TO(Part, word, Word, .foreign_key = "word_text", .back_populates = "parts"),
           WEFT_MANY_TO_MANY(Part, tags, Tag, .through = "part_tag(kind, code; rate)", .back_populates = "parts",
                             .lazy = WEFT_LOAD_SELECTIN));
WEFT_MODEL(Word, "word", WEFT_COLUMN(Word, text, .primary_key = true, .sql_type = "loose_text"), WEFT_COLUMN(Word, no),
           WEFT_HAS_MANY(Word, parts, Part, .foreign_key = "word_text", .back_populates = "word"));
WEFT_MODEL(Tag, "tag", WEFT_COLUMN(Tag, rate, .primary_key = true), WEFT_COLUMN(Tag, no),
           WEFT_MANY_TO_MANY(Tag, parts, Part, .through = "part_tag(rate; kind, code)", .back_populates = "tags"));
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true), WEFT_COLUMN(Note, no, .unique = true),
           WEFT_COLUMN(Note, value), WEFT_COLUMN(Note, body, .server_default = "'d'"),
           WEFT_COLUMN(Note, maker_id, .references = "maker.id"),
           WEFT_BELONGS_TO(Note, maker, Maker, .foreign_key = "maker_id", .back_populates = "notes", .lazy = WEFT_LOAD_JOINED));
static WEFT_METADATA(models, &Maker_model, &Part_model, &Word_model, &Tag_model, &Note_model);

/* ---- telling ---- */

void wide_tell(world *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->steps[w->told++ % TOLD], sizeof w->steps[0], format, arguments);
    va_end(arguments);
}

void wide_complain(const world *w, const side *d, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (int i = w->told < TOLD ? 0 : w->told - TOLD; i < w->told; i++)
        print_error("    %s\n", w->steps[i % TOLD]);
    print_error("WEFT_TEST_SEED=%u, step %d, %s: %s (%s: %s)\n", (unsigned)w->seed, w->step,
                d->database.backend == TEST_SQLITE ? "SQLite" : "PostgreSQL", text, weft_status_name(weft_session_status(d->s)),
                weft_session_error(d->s)->message);
    fail();
}

int wide_roll(world *w, int below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((w->random >> 33) % (uint64_t)below);
}

/* ---- values in their spellings ---- */

const char *const wide_words[WORDS] = {"Alpha", "bETA", "Gamma delta", "e"};
const int wide_rates[TAGS] = {1500, 2000, 250, -500};
const char *const wide_codes[PARTS] = {"a", "A", "b", "", "b ", "B", "x y", "x  y", "é", "É", "a long code of some words", "%"};

const char *wide_word_spelt(weft_session *s, int word, int how)
{
    char text[32];
    snprintf(text, sizeof text, "%s", wide_words[word]);
    for (char *c = text; *c != '\0'; c++)
        *c = (char)(how == 1 ? toupper(*c) : how == 2 ? tolower(*c) : *c);
    return weft_text(s, text);
}

/* Thousandths as the shortest text, with more zeros after it. */
static void decimal_text(char text[32], int value, int zeros)
{
    int size = snprintf(text, 32, "%s%d.%03d", value < 0 ? "-" : "", abs(value) / 1000, abs(value) % 1000);
    while (text[size - 1] == '0')
        size--;
    if (text[size - 1] == '.' && zeros == 0)
        size--;
    while (zeros-- > 0)
        text[size++] = '0';
    text[size] = '\0';
}

weft_decimal wide_decimal(weft_session *s, int value, int zeros)
{
    char text[32];
    if (value == UNPRICED)
        return (weft_decimal){NULL};
    decimal_text(text, value, zeros);
    return (weft_decimal){weft_text(s, text)};
}

static bool same_decimal(weft_decimal found, int value)
{
    if (found.text == NULL || value == UNPRICED)
        return found.text == NULL && value == UNPRICED;
    char text[32];
    decimal_text(text, value, 0);
    size_t size = strlen(text);
    if (strncmp(found.text, text, size) != 0)
        return false;
    found.text += size;
    if (strchr(text, '.') == NULL && *found.text == '.')
        found.text++;
    return found.text[strspn(found.text, "0")] == '\0';
}

weft_json wide_json(weft_session *s, int value, int how)
{
    return (weft_json){how == 0   ? weft_format(s, "{\"v\": %d, \"w\": [1, 2]}", value)
                       : how == 1 ? weft_format(s, "{\"w\":[1,2],\"v\":%d}", value)
                                  : weft_format(s, "{ \"v\" : %d , \"w\" : [1,2] }", value)};
}

/* ---- the databases ---- */

static const char *const key_forms[][2] = {
    {"INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"},
    {"INTEGER PRIMARY KEY", "BIGINT GENERATED ALWAYS AS IDENTITY (INCREMENT BY -3) PRIMARY KEY"},
    {"BIGINT DEFAULT (abs(random()) / 4) PRIMARY KEY", "BIGINT DEFAULT (random() * 1e15)::bigint PRIMARY KEY"},
    {"INTEGER PRIMARY KEY AUTOINCREMENT",
     "BIGINT GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 100000 START 99900 CYCLE) PRIMARY KEY"},
};

static void create(const side *d, const char *format, ...) WEFT_PRINTF(2, 3);
static void create(const side *d, const char *format, ...)
{
    char sql[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    test_database_exec(&d->database, sql);
}

static void create_tables(const side *d, int form)
{
    const bool postgres = d->database.backend == TEST_POSTGRES;
    const char *grade_type = postgres ? "grade" : "ENUM_TEXT", *json_type = postgres ? "JSONB" : "JSON_TEXT",
               *decimal_type = postgres ? "NUMERIC" : "DECIMAL_TEXT";
    const char *loose = postgres ? "loose_text" : "loose_text COLLATE NOCASE";
    if (postgres) {
        create(d, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        create(d, "CREATE DOMAIN loose_text AS text COLLATE loose");
        create(d, form % 2 == 1 ? "CREATE TYPE grade AS ENUM ('low', 'mid', 'top')" : "CREATE DOMAIN grade AS text");
    }
    create(d,
           "CREATE TABLE maker (id %s, no INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, level %s NOT NULL, price %s, data %s, "
           "rev BIGINT NOT NULL, boss_id BIGINT REFERENCES maker)",
           key_forms[form % 4][postgres], grade_type, decimal_type, json_type);
    create(d, "CREATE TABLE word (text %s PRIMARY KEY, no INTEGER NOT NULL)", loose);
    create(d, "CREATE TABLE tag (rate %s PRIMARY KEY, no INTEGER NOT NULL)", decimal_type);
    create(d,
           "CREATE TABLE part (kind %s, code TEXT, no INTEGER NOT NULL UNIQUE, amount %s NOT NULL, maker_id BIGINT REFERENCES "
           "maker, word_text %s REFERENCES word, PRIMARY KEY (kind, code))",
           grade_type, decimal_type, loose);
    create(d,
           "CREATE TABLE part_tag (kind %s, code TEXT, rate %s REFERENCES tag, FOREIGN KEY (kind, code) REFERENCES part"
           "%s)",
           grade_type, decimal_type, form / 2 % 2 == 0 ? ", PRIMARY KEY (kind, code, rate)" : "");
    create(d,
           "CREATE TABLE note (id %s, no INTEGER NOT NULL UNIQUE, value INTEGER NOT NULL, body TEXT DEFAULT 'd', maker_id BIGINT "
           "REFERENCES maker)",
           key_forms[(form + 1) % 4][postgres]);
}

void wide_open_sides(world *w)
{
    static const test_backend backends[2] = {TEST_SQLITE, TEST_POSTGRES};
    for (int i = 0; i < 2; i++) {
        side *d = &w->sides[i];
        weft_error error = {0};
        test_database_open(&d->database, backends[i]);
        create_tables(d, (int)(w->seed % 8));
        assert_error(weft_engine_open(&d->engine, d->database.url, &(weft_engine_options){.metadata = &models}, &error), WEFT_OK,
                     &error);
        d->s = weft_session_open(d->engine, NULL);
        assert_ok(d->s);
    }
    for (int i = 0; i < MAKERS; i++)
        w->now.makers[i].boss = NONE;
    w->before = w->now;
}

void wide_close_sides(world *w)
{
    BOTH(w, d)
    {
        weft_session_close(d->s);
        weft_engine_close(d->engine);
        test_database_drop(&d->database);
    }
}

/* ---- rows beside weft ---- */

enum { TABLES = 6 };
static const char *const judges[TABLES][2] = {
    {"SELECT m.no, m.name, m.level, m.price, m.data->>'v', b.no FROM maker m LEFT JOIN maker b ON b.id = m.boss_id ORDER BY m.no",
     "SELECT m.no, m.name, m.level, trim_scale(m.price), m.data->>'v', b.no FROM maker m LEFT JOIN maker b ON b.id = m.boss_id "
     "ORDER BY m.no"},
    {"SELECT p.no, p.kind, p.code, p.amount, m.no, w.no FROM part p LEFT JOIN maker m ON m.id = p.maker_id LEFT JOIN word w ON "
     "w.text = p.word_text ORDER BY p.no",
     "SELECT p.no, p.kind, p.code, trim_scale(p.amount), m.no, w.no FROM part p LEFT JOIN maker m ON m.id = p.maker_id LEFT "
     "JOIN "
     "word w ON w.text = p.word_text ORDER BY p.no"},
    {"SELECT p.no, t.no FROM part_tag l JOIN part p ON p.kind = l.kind AND p.code = l.code JOIN tag t ON t.rate = l.rate ORDER BY "
     "p.no, t.no",
     NULL},
    {"SELECT no, text FROM word ORDER BY no", NULL},
    {"SELECT no, rate FROM tag ORDER BY no", "SELECT no, trim_scale(rate) FROM tag ORDER BY no"},
    {"SELECT n.no, n.value, n.body, m.no FROM note n LEFT JOIN maker m ON m.id = n.maker_id ORDER BY n.no", NULL},
};

static const char *number_or_null(char text[16], int value)
{
    snprintf(text, 16, value == NONE ? "NULL" : "%d", value);
    return text;
}

static void print_wanted(const plain *p, int table, FILE *out)
{
    char first[32], second[32];
    for (int i = 0; i < MAKERS && table == 0; i++)
        if (p->makers[i].there) {
            decimal_text(first, p->makers[i].price == UNPRICED ? 0 : p->makers[i].price, 0);
            fprintf(out, "%d|n%d|%s|%s|%d|%s\n", i, p->makers[i].name, grades[p->makers[i].level],
                    p->makers[i].price == UNPRICED ? "NULL" : first, p->makers[i].data, number_or_null(second, p->makers[i].boss));
        }
    for (int i = 0; i < PARTS && table == 1; i++)
        if (p->parts[i].there) {
            char maker[16];
            decimal_text(first, p->parts[i].amount, 0);
            fprintf(out, "%d|%s|%s|%s|%s|%s\n", i, grades[KIND(i)], wide_codes[i], first, number_or_null(maker, p->parts[i].maker),
                    number_or_null(second, p->parts[i].word));
        }
    for (int i = 0; i < PARTS && table == 2; i++)
        for (int t = 0; t < TAGS; t++)
            if (p->parts[i].there && p->parts[i].tags[t])
                fprintf(out, "%d|%d\n", i, t);
    for (int i = 0; i < WORDS && table == 3; i++)
        if (p->words[i])
            fprintf(out, "%d|%s\n", i, wide_words[i]);
    for (int i = 0; i < TAGS && table == 4; i++)
        if (p->tags[i]) {
            decimal_text(first, wide_rates[i], 0);
            fprintf(out, "%d|%s\n", i, first);
        }
    for (int i = 0; i < p->next && table == 5; i++)
        if (p->notes[i].there)
            fprintf(out, "%d|%d|%s|%s\n", i, p->notes[i].value, p->notes[i].given ? "given" : "d",
                    number_or_null(second, p->notes[i].maker));
}

static void assert_same_rows(const world *w, const side *d, const char *found, const char *wanted)
{
    size_t at = 0, line = 0;
    while (found[at] != '\0' && found[at] == wanted[at])
        if (found[at++] == '\n')
            line = at;
    if (found[at] != '\0' || (wanted[at] != '\0' && strcmp(wanted + at, "\n") != 0))
        wide_complain(w, d, "the row is %.*s where it must be %.*s", (int)strcspn(found + line, "\n"), found + line,
                      (int)strcspn(wanted + line, "\n"), wanted + line);
}

void wide_compare(world *w, const plain *p)
{
    for (int table = 0; table < TABLES; table++) {
        char *wanted = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&wanted, &size);
        print_wanted(p, table, out);
        fclose(out);
        BOTH(w, d)
        {
            const char *sql = judges[table][d->database.backend == TEST_POSTGRES];
            char *found = test_database_rows(&d->database, sql != NULL ? sql : judges[table][0]);
            assert_same_rows(w, d, found, wanted);
            free(found);
        }
        free(wanted);
    }
    char *revisions[2];
    for (int i = 0; i < 2; i++)
        revisions[i] = test_database_rows(&w->sides[i].database, "SELECT no, rev FROM maker ORDER BY no");
    assert_same_rows(w, &w->sides[1], revisions[1], revisions[0]);
    free(revisions[0]);
    free(revisions[1]);
}

/* ---- what is loaded ---- */

void wide_check_part(world *w, side *d, const Part *p)
{
    int no = p->no, ties = 0;
    EXPECT(w, d, no >= 0 && no < PARTS && w->now.parts[no].there);
    EXPECT(w, d, p->kind == (grade)KIND(no) && strcmp(p->code, wide_codes[no]) == 0);
    EXPECT(w, d, same_decimal(p->amount, w->now.parts[no].amount));
    EXPECT(w, d, p->maker_id.set == (w->now.parts[no].maker != NONE));
    EXPECT(w, d, (p->word_text != NULL) == (w->now.parts[no].word != NONE));
    if (weft_loaded(d->s, Part, p, maker))
        EXPECT(w, d, (p->maker != NULL ? p->maker->no : NONE) == w->now.parts[no].maker);
    if (weft_loaded(d->s, Part, p, word))
        EXPECT(w, d, (p->word != NULL ? p->word->no : NONE) == w->now.parts[no].word);
    if (!weft_loaded(d->s, Part, p, tags))
        return;
    for (int t = 0; t < TAGS; t++)
        ties += w->now.parts[no].tags[t];
    EXPECT(w, d, p->tags.count == (size_t)ties);
    weft_each (Tag, t, p->tags)
        EXPECT(w, d, w->now.parts[no].tags[t->no] && same_decimal(t->rate, wide_rates[t->no]));
}

void wide_check_parts_of(world *w, side *d, Part_list list, int m, int x)
{
    int count = 0;
    for (int i = 0; i < PARTS; i++)
        count += w->now.parts[i].there && (m != NONE ? w->now.parts[i].maker == m : w->now.parts[i].word == x);
    EXPECT(w, d, list.count == (size_t)count);
    weft_each (Part, p, list) {
        EXPECT(w, d, m != NONE ? w->now.parts[p->no].maker == m : w->now.parts[p->no].word == x);
        wide_check_part(w, d, p);
    }
    const weft_join_step of_maker = weft_join(Part, maker), of_word = weft_joins(weft_join(Part, word));
    EXPECT(w, d,
           weft_count_of(d->s, Part, .joins = m != NONE ? of_maker : of_word,
                         .where = m != NONE ? weft_eq(Maker, no, m) : weft_eq(Word, no, x)) == count);
}

void wide_check_maker(world *w, side *d, const Maker *m)
{
    int no = m->no, staff = 0, notes = 0;
    EXPECT(w, d, no >= 0 && no < MAKERS && w->now.makers[no].there);
    EXPECT(w, d, strcmp(m->name, weft_format(d->s, "n%d", w->now.makers[no].name)) == 0);
    EXPECT(w, d, m->level == (grade)w->now.makers[no].level && same_decimal(m->price, w->now.makers[no].price));
    const char *data = m->data.text != NULL ? strstr(m->data.text, "\"v\"") : NULL;
    EXPECT(w, d, data != NULL && strtol(data + strcspn(data, ":") + 1, NULL, 10) == w->now.makers[no].data);
    if (weft_loaded(d->s, Maker, m, boss))
        EXPECT(w, d, (m->boss != NULL ? m->boss->no : NONE) == w->now.makers[no].boss);
    for (int i = 0; i < MAKERS; i++)
        staff += w->now.makers[i].there && w->now.makers[i].boss == no;
    for (int i = 0; i < w->now.next; i++)
        notes += w->now.notes[i].there && w->now.notes[i].maker == no;
    if (weft_loaded(d->s, Maker, m, staff)) {
        EXPECT(w, d, m->staff.count == (size_t)staff);
        weft_each (Maker, below, m->staff)
            EXPECT(w, d, w->now.makers[below->no].boss == no);
    }
    if (weft_loaded(d->s, Maker, m, notes)) {
        EXPECT(w, d, m->notes.count == (size_t)notes);
        weft_each (Note, n, m->notes)
            EXPECT(w, d, w->now.notes[n->no].maker == no && n->value == w->now.notes[n->no].value);
    }
    if (weft_loaded(d->s, Maker, m, parts))
        wide_check_parts_of(w, d, m->parts, no, NONE);
}

/* ---- objects, found in one way or another ---- */

const Maker *wide_maker(world *w, side *d, int no, int how)
{
    const Maker *m = NULL;
    if (how == 0 && d->ids[no] != 0)
        m = weft_get(d->s, Maker, d->ids[no]);
    else if (how == 1)
        m = weft_first(d->s, Maker, .where = weft_eq(Maker, no, no));
    else
        m = weft_first(d->s, Maker, .where = weft_eq(Maker, no, no), .load = weft_load(weft_lazily(Maker, parts)));
    EXPECT(w, d, m != NULL && m->no == no);
    d->ids[no] = m->id;
    return m;
}

const Part *wide_part(world *w, side *d, int no, int how)
{
    const Part *p = NULL;
    if (how == 0)
        p = weft_get(d->s, Part, weft_key(Part, .kind = (grade)KIND(no), .code = wide_codes[no]));
    else if (how == 1)
        p = weft_first(d->s, Part, .where = weft_eq(Part, no, no));
    else
        p = weft_first(d->s, Part, .where = weft_eq(Part, no, no), .load = weft_load(weft_lazily(Part, tags)));
    EXPECT(w, d, p != NULL && p->no == no);
    return p;
}

const Word *wide_word(world *w, side *d, int no, int how)
{
    const Word *found = weft_get(d->s, Word, wide_word_spelt(d->s, no, how));
    EXPECT(w, d, found != NULL && found->no == no);
    return found;
}

const Tag *wide_tag(world *w, side *d, int no, int how)
{
    const Tag *found = weft_get(d->s, Tag, wide_decimal(d->s, wide_rates[no], how).text);
    EXPECT(w, d, found != NULL && found->no == no);
    return found;
}

int wide_any_maker(world *w)
{
    for (int i = 0, first = wide_roll(w, MAKERS); i < MAKERS; i++)
        if (w->now.makers[(first + i) % MAKERS].there)
            return (first + i) % MAKERS;
    return NONE;
}

int wide_any_part(world *w)
{
    for (int i = 0, first = wide_roll(w, PARTS); i < PARTS; i++)
        if (w->now.parts[(first + i) % PARTS].there)
            return (first + i) % PARTS;
    return NONE;
}

int wide_any_of(world *w, const bool *there, int count)
{
    for (int i = 0, first = wide_roll(w, count); i < count; i++)
        if (there[(first + i) % count])
            return (first + i) % count;
    return NONE;
}
