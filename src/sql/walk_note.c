/* The shape of what most statements are: a list of columns, comparisons with values. This is the hot path of building a statement:
 * it notes what the walk would note, byte for byte, and checks for room once. Whatever it does not know is left to the walk. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

#include "base/paths.h"

static inline bool is_comparison(const weft_expr *term)
{
    return term->op >= WEFT_EXPR_EQ && term->op < WEFT_EXPR_IN && term->alias == 0 && (int)term->value.type != WEFTI_EXPRESSION;
}

/* Leading comparisons of a list. */
static inline size_t note_terms(wefti_shape *shape, const weft_expr *const *terms)
{
    size_t room = (shape->key_capacity - shape->key_size) / 16, value_room = shape->value_capacity - shape->value_count, i = 0;
    unsigned char *at = shape->key_room + shape->key_size;
    weft_value *values = shape->values + shape->value_count;
    room = value_room < room ? value_room : room;
    for (const weft_expr *term; i < room && terms != NULL && (term = terms[i]) != NULL && is_comparison(term); i++) {
        uint64_t notes[2] = {wefti_node_head(term, wefti_compare_extra(term)), (uint64_t)(uintptr_t)term->model};
        memcpy(at, notes, sizeof notes);
        at += sizeof notes;
        *values = term->value;
        values += !wefti_tests_null(term);
    }
    shape->key_size = (uint32_t)(at - shape->key_room);
    shape->value_count = (uint32_t)(values - shape->values);
    return i;
}

size_t wefti_note_comparisons(wefti_walk *walk, const weft_expr *const *terms)
{
    const size_t count = walk->selectable_count == 0 ? note_terms(walk->shape, terms) : 0;
    walk->node_count += (uint32_t)count;
    return count;
}

/* One comparison of a column with a value; false where it is something else, and nothing is noted. What is noted is added to
 * *hash. */
static inline bool note_comparison(wefti_shape *shape, const weft_expr *term, uint64_t note, uint64_t *hash)
{
    const uint64_t notes[3] = {note, wefti_node_head(term, wefti_compare_extra(term)), (uint64_t)(uintptr_t)term->model};
    if (!is_comparison(term) || (unsigned)term->value.type >= WEFT_TYPE_COUNT_ ||
        shape->key_capacity - shape->key_size < sizeof notes || shape->value_count == shape->value_capacity)
        return false;
    memcpy(shape->key_room + shape->key_size, notes, sizeof notes);
    shape->key_size += (uint32_t)sizeof notes;
    shape->values[shape->value_count] = term->value;
    shape->value_count += !wefti_tests_null(term);
    *hash = wefti_shape_hash_add(wefti_shape_hash_add(wefti_shape_hash_add(*hash, notes[0]), notes[1]), notes[2]);
    return true;
}

/* weft_and of nothing but comparisons, which is what most conditions are; how many they are, or 0 where it is another, and nothing
 * is noted. */
static size_t note_plain_and(wefti_shape *shape, const weft_expr *condition, uint64_t note)
{
    const uint64_t notes[2] = {note, WEFT_EXPR_AND}, end = WEFTI_NOTE_END;
    const uint32_t key_size = shape->key_size, value_count = shape->value_count;
    if (condition->args == NULL || shape->key_capacity - key_size < sizeof notes)
        return 0;
    memcpy(shape->key_room + key_size, notes, sizeof notes);
    shape->key_size += (uint32_t)sizeof notes;
    const size_t count = note_terms(shape, condition->args);
    if (count > 0 && condition->args[count] == &weft_end && shape->key_capacity - shape->key_size >= sizeof end) {
        memcpy(shape->key_room + shape->key_size, &end, sizeof end);
        shape->key_size += (uint32_t)sizeof end;
        return count;
    }
    shape->key_size = key_size;
    shape->value_count = value_count;
    return 0;
}

bool wefti_note_condition(wefti_walk *walk, const weft_expr *condition, uint64_t note)
{
    uint64_t unused = 0;
    const size_t count = walk->selectable_count > 0       ? 0
                         : condition->op == WEFT_EXPR_AND ? note_plain_and(walk->shape, condition, note)
                                                          : note_comparison(walk->shape, condition, note, &unused);
    walk->node_count += (uint32_t)count;
    return count > 0;
}

/* How many they are; 0 where they are others, and nothing is noted. What is noted is added to *hash. */
static inline size_t note_plain_columns(wefti_shape *shape, const weft_expr *const *columns, uint64_t *hash)
{
    const size_t pair = 2 * sizeof(uint64_t), left = shape->key_capacity - shape->key_size;
    const size_t room = left < pair ? 0 : (left - pair) / pair;
    const uint64_t note = WEFTI_NOTE_COLUMNS, end = WEFTI_NOTE_END;
    unsigned char *at = shape->key_room + shape->key_size + sizeof note;
    const weft_expr *column = NULL;
    uint64_t sum = wefti_shape_hash_add(*hash, note);
    size_t i = 0;
    for (; i < room && (column = columns[i]) != NULL && column->op == WEFT_EXPR_COLUMN && column->alias == 0; i++, at += pair) {
        const uint64_t notes[2] = {wefti_column_head(column), (uint64_t)(uintptr_t)column->model};
        memcpy(at, notes, sizeof notes);
        sum = wefti_shape_hash_add(wefti_shape_hash_add(sum, notes[0]), notes[1]);
    }
    if (i == 0 || i == room || column == NULL || column->op != WEFT_EXPR_END)
        return 0;
    memcpy(shape->key_room + shape->key_size, &note, sizeof note);
    memcpy(at, &end, sizeof end);
    shape->key_size = (uint32_t)(at + sizeof end - shape->key_room);
    *hash = wefti_shape_hash_add(sum, end);
    return i;
}

bool wefti_note_columns(wefti_walk *walk, const weft_expr *const *columns)
{
    uint64_t unused = 0;
    const size_t count =
        walk->selectable_count == 0 && walk->status == WEFT_OK ? note_plain_columns(walk->shape, columns, &unused) : 0;
    walk->node_count += (uint32_t)count;
    return count > 0;
}

/* The condition behind what is noted, whose hash is given: none, one comparison, or weft_and of them. */
static inline bool note_where(wefti_shape *shape, const weft_expr *where, uint64_t hash)
{
    if (where != NULL && where->op == WEFT_EXPR_AND && note_plain_and(shape, where, WEFTI_NOTE_WHERE) > 0)
        shape->hash = wefti_shape_hash(shape->key_room, shape->key_size);
    else if (where == NULL || note_comparison(shape, where, WEFTI_NOTE_WHERE, &hash))
        shape->hash = wefti_shape_hash_end(hash, shape->key_size);
    else
        return false;
    shape->key = shape->key_room;
    return true;
}

static inline uint64_t note_from(wefti_shape *shape, const void *from)
{
    const uint64_t notes[2] = {wefti_select_head(0, false), (uint64_t)(uintptr_t)from};
    wefti_shape_begin(shape);
    memcpy(shape->key_room, notes, sizeof notes);
    shape->key_size = (uint32_t)sizeof notes;
    return wefti_shape_hash_add(wefti_shape_hash_add(0, notes[0]), notes[1]);
}

WEFTI_HOT bool wefti_shape_note(wefti_shape *shape, const wefti_statement_data *data)
{
    const weft_expr *alone[2];
    uint64_t hash = note_from(shape, data->from);
    return note_plain_columns(shape, wefti_items(data->of.query->columns, alone), &hash) > 0 &&
           note_where(shape, data->of.query->where, hash);
}

/* Whether it has rows of a table and nothing beside a condition. */
static inline bool has_only_where(const wefti_select *s)
{
    const uintptr_t others = (uintptr_t)s->source | (uintptr_t)s->joins | (uintptr_t)s->columns | (uintptr_t)s->left_out |
                             (uintptr_t)s->group_by | (uintptr_t)s->having | (uintptr_t)s->order_by | (uintptr_t)s->among |
                             (uintptr_t)s->beside | (uintptr_t)s->lock_of | (uintptr_t)s->limit_to | (uintptr_t)s->offset_by |
                             (uintptr_t)s->distinct_on | (uintptr_t)s->with;
    return s->from != NULL && others == 0 &&
           ((uint64_t)s->limit | (uint64_t)s->offset | s->effects | wefti_select_switches(s)) == 0;
}

WEFTI_HOT bool wefti_shape_note_select(wefti_shape *shape, const wefti_select *select)
{
    return has_only_where(select) && note_where(shape, select->where, note_from(shape, select->from));
}
