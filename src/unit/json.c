/* Two texts are walked side by side; only the members of an object are looked up, each by a walk over the other object. That costs
 * the square of their number, so the steps are counted, and a comparison that takes too many gives up. */
#include "unit/json.h"

#include "base/text.h"

#include <string.h>

#define MAX_STEPS (1u << 20)
#define MAX_DEPTH 64

typedef struct comparison {
    uint32_t steps; /* left */
    uint32_t depth;
} comparison;

static const char *past_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* ---- strings ---- */

static int hex_value(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at p, or -1. */
static int32_t read_unit(const char *p)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t write_utf8(uint32_t c, unsigned char out[4])
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3f));
    out[0] = (unsigned char)((size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0) | c);
    return size;
}

typedef struct letters {
    const char *at;
    unsigned char bytes[4]; /* of what stood behind a backslash */
    size_t size, next;
} letters;

static bool take_escape(letters *l)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = *l->at;
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    l->next = 0;
    if (name != NULL) {
        l->bytes[0] = (unsigned char)meanings[name - names];
        l->size = 1;
        l->at++;
        return true;
    }
    int32_t unit = c == 'u' ? read_unit(l->at + 1) : -1;
    if (unit <= 0)
        return false;
    l->at += 5;
    if (unit >= 0xd800 && unit < 0xe000) {
        int32_t low = unit < 0xdc00 && l->at[0] == '\\' && l->at[1] == 'u' ? read_unit(l->at + 2) : -1;
        if (low < 0xdc00 || low >= 0xe000)
            return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        l->at += 6;
    }
    l->size = write_utf8((uint32_t)unit, l->bytes);
    return true;
}

/* The next byte of the text that a string means; -1: its end, at past it; -2: malformed. */
static int next_letter(letters *l)
{
    if (l->next < l->size)
        return l->bytes[l->next++];
    unsigned char c = (unsigned char)*l->at;
    if (c < 0x20)
        return -2;
    l->at++;
    if (c == '"')
        return -1;
    if (c != '\\')
        return c;
    return take_escape(l) ? l->bytes[l->next++] : -2;
}

/* Both begin with their quotation mark. */
static bool same_string(comparison *c, const char **p, const char **q)
{
    letters a = {.at = *p + 1}, b = {.at = *q + 1};
    for (; c->steps > 0; c->steps--) {
        int x = next_letter(&a), y = next_letter(&b);
        if (x != y || x == -2)
            return false;
        if (x == -1) {
            *p = a.at;
            *q = b.at;
            return true;
        }
    }
    return false;
}

/* ---- numbers and words ---- */

/* The end of the number at p, or NULL. */
static const char *past_number(const char *p)
{
    p += *p == '-';
    if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
        return NULL;
    while (is_digit(*p))
        p++;
    if (*p == '.') {
        if (!is_digit(*++p))
            return NULL;
        while (is_digit(*p))
            p++;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        if (!is_digit(*p))
            return NULL;
        while (is_digit(*p))
            p++;
    }
    return p;
}

static bool same_number(const char **p, const char **q)
{
    const char *a = past_number(*p), *b = past_number(*q);
    if (a == NULL || b == NULL || wefti_decimal_compare(*p, (size_t)(a - *p), *q, (size_t)(b - *q)) != 0)
        return false;
    *p = a;
    *q = b;
    return true;
}

static bool same_word(const char **p, const char **q)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t size = strlen(words[i]);
        if (strncmp(*p, words[i], size) == 0 && strncmp(*q, words[i], size) == 0) {
            *p += size;
            *q += size;
            return true;
        }
    }
    return false;
}

/* ---- arrays and objects ---- */

static bool same_value(comparison *c, const char **p, const char **q);

static bool same_array(comparison *c, const char **p, const char **q)
{
    *p = past_blanks(*p + 1);
    *q = past_blanks(*q + 1);
    for (bool first = true;; first = false) {
        if (*(*p) == ']' && *(*q) == ']') {
            (*p)++;
            (*q)++;
            return true;
        }
        if (!first) {
            if (*(*p)++ != ',' || *(*q)++ != ',')
                return false;
            *p = past_blanks(*p);
            *q = past_blanks(*q);
        }
        if (!same_value(c, p, q))
            return false;
        *p = past_blanks(*p);
        *q = past_blanks(*q);
    }
}

/* Past a value of which only the extent is wanted; NULL where it has none. */
static const char *past_value(comparison *c, const char *p)
{
    uint32_t open = 0;
    bool in_string = false;
    for (; *p != '\0' && c->steps > 0; p++, c->steps--) {
        if (in_string) {
            in_string = *p != '"';
            if (*p == '\\' && *++p == '\0')
                return NULL;
            continue;
        }
        if (open == 0 && (*p == ',' || *p == '}' || *p == ']'))
            return p;
        in_string = *p == '"';
        open += *p == '{' || *p == '[';
        open -= *p == '}' || *p == ']';
    }
    return NULL;
}

typedef struct member {
    const char *key, *value, *next;
} member;

/* The member at p, which is past blanks: 1; 0: the object ends there, next past it; -1: malformed. */
static int read_member(comparison *c, const char *p, bool first, member *m)
{
    if (*p == '}') {
        m->next = p + 1;
        return 0;
    }
    if (!first && *p++ != ',')
        return -1;
    p = past_blanks(p);
    if (*p != '"')
        return -1;
    m->key = p;
    for (p++; *p != '"'; p++)
        if (*p == '\0' || (*p == '\\' && *++p == '\0'))
            return -1;
    p = past_blanks(p + 1);
    if (*p != ':')
        return -1;
    m->value = past_blanks(p + 1);
    m->next = past_value(c, m->value);
    return m->next != NULL ? 1 : -1;
}

/* The value of the member with this key in an object that begins after its brace; NULL where there is not just one. */
static const char *find_member(comparison *c, const char *object, const char *key)
{
    const char *found = NULL;
    member m = {.next = past_blanks(object)};
    for (bool first = true;; first = false) {
        int what = read_member(c, m.next, first, &m);
        if (what <= 0)
            return what == 0 ? found : NULL;
        const char *a = m.key, *b = key;
        if (!same_string(c, &a, &b))
            continue;
        if (found != NULL)
            return NULL;
        found = m.value;
    }
}

/* Past the last brace of an object that begins after its first; NULL: malformed. */
static const char *count_members(comparison *c, const char *object, size_t *count)
{
    member m = {.next = past_blanks(object)};
    for (*count = 0;; (*count)++) {
        int what = read_member(c, m.next, *count == 0, &m);
        if (what <= 0)
            return what == 0 ? m.next : NULL;
    }
}

/* As many members, and each of one is the only one with its key in both. */
static bool same_object(comparison *c, const char **p, const char **q)
{
    const char *a = *p + 1, *b = *q + 1;
    size_t a_count, b_count;
    *p = count_members(c, a, &a_count);
    *q = count_members(c, b, &b_count);
    if (*p == NULL || *q == NULL || a_count != b_count)
        return false;
    member m = {.next = past_blanks(a)};
    for (size_t i = 0; i < a_count; i++) {
        if (read_member(c, m.next, i == 0, &m) != 1 || find_member(c, a, m.key) != m.value)
            return false;
        const char *x = m.value, *y = find_member(c, b, m.key);
        if (y == NULL || !same_value(c, &x, &y))
            return false;
        x = past_blanks(x); /* nothing but blanks stands behind a value */
        y = past_blanks(y);
        if ((*x != ',' && *x != '}') || (*y != ',' && *y != '}'))
            return false;
    }
    return true;
}

static bool same_value(comparison *c, const char **p, const char **q)
{
    if (c->steps == 0 || c->depth == MAX_DEPTH)
        return false;
    c->steps--;
    c->depth++;
    bool same = false;
    if (**p == '{' || **p == '[' || **p == '"')
        same = **p == **q && (**p == '{' ? same_object(c, p, q) : **p == '[' ? same_array(c, p, q) : same_string(c, p, q));
    else
        same = **p == '-' || is_digit(**p) ? same_number(p, q) : same_word(p, q);
    c->depth--;
    return same;
}

bool wefti_json_same(const char *a, const char *b)
{
    comparison c = {.steps = MAX_STEPS};
    a = past_blanks(a);
    b = past_blanks(b);
    return same_value(&c, &a, &b) && *past_blanks(a) == '\0' && *past_blanks(b) == '\0';
}
