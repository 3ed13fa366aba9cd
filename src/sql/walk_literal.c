/* weft_literally, both sinks: values that stand in the statement's text instead of being parameters.
 *
 * While a shape is worked out, the room for lifted values is closed: what would be lifted takes the slow path, which finds the walk
 * within a literal and writes the value's bytes into the key. Statements without literals pay nothing for it. While rendering, a
 * value is made to fit as binding would make it, checked as drivers check parameters, and written by the dialect. */
#include "sql/walk_expr.h"

#include "base/error.h"

#include <math.h>

/* ---- shape ---- */

static void note_bytes(wefti_walk *walk, const void *data, size_t size)
{
    wefti_shape *shape = walk->shape;
    wefti_walk_note(walk, size);
    if (size == 0 || walk->status != WEFT_OK || (shape->key_capacity - shape->key_size < size && !wefti_walk_grow_key(walk, size)))
        return;
    memcpy(shape->key_room + shape->key_size, data, size);
    shape->key_size += (uint32_t)size;
}

void wefti_walk_note_literal(wefti_walk *walk, const weft_value *value)
{
    uint64_t bits = 0;
    if (((unsigned)value->type & WEFTI_ARRAY) != 0) {
        const wefti_array *items = wefti_value_array(value);
        wefti_walk_note(walk, items->count);
        for (size_t i = 0; i < items->count && walk->status == WEFT_OK; i++) {
            weft_value item = wefti_field_value(items->type, items->size, wefti_array_field(items, i));
            wefti_walk_note_literal(walk, &item);
        }
        return;
    }
    wefti_walk_note(walk, (uint64_t)(unsigned)value->type << 8 | value->is_null);
    if (value->is_null)
        return;
    if (wefti_type_is_array(value->type)) {
        for (size_t i = 0, count = wefti_array_count(value); i < count && walk->status == WEFT_OK; i++) {
            const weft_value item = wefti_array_item(value, i);
            wefti_walk_note_literal(walk, &item);
        }
        wefti_walk_note(walk, WEFTI_NOTE_END);
        return;
    }
    if (wefti_type_has_content(value->type)) {
        note_bytes(walk, value->as.s.data, value->as.s.size);
        return;
    }
    const wefti_type *row = wefti_type_of(value->type);
    switch ((wefti_kept)row->kept) {
    case WEFTI_KEPT_PLAIN: note_bytes(walk, &value->as, row->size); return;
    case WEFTI_KEPT_RANGE:
        note_bytes(walk, &value->as.range_, sizeof value->as.range_);
        bits = value->ends_;
        break;
    case WEFTI_KEPT_REAL: memcpy(&bits, &value->as.d, sizeof bits); break;
    case WEFTI_KEPT_BOOL: bits = value->as.b; break;
    default: bits = (uint64_t)value->as.i; break;
    }
    wefti_walk_note(walk, bits);
}

wefti_truth wefti_walk_literal(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    const weft_expr *inner = wefti_walk_argument(walk, expr, 0);
    wefti_walk_no_more(walk, expr, 1);
    if (inner == NULL || walk->status != WEFT_OK)
        return WEFTI_TRUTH_OPEN;
    wefti_walk_mark start = wefti_walk_mark_get(walk);
    wefti_walk_note(walk, WEFT_EXPR_LITERAL);
    bool outer = walk->literal;
    uint32_t capacity = 0;
    walk->literal = true;
    if (walk->render == NULL) {
        capacity = walk->shape->value_capacity;
        walk->shape->value_capacity = walk->shape->value_count;
    }
    wefti_truth truth = wefti_walk_expr(walk, inner, precedence, hint);
    walk->literal = outer;
    if (walk->render == NULL)
        walk->shape->value_capacity = capacity;
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (truth != WEFTI_TRUTH_OPEN)
        wefti_walk_rewind(walk, start);
    return truth;
}

/* ---- text ---- */

/* The errors that a driver gives for a parameter. */
static void check(wefti_walk *walk, const weft_value *value)
{
    if (value->type == WEFT_DATE && (value->as.i < INT32_MIN || value->as.i > INT32_MAX)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a literal is out of the range of a date");
        return;
    }
    for (size_t i = 0, count = wefti_type_is_array(value->type) ? wefti_array_count(value) : 0; i < count; i++) {
        const weft_value item = wefti_array_item(value, i);
        if (!item.is_null)
            check(walk, &item);
    }
    const char *content = wefti_type_of(value->type)->content;
    const weft_value text = {.type = WEFT_TEXT, .as.s = value->as.s};
    weft_value taken;
    if (wefti_type_is_text(value->type) && content == NULL && value->as.s.size > 0 &&
        !wefti_utf8_valid(value->as.s.data, value->as.s.size))
        (void)wefti_walk_fail(walk, WEFT_ERROR_DATA, "a literal: the text is not UTF-8 or contains a NUL");
    else if (content != NULL && !wefti_value_take(value->type, &text, &taken))
        (void)wefti_walk_fail(walk, WEFT_ERROR_DATA, "a literal: the text is not a%s %s", content[0] == 'I' ? "n" : "", content);
    else if (value->type == WEFT_TIME && (value->as.i < 0 || value->as.i > INT64_C(86400000000)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a literal: a time of day is from 0 to 24 hours");
}

void wefti_walk_literal_value(wefti_walk *walk, const weft_value *value, uint16_t type, const wefti_column *column, uint8_t form)
{
    wefti_shape_block *blocks = NULL;
    weft_value fitted = *value;
    if (walk->status != WEFT_OK)
        return;
    weft_status status = value->is_null ? WEFT_OK : wefti_bind_fit(&blocks, &fitted, column, form, type, walk->error);
    if (status != WEFT_OK)
        walk->status = status;
    fitted.type = wefti_type_is_array(fitted.type) ? fitted.type : (weft_type)type; /* which says how items lie */
    if (status == WEFT_OK && !value->is_null)
        check(walk, &fitted);
    if (walk->status == WEFT_OK)
        walk->dialect->add_constant(walk, &fitted, wefti_column_digits(column));
    wefti_shape_blocks_free(blocks);
}

/* The form of an item by that of its array. */
static uint8_t item_form(uint8_t form)
{
    switch (form) {
    case WEFTI_FORM_ARRAY_ENUM: return WEFTI_FORM_ENUM;
    case WEFTI_FORM_ARRAY_DECIMAL: return WEFTI_FORM_DECIMAL;
    case WEFTI_FORM_ARRAY_DECIMAL_TEXT: return WEFTI_FORM_DECIMAL_TEXT;
    case WEFTI_FORM_ARRAY_FLOAT: return WEFTI_FORM_FLOAT;
    case WEFTI_FORM_ARRAY_OWN: return WEFTI_FORM_OWN;
    default: return WEFTI_FORM_PLAIN;
    }
}

void wefti_walk_literal_items(wefti_walk *walk, const weft_value *items, uint16_t type, const wefti_column *column, uint8_t form)
{
    for (size_t i = 0; i < items->as.s.size && walk->status == WEFT_OK; i++) {
        weft_value item = wefti_walk_item(items, i);
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        const uint16_t item_type = type & (uint16_t)(WEFTI_ARRAY - 1u);
        const bool json = !item.is_null && wefti_walk_reads_json(walk, item_type, column) && wefti_walk_open_cast(walk, WEFT_JSON);
        wefti_walk_literal_value(walk, &item, item_type, column, item_form(form));
        wefti_walk_sql(walk, json ? ")" : "");
    }
}
