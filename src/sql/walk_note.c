/* The shape of what most statements are: a list of columns, comparisons with values. This is the hot path of building a statement:
 * it notes what the walk would note, byte for byte, and checks for room once. Whatever it does not know is left to the walk. */
#include "sql/walk_expr.h"

size_t wefti_note_comparisons(wefti_walk *walk, const weft_expr *const *terms)
{
    wefti_shape *shape = walk->shape;
    size_t room = (shape->key_capacity - shape->key_size) / 16, value_room = shape->value_capacity - shape->value_count, i = 0;
    unsigned char *at = shape->key_room + shape->key_size;
    weft_value *values = shape->values + shape->value_count;
    room = walk->selectable_count > 0 ? 0 : value_room < room ? value_room : room;
    for (const weft_expr *term; i < room && terms != NULL && (term = terms[i]) != NULL && term->alias == 0 &&
                                term->op >= WEFT_EXPR_EQ && term->op < WEFT_EXPR_IN;
         i++) {
        uint64_t notes[2] = {wefti_node_head(term, wefti_compare_extra(term)), (uint64_t)(uintptr_t)term->model};
        memcpy(at, notes, sizeof notes);
        at += sizeof notes;
        *values = term->value;
        values += !wefti_tests_null(term);
    }
    shape->key_size = (uint32_t)(at - shape->key_room);
    shape->value_count = (uint32_t)(values - shape->values);
    walk->node_count += (uint32_t)i;
    return i;
}

/* One comparison of a column with a value; false where it is something else, and nothing is noted. */
static bool note_comparison(wefti_walk *walk, const weft_expr *term, uint64_t note)
{
    wefti_shape *shape = walk->shape;
    const uint64_t notes[3] = {note, wefti_node_head(term, wefti_compare_extra(term)), (uint64_t)(uintptr_t)term->model};
    if (term->op < WEFT_EXPR_EQ || term->op >= WEFT_EXPR_IN || term->alias != 0 || walk->selectable_count > 0 ||
        (unsigned)term->value.type >= WEFT_TYPE_COUNT_ || shape->key_capacity - shape->key_size < sizeof notes ||
        shape->value_count == shape->value_capacity)
        return false;
    memcpy(shape->key_room + shape->key_size, notes, sizeof notes);
    shape->key_size += (uint32_t)sizeof notes;
    shape->values[shape->value_count] = term->value;
    shape->value_count += !wefti_tests_null(term);
    walk->node_count++;
    return true;
}

/* weft_and of nothing but comparisons, which is what most conditions are; false where it is another, and nothing is noted. */
static bool note_plain_and(wefti_walk *walk, const weft_expr *condition, uint64_t note)
{
    if (condition->args == NULL)
        return false;
    wefti_walk_mark start = wefti_walk_mark_get(walk);
    wefti_walk_note_pair(walk, note, WEFT_EXPR_AND);
    size_t count = wefti_note_comparisons(walk, condition->args);
    if (count > 0 && condition->args[count] == &weft_end) {
        wefti_walk_note(walk, WEFTI_NOTE_END);
        return true;
    }
    wefti_walk_rewind(walk, start);
    return false;
}

bool wefti_note_condition(wefti_walk *walk, const weft_expr *condition, uint64_t note)
{
    return condition->op == WEFT_EXPR_AND ? note_plain_and(walk, condition, note) : note_comparison(walk, condition, note);
}

bool wefti_note_columns(wefti_walk *walk, const weft_expr *const *columns)
{
    wefti_shape *shape = walk->shape;
    const size_t pair = 2 * sizeof(uint64_t), left = shape->key_capacity - shape->key_size;
    const size_t room = left < pair || walk->selectable_count > 0 || walk->status != WEFT_OK ? 0 : (left - pair) / pair;
    const uint64_t note = WEFTI_NOTE_COLUMNS, end = WEFTI_NOTE_END;
    unsigned char *at = shape->key_room + shape->key_size + sizeof note;
    const weft_expr *column = NULL;
    size_t i = 0;
    for (; i < room && (column = columns[i]) != NULL && column->op == WEFT_EXPR_COLUMN && column->alias == 0; i++, at += pair) {
        const uint64_t notes[2] = {wefti_node_head(column, 0), (uint64_t)(uintptr_t)column->model};
        memcpy(at, notes, sizeof notes);
    }
    if (i == 0 || i == room || column == NULL || column->op != WEFT_EXPR_END)
        return false;
    memcpy(shape->key_room + shape->key_size, &note, sizeof note);
    memcpy(at, &end, sizeof end);
    shape->key_size = (uint32_t)(at + sizeof end - shape->key_room);
    walk->node_count += (uint32_t)i;
    return true;
}
