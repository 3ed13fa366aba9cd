/* Takes Debian control data apart in place: fields, continuation lines, relationship fields, tags. The input is a file that
 * other programs wrote and people edit, so nothing about it is trusted: bytes that are not UTF-8 are replaced, lines that are
 * no fields are passed over, names of absurd length are dropped, and a stanza without a name is counted and left out. */
#define _POSIX_C_SOURCE 200809L
#include "stanza.h"

#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_LIMIT_BYTES = 150, FILE_LIMIT_BYTES = 1 << 30 };

void control_free(Control *control)
{
    free(control->data);
    free(control->stanzas);
    free(control->relations);
    free(control->tags);
    *control = (Control){0};
}

/* The array, with room for one more item: it doubles when its count is a power of two. NULL when out of memory; the old one
 * stands. */
static void *with_room(void *items, size_t count, size_t item_size)
{
    if (count != 0 && (count < 64 || (count & (count - 1)) != 0)) {
        return items;
    }
    return realloc(items, (count == 0 ? 64 : 2 * count) * item_size);
}

/* The length of the UTF-8 character at text, or 0 where it is none (overlong forms and surrogates included). */
static size_t character_size(const unsigned char *text, size_t left)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (size == 1) {
        return text[0] != 0;
    }
    if (text[0] < 0xc2 || text[0] > 0xf4 || size > left) {
        return 0;
    }
    uint32_t code = text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3f);
    }
    return code >= smallest[size] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? size : 0;
}

static void replace_what_is_not_utf8(char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = character_size((const unsigned char *)data + at, size - at);
        if (length == 0) {
            data[at] = '?';
            length = 1;
        }
        at += length;
    }
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    while (is_space(*text)) {
        text++;
    }
    size_t size = strlen(text);
    while (size > 0 && is_space(text[size - 1])) {
        text[--size] = '\0';
    }
    return text;
}

static const char *text_or_null(char *text)
{
    text = trim(text);
    return *text != '\0' ? text : NULL;
}

/* The text before the separator, which becomes its end; *rest goes on behind it, NULL after the last piece. */
static char *split(char **rest, char separator)
{
    char *piece = *rest;
    char *end = strchr(piece, separator);
    if (end != NULL) {
        *end++ = '\0';
    }
    *rest = end;
    return trim(piece);
}

/* "name[:arch] [(op version)] [[arches]] [<profiles>]"; false where there is no usable name. */
static bool read_relation(char *entry, Relation *relation)
{
    static const char *const operators[] = {"<<", "<=", ">=", ">>", "=", "<", ">"};
    char *constraint = strchr(entry, '(');
    if (constraint != NULL) {
        *constraint++ = '\0';
        constraint[strcspn(constraint, ")")] = '\0';
        constraint = trim(constraint);
        for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
            size_t size = strlen(operators[i]);
            if (strncmp(constraint, operators[i], size) == 0) {
                relation->version = text_or_null(constraint + size);
                relation->operator_ = relation->version != NULL ? operators[i] : NULL;
                break;
            }
        }
    }
    entry[strcspn(entry, " \t\r\n:[<")] = '\0';
    relation->name = entry;
    return *entry != '\0' && strlen(entry) <= NAME_LIMIT_BYTES;
}

static bool read_relations(Control *control, Stanza *stanza, DependencyKind kind, char *field)
{
    for (char *entries = field; entries != NULL;) {
        char *choices = split(&entries, ',');
        for (bool first = true; choices != NULL; first = false) {
            Relation relation = {.kind = kind, .alternative = !first};
            if (!read_relation(split(&choices, '|'), &relation)) {
                continue;
            }
            Relation *relations = with_room(control->relations, control->relation_count, sizeof(relation));
            if (relations == NULL) {
                return false;
            }
            relations[control->relation_count++] = relation;
            control->relations = relations;
            stanza->relation_count++;
        }
    }
    return true;
}

static bool add_tag(Control *control, Stanza *stanza, const char *tag)
{
    if (*tag == '\0' || strlen(tag) > NAME_LIMIT_BYTES) {
        return true;
    }
    for (size_t i = stanza->first_tag; i < control->tag_count; i++) {
        if (strcmp(control->tags[i], tag) == 0) {
            return true;
        }
    }
    const char **tags = with_room(control->tags, control->tag_count, sizeof(*tags));
    if (tags == NULL) {
        return false;
    }
    tags[control->tag_count++] = tag;
    control->tags = tags;
    stanza->tag_count++;
    return true;
}

static bool read_tags(Control *control, Stanza *stanza, char *field)
{
    while (field != NULL) {
        if (!add_tag(control, stanza, split(&field, ','))) {
            return false;
        }
    }
    return true;
}

/* "Name <address>"; one of the two may be missing, and then stands for both. */
static void read_maintainer(Stanza *stanza, char *field)
{
    char *address = strrchr(field, '<');
    if (address != NULL) {
        *address++ = '\0';
        address[strcspn(address, ">")] = '\0';
        stanza->maintainer_email = text_or_null(address);
    }
    stanza->maintainer_name = text_or_null(field);
    if (stanza->maintainer_name == NULL) {
        stanza->maintainer_name = stanza->maintainer_email;
    }
    if (stanza->maintainer_email == NULL) {
        stanza->maintainer_email = stanza->maintainer_name;
    }
}

/* The first line is the summary; the rest, without the blank that begins each line, the description. */
static void read_description(Stanza *stanza, char *field)
{
    char *rest = field;
    stanza->summary = text_or_null(split(&rest, '\n'));
    if (rest == NULL) {
        return;
    }
    char *to = rest;
    for (const char *from = rest; *from != '\0'; from++) {
        bool line_begins = from == rest || from[-1] == '\n';
        if (*from != '\r' && !(line_begins && is_space(*from) && *from != '\n')) {
            *to++ = *from;
        }
    }
    *to = '\0';
    stanza->description = *rest != '\0' ? rest : NULL;
}

static weft_opt_int64 read_size(const char *field)
{
    char *end;
    errno = 0;
    long long value = strtoll(field, &end, 10);
    bool good = errno == 0 && end != field && *end == '\0' && value >= 0;
    return (weft_opt_int64){.set = good, .value = good ? value : 0};
}

static bool read_text_field(Stanza *stanza, const char *name, char *value)
{
    const struct {
        const char *name;
        const char **to;
    } fields[] = {
        {"Package", &stanza->name},          {"Version", &stanza->version},   {"Architecture", &stanza->architecture},
        {"Multi-Arch", &stanza->multi_arch}, {"Priority", &stanza->priority}, {"Section", &stanza->section},
        {"Homepage", &stanza->homepage},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcasecmp(name, fields[i].name) == 0) {
            *fields[i].to = text_or_null(value);
            return true;
        }
    }
    return false;
}

static bool read_field(Control *control, Stanza *stanza, bool *installed, const char *name, char *value)
{
    if (read_text_field(stanza, name, value)) {
        return true;
    }
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (strcasecmp(name, dependency_kinds[kind]) == 0) {
            return read_relations(control, stanza, (DependencyKind)kind, value);
        }
    }
    if (strcasecmp(name, "Tag") == 0) {
        return read_tags(control, stanza, value);
    }
    if (strcasecmp(name, "Maintainer") == 0) {
        read_maintainer(stanza, value);
    } else if (strcasecmp(name, "Description") == 0) {
        read_description(stanza, value);
    } else if (strcasecmp(name, "Installed-Size") == 0) {
        stanza->installed_kib = read_size(trim(value));
    } else if (strcasecmp(name, "Source") == 0) { /* perhaps with a version behind it */
        value = trim(value);
        value[strcspn(value, " (\t")] = '\0';
        stanza->source = text_or_null(value);
    } else if (strcasecmp(name, "Essential") == 0) {
        stanza->essential = strcasecmp(trim(value), "yes") == 0;
    } else if (strcasecmp(name, "Status") == 0) {
        const char *words = trim(value), *last = strrchr(words, ' ');
        *installed = strcmp(last != NULL ? last + 1 : words, "installed") == 0;
    }
    return true;
}

/* One field with its continuation lines, which begin with a blank. Returns where the next one begins, NULL at the end of the
 * stanza. */
static char *next_field(char *at, char **name, char **value)
{
    *name = NULL;
    char *end = at + strcspn(at, "\n");
    while (*end == '\n' && (end[1] == ' ' || end[1] == '\t')) {
        end += 1 + strcspn(end + 1, "\n");
    }
    bool last = *end == '\0';
    *end = '\0';
    char *colon = strchr(at, ':');
    if (colon != NULL && colon != at && !is_space(*at)) {
        *colon = '\0';
        *name = trim(at);
        *value = colon + 1;
    }
    return last ? NULL : end + 1;
}

static bool read_stanza(Control *control, Map *seen, char *text)
{
    Stanza stanza = {.first_relation = control->relation_count, .first_tag = control->tag_count};
    bool installed = true;
    while (text != NULL) {
        char *name = NULL, *value = NULL;
        text = next_field(text, &name, &value);
        if (name != NULL && !read_field(control, &stanza, &installed, name, value)) {
            return false;
        }
    }
    if (stanza.name == NULL || strlen(stanza.name) > NAME_LIMIT_BYTES || !installed) {
        control->relation_count = stanza.first_relation;
        control->tag_count = stanza.first_tag;
        control->skipped++;
        return true;
    }
    if (stanza.source == NULL) { /* of the same name */
        stanza.source = stanza.name;
    }
    /* A name may come again, as another architecture's: the last one stands. */
    const void **index = map_at(seen, stanza.name);
    if (*index != NULL) {
        control->stanzas[(uintptr_t)*index - 1] = stanza;
        return !seen->failed;
    }
    Stanza *stanzas = with_room(control->stanzas, control->stanza_count, sizeof(stanza));
    if (stanzas == NULL) {
        return false;
    }
    stanzas[control->stanza_count++] = stanza;
    control->stanzas = stanzas;
    *index = (const void *)(uintptr_t)control->stanza_count;
    return !seen->failed;
}

/* Where the stanza that begins at text ends: at the next line that is empty or all blanks. */
static char *stanza_end(char *text)
{
    for (char *at = text;; at++) {
        at += strcspn(at, "\n");
        if (*at == '\0') {
            return at;
        }
        const char *next = at + 1;
        next += strspn(next, " \t\r");
        if (*next == '\n' || *next == '\0') {
            return at;
        }
    }
}

bool control_parse(Control *control, char *data, size_t size, char message[256])
{
    Map seen = {0};
    *control = (Control){.data = data};
    replace_what_is_not_utf8(data, size);
    bool good = true;
    for (char *at = data; good && *(at += strspn(at, " \t\r\n")) != '\0';) {
        char *end = stanza_end(at), *next = *end != '\0' ? end + 1 : end;
        *end = '\0';
        good = read_stanza(control, &seen, at);
        at = next;
    }
    map_free(&seen);
    if (!good) {
        control_free(control);
        snprintf(message, 256, "out of memory");
    }
    return good;
}

static char *read_file(FILE *file, size_t *size)
{
    char *data = NULL;
    size_t capacity = 0;
    *size = 0;
    do {
        if (*size + 1 >= capacity) {
            capacity = capacity == 0 ? 1 << 20 : 2 * capacity;
            char *grown = capacity <= FILE_LIMIT_BYTES ? realloc(data, capacity) : NULL;
            if (grown == NULL) {
                free(data);
                return NULL;
            }
            data = grown;
        }
        *size += fread(data + *size, 1, capacity - *size - 1, file);
    } while (!feof(file) && !ferror(file));
    data[*size] = '\0';
    return data;
}

bool control_read(Control *control, const char *path, char message[256])
{
    *control = (Control){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        snprintf(message, 256, "%s: %s", path, strerror(errno));
        return false;
    }
    size_t size;
    char *data = read_file(file, &size);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (data == NULL || broken) {
        snprintf(message, 256, "%s: %s", path, broken ? "cannot be read (a folder?)" : "too large");
        free(data);
        return false;
    }
    return control_parse(control, data, size, message);
}
