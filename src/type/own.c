/* Types of programs (WEFT_TYPE): each has a row of the table, from the first engine on whose models use it. Its fields are read and
 * written by the two functions of its codec, as values of the type that it is kept as; nothing above and no driver sees others.
 *
 * Rows are added under a lock and never change, and a schema knows only numbers of rows that are there; whoever asks without a lock
 * whether a codec has one reads the count first. What an encoder makes lies in a room of the thread's: two values of a comparison
 * do not meet in it, and what is held longer is copied. */
#include "type/type.h"

#include "base/error.h"
#include "base/sync.h"
#include "base/thread.h"

#include <string.h>

#define MOST (WEFTI_TYPE_ROWS - WEFTI_FIRST_OWN)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of additions */
static wefti_atomic_u32 count;                           /* of rows: release after the row is written */

/* ---- rooms ---- */

enum { ROOMS = 8, HELD = 64 };

typedef struct encodings {
    char made[ROOMS][WEFT_TYPE_ROOM], held[HELD][WEFT_TYPE_ROOM];
    unsigned next_made, next_held;
} encodings;

/* Of threads without memory for theirs: all share it, nobody reads it. */
static char last_resort[WEFT_TYPE_ROOM];

static encodings *rooms_of_thread(void) { return wefti_thread_room(WEFTI_ROOM_ENCODED, sizeof(encodings)); }

char *weft_type_room(void)
{
    encodings *rooms = rooms_of_thread();
    char *room = rooms != NULL ? rooms->made[rooms->next_made++ % ROOMS] : last_resort;
    room[0] = '\0';
    return room;
}

static bool lies_in(const weft_value *value, const char *from, size_t size)
{
    return wefti_type_has_content(value->type) && !value->is_null && value->as.s.data >= from && value->as.s.data < from + size;
}

static bool is_made(const weft_value *value)
{
    const encodings *rooms = wefti_thread_rooms_.memory[WEFTI_ROOM_ENCODED];
    return rooms != NULL && lies_in(value, rooms->made[0], sizeof rooms->made);
}

void wefti_own_hold(weft_value *value)
{
    if (!is_made(value))
        return;
    encodings *rooms = rooms_of_thread();
    char *room = rooms->held[rooms->next_held++ % HELD];
    const size_t size = value->as.s.size < WEFT_TYPE_ROOM ? value->as.s.size + 1 : WEFT_TYPE_ROOM;
    value->as.s.data = memcpy(room, value->as.s.data, size);
}

/* ---- rows ---- */

static bool same_codec(const weft_codec *a, const weft_codec *b)
{
    return a == b || (a->encode_ == b->encode_ && a->decode_ == b->decode_ && a->stored == b->stored && a->size == b->size &&
                      a->optional_size_ == b->optional_size_ && strcmp(a->name, b->name) == 0);
}

static unsigned shape_of(const wefti_type *row)
{
    return row->kept != WEFTI_KEPT_ARRAY ? 0u : row->optional_items ? (unsigned)WEFT_ARRAY_OF_OPT : (unsigned)WEFT_ARRAY;
}

static unsigned find(const weft_codec *codec, unsigned shape, uint32_t known)
{
    for (uint32_t i = 0; i < known; i++)
        if (shape_of(&wefti_types[WEFTI_FIRST_OWN + i]) == shape && same_codec(wefti_types[WEFTI_FIRST_OWN + i].codec, codec))
            return WEFTI_FIRST_OWN + i;
    return WEFT_UNMAPPED;
}

static wefti_type row_of(const weft_codec *codec)
{
    const unsigned stored = codec->stored;
    wefti_type row = *wefti_type_of(stored);
    row.name = codec->name;
    row.nullable = codec->nullable_;
    row.codec = codec;
    row.base = (uint8_t)stored;
    row.kept = WEFTI_KEPT_OWN;
    row.size = (uint16_t)codec->size;
    row.align = (uint8_t)codec->align_;
    row.optional_size = (uint16_t)codec->optional_size_;
    row.optional_align = (uint8_t)codec->align_;
    row.optional_at = (uint8_t)codec->optional_at_;
    row.borrows = false;
    return row;
}

/* An array of what the row of item says lies as any other; as a column it is one of what the items are kept as. */
static wefti_type array_row_of(const weft_codec *codec, unsigned item, bool optional)
{
    wefti_type row = *wefti_type_of(WEFT_ARRAY + codec->stored);
    row.name = codec->array_ != NULL ? codec->array_ : codec->name;
    row.nullable = codec->array_of_opt_ != NULL ? codec->array_of_opt_ : codec->nullable_;
    row.codec = codec;
    row.base = (uint8_t)(WEFT_ARRAY + codec->stored);
    row.element = (uint8_t)item;
    row.optional_items = optional;
    row.stride = (uint16_t)(optional ? codec->optional_size_ : codec->size);
    return row;
}

static const char *problem_of(const weft_codec *codec, unsigned shape)
{
    const unsigned stored = codec->stored;
    if (codec->name == NULL || codec->encode_ == NULL || codec->decode_ == NULL ||
        (shape != 0 && shape != WEFT_ARRAY && shape != WEFT_ARRAY_OF_OPT))
        return "is not made by WEFT_TYPE";
    if (stored == WEFT_UNMAPPED || stored >= WEFT_TYPE_COUNT_ || stored == WEFT_CHARS)
        return "is kept as no weft_type; name one, such as WEFT_INT16 or WEFT_TEXT, without WEFT_OPT";
    if (shape != 0 && wefti_array_type(stored, false) == WEFT_UNMAPPED)
        return "is kept as a type that has no arrays; keep it as another, such as WEFT_TEXT";
    return codec->size > UINT16_MAX || codec->optional_size_ > UINT16_MAX ? "is larger than 65,535 bytes" : NULL;
}

/* Under the lock: false where there is no room. */
static bool add_row(const weft_codec *codec, unsigned shape, unsigned *type)
{
    const uint32_t known = wefti_atomic_load_u32(&count, WEFTI_RELAXED); /* written under the lock alone */
    unsigned item = WEFT_UNMAPPED;
    *type = find(codec, shape, known);
    if (*type != WEFT_UNMAPPED)
        return true;
    if (shape != 0 && !add_row(codec, 0, &item))
        return false;
    const uint32_t at = wefti_atomic_load_u32(&count, WEFTI_RELAXED);
    if (at == MOST)
        return false;
    *type = WEFTI_FIRST_OWN + at;
    wefti_types[*type] = shape == 0 ? row_of(codec) : array_row_of(codec, item, shape == WEFT_ARRAY_OF_OPT);
    wefti_atomic_store_u32(&count, at + 1, WEFTI_RELEASE);
    return true;
}

weft_status wefti_own_type(const weft_codec *codec, unsigned shape, unsigned *type, const char **problem)
{
    *problem = problem_of(codec, shape);
    if (*problem != NULL)
        return WEFT_ERROR_MODEL;
    (void)pthread_mutex_lock(&lock);
    const bool added = add_row(codec, shape, type);
    (void)pthread_mutex_unlock(&lock);
    if (!added)
        *problem = "is one too many: a program may have 160 types of its own, arrays of them among these";
    return added ? WEFT_OK : WEFT_ERROR_LIMIT;
}

unsigned wefti_own_type_known(const weft_codec *codec, unsigned shape)
{
    unsigned type = find(codec, shape, wefti_atomic_load_u32(&count, WEFTI_ACQUIRE));
    const char *problem;
    return type != WEFT_UNMAPPED || wefti_own_type(codec, shape, &type, &problem) == WEFT_OK ? type : (unsigned)WEFT_UNMAPPED;
}

/* ---- values ---- */

bool wefti_own_had_no_room(const weft_value *value)
{
    return value->type == (weft_type)WEFTI_REFUSED && value->as.s.data == last_resort;
}

/* What the encoder gave as a value of the type that it is to be kept as; WEFTI_REFUSED where it is none, or lies nowhere. */
static weft_value as_stored(const weft_codec *codec, weft_value value)
{
    const unsigned stored = codec->stored;
    const wefti_type *row = wefti_type_of(stored);
    const bool alike = wefti_type_of(value.type)->kin == row->kin && value.type != WEFT_UNMAPPED;
    if (lies_in(&value, last_resort, sizeof last_resort))
        return (weft_value){.type = (weft_type)WEFTI_REFUSED, .as.s.data = last_resort};
    if (!alike || (!value.is_null && wefti_type_is_integer(stored) && (value.as.i < row->least || value.as.i > row->greatest)))
        return (weft_value){.type = (weft_type)WEFTI_REFUSED};
    value.type = (weft_type)stored;
    return value;
}

weft_value wefti_own_value(const wefti_type *row, const void *field) { return as_stored(row->codec, row->codec->encode_(field)); }

bool wefti_own_put(const wefti_type *row, const weft_value *value, void *field)
{
    weft_value taken;
    return wefti_value_take(row->base, value, &taken) && row->codec->decode_(&taken, field);
}

/* ---- arrays ---- */

/* Of text or bytes, whose content follows the element in the room that one call gives. */
static bool put_content(void *at, const weft_value *value, wefti_allocate allocate, void *context)
{
    char *content = allocate(context, value->as.s.size + 1);
    if (content == NULL)
        return false;
    if (value->as.s.size > 0)
        memcpy(content, value->as.s.data, value->as.s.size);
    content[value->as.s.size] = '\0';
    weft_value kept = *value;
    kept.as.s.data = content;
    return wefti_item_put(at, &kept);
}

bool wefti_own_array(const wefti_array *from, wefti_allocate allocate, void *context, wefti_array *to, size_t *refused)
{
    const unsigned base = wefti_type_base(from->type);
    const wefti_type *row = wefti_type_of(base);
    const bool content = wefti_type_has_content(base);
    const size_t stride = content ? row->size : row->optional_size;
    if (from->count > SIZE_MAX / stride - 1)
        return false;
    char *items = allocate(context, (from->count + 1) * stride);
    if (items == NULL)
        return false;
    memset(items, 0, (from->count + 1) * stride);
    *refused = from->count;
    for (size_t i = 0; i < from->count; i++) {
        const weft_value value = wefti_field_value(from->type, from->size, wefti_array_field(from, i));
        if (wefti_own_had_no_room(&value))
            return false;
        if (value.type == (weft_type)WEFTI_REFUSED) {
            *refused = i;
            return true;
        }
        if (!value.is_null && content && !put_content(items + i * stride, &value, allocate, context))
            return false;
        if (!value.is_null && !content)
            (void)wefti_field_put(base | WEFT_OPT, &value, items + i * stride);
    }
    *to = (wefti_array){.type = (uint16_t)(content ? base : base | WEFT_OPT),
                        .size = (uint16_t)stride,
                        .count = from->count,
                        .base = items,
                        .stride = stride};
    return true;
}

bool wefti_own_items(const weft_value *from, wefti_allocate allocate, void *context, weft_value *to, size_t *refused)
{
    const wefti_array items = wefti_array_items(from);
    wefti_array made = {.count = 0};
    if (!wefti_own_array(&items, allocate, context, &made, refused))
        return false;
    *refused = *refused < items.count ? *refused : SIZE_MAX;
    if (*refused == SIZE_MAX)
        *to = (weft_value){.type = (weft_type)wefti_array_type(made.type & (WEFTI_TYPE_ROWS - 1u), (made.type & WEFT_OPT) != 0),
                           .as.s = {made.base, made.count * made.stride}};
    return true;
}

/* ---- for the macros ---- */

weft_value weft_type_value(const weft_codec *codec, const void *value, char room[WEFT_TYPE_ROOM])
{
    weft_value encoded = as_stored(codec, codec->encode_(value));
    if (!wefti_type_has_content(encoded.type) || encoded.is_null)
        return encoded;
    const char *data = encoded.as.s.data, *own = value;
    const bool lasts = !is_made(&encoded) && (data < own || data >= own + codec->size);
    if (lasts)
        return encoded;
    if (encoded.as.s.size >= WEFT_TYPE_ROOM)
        return (weft_value){.type = (weft_type)WEFTI_REFUSED};
    memcpy(room, data, encoded.as.s.size);
    room[encoded.as.s.size] = '\0';
    encoded.as.s.data = room;
    return encoded;
}

weft_value weft_type_items(const weft_codec *codec, const void *items, size_t item_count)
{
    weft_value value = {.type = (weft_type)wefti_own_type_known(codec, 0)};
    value.as.s.data = items;
    value.as.s.size = item_count;
    return value;
}

weft_value weft_type_array(const weft_codec *codec, bool optional, const void *items, size_t item_count)
{
    const unsigned type = wefti_own_type_known(codec, optional ? WEFT_ARRAY_OF_OPT : WEFT_ARRAY);
    const weft_array_bytes array = {items, item_count}; /* all of them lie alike */
    return type != WEFT_UNMAPPED ? wefti_field_value(type, 0, &array) : (weft_value){.type = (weft_type)WEFTI_REFUSED};
}
