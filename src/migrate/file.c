/* Reading a revision's file. A directive is a comment that begins a line between two statements; what no directive is, is a comment
 * like any other, but for those that look like a directive with a mistake in it, for to overlook one would move statements from one
 * part of the file to another. The checksum is over directives and tokens: white space and comments may change. */
#include "migrate/file.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/text.h"
#include "migrate/misspelt.h"

#include <string.h>

typedef enum part { PART_HEAD, PART_UP, PART_DOWN } part;

typedef struct reader {
    const wefti_migrate_dialect *dialect; /* the database that is migrated */
    wefti_arena *arena;
    const char *name, *text;
    wefti_revision *revision;
    const weft_migration *given;
    weft_error *error;
    weft_status status;
    const char *counted; /* lines up to here */
    int lines;
    part part;
    const wefti_migrate_dialect *of;  /* whose part it is; NULL: everybody's */
    bool no_transaction, destructive; /* said of the next step */
    const char *rebuild;              /* the table, as it is spelt there; NULL: none */
    const char *said_at;              /* where */
    wefti_name_list parents, depends_on, labels;
    bool has_parents, has_depends_on, has_labels;
    const char *id, *message;
    size_t capacity[2], lint_capacity;
    uint64_t sum;
} reader;

bool wefti_name_list_add(wefti_arena *arena, wefti_name_list *list, const char *name)
{
    if (list->count + 1 >= list->capacity) {
        size_t capacity = list->capacity == 0 ? 4 : list->capacity * 2;
        const char **items = wefti_arena_zalloc(arena, capacity * sizeof *items);
        if (items == NULL)
            return false;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = name;
    list->items[list->count] = NULL;
    return true;
}

uint64_t wefti_checksum_add(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return (sum ^ 0xff) * 0x100000001b3u; /* no byte of UTF-8: the end */
}

uint64_t wefti_steps_checksum(const wefti_steps *steps, size_t count)
{
    uint64_t sum = WEFTI_CHECKSUM_START;
    for (size_t i = 0; i < count && i < steps->count; i++)
        sum = wefti_checksum_add(sum, steps->items[i].sql, strlen(steps->items[i].sql));
    return sum;
}

bool wefti_id_valid(const char *id)
{
    static const char *const taken[] = {"head", "heads", "base", "none", "current"};
    size_t size = 0;
    for (; id[size] != '\0'; size++) {
        char c = id[size];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (wefti_ascii_equal(id, taken[i]))
            return false;
    return size > 0 && size <= 64;
}

/* ---- errors ---- */

static int line_of(reader *r, const char *at)
{
    if (at < r->counted) {
        r->counted = r->text;
        r->lines = 1;
    }
    for (; r->counted < at; r->counted++)
        r->lines += *r->counted == '\n';
    return r->lines;
}

static WEFT_PRINTF(3, 4) void mistake(reader *r, const char *at, const char *format, ...)
{
    if (r->status != WEFT_OK)
        return;
    va_list arguments;
    va_start(arguments, format);
    r->status = wefti_error_setv(r->error, WEFT_ERROR_DATA, format, arguments);
    va_end(arguments);
    wefti_error_prefix(r->error, "%s:%d", r->name, line_of(r, at));
}

static void no_memory(reader *r)
{
    if (r->status == WEFT_OK)
        r->status = wefti_error_memory(r->error);
}

/* ---- steps ---- */

static bool is_marked(const reader *r) { return r->no_transaction || r->destructive || r->rebuild != NULL; }

static void forget_marks(reader *r)
{
    r->no_transaction = r->destructive = false;
    r->rebuild = NULL;
}

static void add_step(reader *r, wefti_step step)
{
    wefti_steps *steps = r->part == PART_UP ? &r->revision->up : &r->revision->down;
    size_t *capacity = &r->capacity[r->part == PART_UP];
    if (steps->count == *capacity) {
        size_t more = *capacity == 0 ? 8 : *capacity * 2;
        wefti_step *items = wefti_arena_alloc(r->arena, more * sizeof *items);
        if (items == NULL) {
            no_memory(r);
            return;
        }
        if (steps->count > 0)
            memcpy(items, steps->items, steps->count * sizeof *items);
        steps->items = items;
        *capacity = more;
    }
    step.no_transaction |= r->no_transaction;
    step.destructive = r->destructive;
    step.rebuild = r->rebuild != NULL;
    forget_marks(r);
    steps->items[steps->count++] = step;
}

static bool is_ours(const reader *r) { return r->of == NULL || r->of == r->dialect; }

/* Of each database's part, for a mistake there is one for whoever reads the file. */
static void check_rebuild(reader *r, const char *at, const char *sql)
{
    const wefti_migrate_dialect *of = r->of != NULL ? r->of : r->dialect;
    wefti_table_text made = {0}, said = {0};
    if (of->cut_table == NULL) {
        mistake(r, r->said_at, "%s alters tables in place, and builds none anew: write ALTER TABLE, or the other database's part",
                of->name);
        return;
    }
    const char *whole = wefti_arena_printf(r->arena, "CREATE TABLE %s ()", r->rebuild);
    if (whole == NULL || (!of->cut_table(r->arena, whole, &said) && said.columns != NULL) ||
        (!of->cut_table(r->arena, sql, &made) && made.columns != NULL))
        no_memory(r);
    else if (said.table == NULL)
        mistake(r, r->said_at, "\"-- rebuild\" wants the name of one table, not %.80s", r->rebuild);
    else if (made.table == NULL || !wefti_ascii_equal(said.table, made.table))
        mistake(r, at, "\"-- rebuild %.80s\" wants \"CREATE TABLE %.80s (\xe2\x80\xa6)\" behind it, as the table shall be",
                r->rebuild, r->rebuild);
    else if (r->no_transaction)
        mistake(r, r->said_at, "a table is built anew within a transaction only");
}

static void add_piece(reader *r, const wefti_piece *piece, const char *chunk, const char *copy)
{
    const char *at = chunk + (piece->begin - copy);
    if (r->part == PART_HEAD) {
        mistake(r, at, "a statement before the first \"-- up\" or \"-- down\"");
    } else if (piece->trouble != NULL) {
        mistake(r, chunk + (piece->trouble_at - copy), "this %s", piece->trouble);
    } else if (piece->concurrent && !r->no_transaction && is_ours(r) && r->dialect->cut->routines) {
        mistake(r, at, "this cannot run within a transaction: put \"-- no transaction\" on the line before");
    } else {
        char *sql = wefti_arena_strndup(r->arena, piece->begin, (size_t)(piece->end - piece->begin));
        if (sql != NULL && r->rebuild != NULL)
            check_rebuild(r, at, sql);
        if (sql == NULL) {
            no_memory(r);
        } else if (is_ours(r)) {
            add_step(r, (wefti_step){.line = line_of(r, at), .sql = sql, .boundary = piece->adds_value});
        } else {
            forget_marks(r);
        }
    }
}

/* Statements between two directives. ends: the part ends here, so that the last statement may lack its semicolon. */
static void take_chunk(reader *r, const char *begin, const char *end, bool ends)
{
    char *copy = wefti_arena_strndup(r->arena, begin, (size_t)(end - begin));
    if (copy == NULL) {
        no_memory(r);
        return;
    }
    const wefti_migrate_dialect *cut_by = r->of != NULL ? r->of : r->dialect;
    const char *at = copy;
    wefti_piece piece;
    while (r->status == WEFT_OK && wefti_split_next(cut_by->cut, &at, &piece)) {
        if (piece.open && !ends && piece.trouble == NULL)
            mistake(r, begin + (piece.begin - copy), "a directive stands within this statement, or its semicolon is missing");
        add_piece(r, &piece, begin, copy);
    }
    const wefti_sql_rules *rules =
        (r->of != NULL ? r->of : wefti_migrate_dialects[0])->cut->sql; /* the same number for everybody */
    for (at = copy; r->status == WEFT_OK;) {
        const char *token = at;
        wefti_sql_token kind = wefti_sql_next(rules, &at);
        if (kind == WEFTI_SQL_END)
            break;
        if (kind != WEFTI_SQL_SPACE && *token != ';')
            r->sum = wefti_checksum_add(r->sum, token, (size_t)(at - token));
        else if (kind != WEFTI_SQL_SPACE)
            r->sum = wefti_checksum_add(r->sum, ";", 1);
        else if (*at == '\0' && wefti_split_unclosed(rules, token, at))
            mistake(r, begin + (token - copy), "a comment that nothing closes");
    }
}

/* ---- directives ---- */

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static const char *without_blanks_behind(const char *begin, const char *end)
{
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return end;
}

static bool same(const char *begin, const char *end, const char *word)
{
    char copy[40];
    size_t size = (size_t)(end - begin);
    if (size >= sizeof copy)
        return false;
    memcpy(copy, begin, size);
    copy[size] = '\0';
    return wefti_ascii_equal(copy, word);
}

/* A list of names, told apart by commas or blanks; "none" is an empty one. */
static void take_names(reader *r, const char *begin, const char *end, wefti_name_list *list, const char *what)
{
    if (same(begin, end, "none"))
        return;
    const char *line = begin;
    while (begin < end && r->status == WEFT_OK) {
        const char *stop = begin;
        while (stop < end && *stop != ',' && *stop != ' ' && *stop != '\t')
            stop++;
        char *name = wefti_arena_strndup(r->arena, begin, (size_t)(stop - begin));
        if (name == NULL || !wefti_name_list_add(r->arena, list, name)) {
            no_memory(r);
            return;
        }
        if (!wefti_id_valid(name))
            mistake(r, begin, "\"%.80s\" is no %s: letters, digits and '_', at most 64, and not a word that targets use", name,
                    what);
        for (begin = stop; begin < end && (*begin == ',' || *begin == ' ' || *begin == '\t');)
            begin++;
    }
    if (list->count == 0)
        mistake(r, line, "nothing is named here: \"none\" says that there is none");
}

static void once(reader *r, const char *at, bool *seen, const char *word)
{
    if (*seen)
        mistake(r, at, "\"-- %s:\" stands twice", word);
    *seen = true;
}

/* "-- word: value" before the first part. */
static void take_header(reader *r, const char *line, const char *word, const char *colon, const char *end)
{
    const char *value = skip_blanks(colon + 1, end);
    bool seen = r->id != NULL, seen_message = r->message != NULL;
    if (same(word, colon, "revision")) {
        once(r, line, &seen, "revision");
        r->id = wefti_arena_strndup(r->arena, value, (size_t)(end - value));
        if (r->id == NULL)
            no_memory(r);
        else if (!wefti_id_valid(r->id))
            mistake(r, value, "\"%.80s\" is no id: letters, digits and '_', at most 64, and not a word that targets use", r->id);
    } else if (same(word, colon, "message")) {
        once(r, line, &seen_message, "message");
        r->message = wefti_arena_strndup(r->arena, value, (size_t)(end - value));
        if (r->message == NULL)
            no_memory(r);
    } else if (same(word, colon, "parents")) {
        once(r, line, &r->has_parents, "parents");
        r->revision->parents_line = line_of(r, line);
        take_names(r, value, end, &r->parents, "id");
    } else if (same(word, colon, "depends-on")) {
        once(r, line, &r->has_depends_on, "depends-on");
        r->revision->depends_on_line = line_of(r, line);
        take_names(r, value, end, &r->depends_on, "id");
    } else if (same(word, colon, "labels")) {
        once(r, line, &r->has_labels, "labels");
        take_names(r, value, end, &r->labels, "label");
    } else if (same(word, colon, "id") || same(word, colon, "depends") || wefti_is_misspelt(word, colon, "revision", 2) ||
               wefti_is_misspelt(word, colon, "parents", 2) || wefti_is_misspelt(word, colon, "message", 2) ||
               wefti_is_misspelt(word, colon, "depends-on", 2) || wefti_is_misspelt(word, colon, "labels", 1)) {
        mistake(r, line, "there is no directive \"%.*s\": revision, parents, message, depends-on and labels are",
                (int)(colon - word), word);
    }
}

static void begin_part(reader *r, const char *line, part which, const char *driver, const char *end)
{
    const wefti_migrate_dialect *of = driver == end ? NULL : wefti_migrate_dialect_of(driver, (size_t)(end - driver));
    if (driver != end && of == NULL)
        mistake(r, line, "\"%.*s\" is no database: %s and %s are", (int)(end - driver > 40 ? 40 : end - driver), driver,
                wefti_migrate_dialects[0]->name, wefti_migrate_dialects[1]->name);
    if (is_marked(r))
        mistake(r, r->said_at, "no statement follows this directive");
    r->part = which;
    r->of = of;
    if (of == NULL || of == r->dialect)
        *(which == PART_UP ? &r->revision->up.present : &r->revision->down.present) = true;
}

typedef enum directive { NO_DIRECTIVE, HEADER, UP, DOWN, NO_TRANSACTION, DESTRUCTIVE, CALL, REBUILD, UNKNOWN } directive;

static bool is_one_of(const char *begin, const char *end, const char *const *words)
{
    for (; *words != NULL; words++)
        if (same(begin, end, *words))
            return true;
    return false;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool names_database(const char *at, const char *end)
{
    while (at < end) {
        const char *word = at;
        while (at < end && is_letter(*at))
            at++;
        if (wefti_migrate_dialect_of(word, (size_t)(at - word)) != NULL)
            return true;
        while (at < end && !is_letter(*at))
            at++;
    }
    return false;
}

/* What would be taken for a comment, so that what undoes is done, or what loses rows needs no leave. What other tools say, too.
 * alone: at most one word stands behind the first. */
static directive looks_like_one(const char *begin, const char *word, const char *end, bool alone)
{
    static const char *const others[] = {"upgrade",   "downgrade",   "rollback",    "migrate:up",    "migrate:down",
                                         "+goose up", "+goose down", "+migrate up", "+migrate down", NULL};
    static const char *const with_colon[] = {"rebuild", "call", "destructive", "no transaction", NULL};
    const bool single = skip_blanks(word, end) == end || word + 1 == end;
    bool like = is_one_of(begin, end, others) || wefti_is_misspelt(begin, end, "no transaction", 2) ||
                (*word == ':' && is_one_of(begin, word, with_colon));
    if (single)
        like = like || wefti_is_misspelt(begin, word, "destructive", 2);
    else if (alone)
        like = like || wefti_is_misspelt(begin, word, "rebuild", 1);
    if (names_database(word, end))
        like = like || same(begin, word, "up") || same(begin, word, "down");
    if (single || names_database(word, end))
        like = like || wefti_is_misspelt(begin, word, "down", 1) || wefti_is_misspelt(begin, word, "up", 1);
    return like ? UNKNOWN : NO_DIRECTIVE;
}

static const char *const after_head[] = {"revision", "parents", "depends-on", "labels", NULL};

/* What the comment from begin (behind its dashes) to end is; *rest is what follows its words. */
static directive directive_of(const reader *r, const char *begin, const char *end, const char **rest)
{
    const char *word = begin;
    while (word < end && *word != ' ' && *word != '\t' && *word != ':')
        word++;
    *rest = skip_blanks(word, end);
    const char *more = *rest;
    while (more < end && *more != ' ' && *more != '\t')
        more++;
    bool alone = more == end; /* at most one word behind the first */
    if (word < end && *word == ':') {
        if ((same(begin, word, "up") || same(begin, word, "down")) && word + 1 == end)
            return UNKNOWN;
        if (r->part == PART_HEAD)
            return HEADER;
        return is_one_of(begin, word, after_head) ? UNKNOWN : looks_like_one(begin, word, end, alone);
    }
    if (same(begin, word, "up"))
        return alone ? UP : looks_like_one(begin, word, end, alone);
    if (same(begin, word, "down"))
        return alone ? DOWN : looks_like_one(begin, word, end, alone);
    if (same(begin, word, "call"))
        return alone && *rest != end ? CALL : NO_DIRECTIVE;
    if (same(begin, word, "destructive"))
        return DESTRUCTIVE;
    if (same(begin, end, "no transaction"))
        return NO_TRANSACTION;
    if (same(begin, word, "rebuild") && *rest != end && (alone || **rest == '"'))
        return REBUILD;
    return looks_like_one(begin, word, end, alone);
}

static void take_call(reader *r, const char *line, const char *name, const char *end)
{
    char *copy = wefti_arena_strndup(r->arena, name, (size_t)(end - name));
    if (copy == NULL)
        no_memory(r);
    else if (r->rebuild != NULL)
        mistake(r, r->said_at, "\"-- rebuild\" wants a CREATE TABLE behind it");
    else if (r->part == PART_HEAD)
        mistake(r, line, "\"-- call\" before the first \"-- up\" or \"-- down\"");
    else if (is_ours(r))
        add_step(r, (wefti_step){.call = true, .line = line_of(r, line), .sql = copy});
    else
        forget_marks(r);
}

static void take_mark(reader *r, const char *line, bool *mark)
{
    if (r->part == PART_HEAD)
        mistake(r, line, "a directive of a statement before the first \"-- up\" or \"-- down\"");
    *mark = true;
    r->said_at = line;
}

static void take_rebuild(reader *r, const char *line, const char *table, const char *end)
{
    bool marked = true;
    take_mark(r, line, &marked);
    if (r->rebuild != NULL)
        mistake(r, line, "\"-- rebuild\" stands twice before one statement");
    r->rebuild = wefti_arena_strndup(r->arena, table, (size_t)(end - table));
    if (r->rebuild == NULL)
        no_memory(r);
}

/* A comment at the beginning of a line. True: it was a directive, and what stood before it has been taken. */
static bool take_comment(reader *r, const char *chunk, const char *line, const char *end)
{
    end = without_blanks_behind(line, end);
    const char *begin = skip_blanks(line + 2, end), *rest;
    directive d = directive_of(r, begin, end, &rest);
    if (d == NO_DIRECTIVE)
        return false;
    take_chunk(r, chunk, line, d == UP || d == DOWN);
    if (r->status != WEFT_OK)
        return true;
    r->sum = d == HEADER ? r->sum : wefti_checksum_add(r->sum, begin, (size_t)(end - begin));
    switch (d) {
    case HEADER: take_header(r, line, begin, memchr(begin, ':', (size_t)(end - begin)), end); break;
    case UP: begin_part(r, line, PART_UP, rest, end); break;
    case DOWN: begin_part(r, line, PART_DOWN, rest, end); break;
    case CALL: take_call(r, line, rest, end); break;
    case NO_TRANSACTION: take_mark(r, line, &r->no_transaction); break;
    case DESTRUCTIVE: take_mark(r, line, &r->destructive); break;
    case REBUILD: take_rebuild(r, line, rest, end); break;
    default:
        mistake(
            r, line,
            "\"-- %.*s\" is no directive here, but looks like one: revision, parents, message, depends-on and labels stand "
            "before the first part; \"-- up\", \"-- down\", \"-- no transaction\", \"-- destructive\", \"-- rebuild TABLE\" and "
            "\"-- call NAME\" alone on their lines",
            (int)(end - begin > 40 ? 40 : end - begin), begin);
    }
    return true;
}

/* What is said to whoever looks the revision over. */
static bool take_lint(reader *r, const char *line, const char *end)
{
    wefti_revision *revision = r->revision;
    const char *begin = skip_blanks(line + 2, end);
    end = without_blanks_behind(begin, end);
    if (end - begin < 5 || !same(begin, begin + 5, "lint:"))
        return false;
    if (r->part != PART_HEAD && !is_ours(r))
        return true;
    if (revision->lint_count == r->lint_capacity) {
        size_t more = r->lint_capacity == 0 ? 8 : r->lint_capacity * 2;
        wefti_lint_line *items = wefti_arena_alloc(r->arena, more * sizeof *items);
        if (items == NULL) {
            no_memory(r);
            return true;
        }
        if (revision->lint_count > 0)
            memcpy(items, revision->lint, revision->lint_count * sizeof *items);
        revision->lint = items;
        r->lint_capacity = more;
    }
    begin = skip_blanks(begin + 5, end);
    char *text = wefti_arena_strndup(r->arena, begin, (size_t)(end - begin));
    if (text == NULL)
        no_memory(r);
    else
        revision->lint[revision->lint_count++] =
            (wefti_lint_line){.text = text, .line = line_of(r, line), .head = r->part == PART_HEAD, .up = r->part == PART_UP};
    return true;
}

/* Directives in white space from begin to end. The chunk's new beginning, behind the last of them; NULL: there is none. */
static const char *take_space(reader *r, const char *chunk, const char *begin, const char *end)
{
    const wefti_sql_rules *rules = (r->of != NULL ? r->of : r->dialect)->cut->sql;
    for (const char *at = begin; at < end;) {
        if (at[0] == '-' && at[1] == '-') {
            const char *stop = at;
            while (stop < end && *stop != '\n')
                stop++;
            bool alone = at == r->text || at[-1] == '\n';
            if (alone && !take_lint(r, at, stop) && take_comment(r, chunk, at, stop))
                return stop;
            at = stop;
        } else if (at[0] == '/' && at[1] == '*') {
            const char *next = at;
            size_t depth = 0;
            do {
                bool opens = next[0] == '/' && next[1] == '*' && (depth == 0 || rules->nested_comments);
                bool closes = !opens && next[0] == '*' && next[1] == '/';
                depth += opens ? 1 : 0;
                depth -= closes ? 1 : 0;
                next += opens || closes ? 2 : 1;
            } while (depth > 0 && next < end);
            at = next;
        } else {
            at++;
        }
    }
    return NULL;
}

static void read_all(reader *r)
{
    const char *chunk = r->text, *at = r->text;
    while (r->status == WEFT_OK) {
        const char *begin = at;
        wefti_sql_token kind = wefti_sql_next((r->of != NULL ? r->of : r->dialect)->cut->sql, &at);
        if (kind == WEFTI_SQL_END)
            break;
        const char *behind = kind == WEFTI_SQL_SPACE ? take_space(r, chunk, begin, at) : NULL;
        if (behind != NULL)
            chunk = at = behind;
    }
    if (r->status == WEFT_OK)
        take_chunk(r, chunk, r->text + strlen(r->text), true);
    if (r->status == WEFT_OK && is_marked(r))
        mistake(r, r->said_at, "no statement follows this directive");
}

/* ---- the whole ---- */

static const char *const nobody[] = {NULL};

static const char *const *list_of(const wefti_name_list *list) { return list->count > 0 ? list->items : nobody; }

/* The text with '\n' at the end of each line, from the first byte that is no mark of its order. */
static char *own_text(reader *r, const char *text, size_t size)
{
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    char *own = wefti_arena_alloc(r->arena, size + 1), *to = own;
    if (own == NULL) {
        no_memory(r);
        return NULL;
    }
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r' || i + 1 == size || text[i + 1] != '\n')
            *to++ = text[i];
    *to = '\0';
    r->text = r->counted = own;
    r->lines = 1;
    size = (size_t)(to - own);
    for (const char *line = own, *end = own + size; line < end && r->status == WEFT_OK;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        if (!wefti_utf8_valid(line, (size_t)(stop - line)))
            mistake(r, line, "the text is not UTF-8, or has a NUL in it: save the file as UTF-8");
        line = stop + 1;
    }
    return own;
}

static void find_conflict(reader *r)
{
    for (const char *at = r->text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, "<<<<<<< ", 8) == 0)
            mistake(r, at, "a conflict of a merge that is not resolved");
    }
}

static void finish(reader *r)
{
    wefti_revision *revision = r->revision;
    if (r->id == NULL)
        mistake(r, r->text, "there is no line \"-- revision: ID\", with which each revision begins");
    if (!r->has_parents)
        mistake(r, r->text, "there is no line \"-- parents: ID, …\"; a first revision says \"-- parents: none\"");
    if (r->status == WEFT_OK && r->given != NULL && r->given->id != NULL && strcmp(r->given->id, r->id) != 0)
        mistake(r, r->text, "the text is of %s, and the program says %s", r->id, r->given->id);
    if (r->status != WEFT_OK)
        return;
    revision->id = r->id;
    revision->file = r->name;
    revision->parents = list_of(&r->parents);
    revision->depends_on = list_of(&r->depends_on);
    revision->labels = list_of(&r->labels);
    revision->checksum = r->sum;
    weft_migration *made = wefti_arena_zalloc(r->arena, sizeof *made);
    if (made == NULL) {
        no_memory(r);
        return;
    }
    if (r->given != NULL)
        *made = *r->given;
    made->id = r->id;
    made->message = r->message != NULL ? r->message : "";
    made->parents = revision->parents;
    made->depends_on = revision->depends_on;
    made->labels = revision->labels;
    made->file = r->name;
    made->text = r->text;
    revision->migration = made;
}

weft_status wefti_file_read(const wefti_migrate_dialect *dialect, wefti_arena *arena, const char *name, const char *text,
                            size_t size, const weft_migration *given, wefti_revision *revision, weft_error *error)
{
    reader r = {
        .dialect = dialect, .arena = arena, .revision = revision, .given = given, .error = error, .sum = WEFTI_CHECKSUM_START};
    memset(revision, 0, sizeof *revision);
    r.name = wefti_arena_strdup(arena, name);
    if (r.name == NULL)
        no_memory(&r);
    else
        (void)own_text(&r, text, size);
    if (r.status == WEFT_OK)
        find_conflict(&r);
    if (r.status == WEFT_OK)
        read_all(&r);
    finish(&r);
    return r.status;
}
