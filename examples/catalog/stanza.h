/* Debian control data: the stanzas of /var/lib/dpkg/status and of `apt-cache dumpavail`. */
#ifndef CATALOG_STANZA_H
#define CATALOG_STANZA_H

#include "models.h"

/* One entry of a relationship field; texts point into the file's data. */
typedef struct Relation {
    const char *name;
    const char *operator_; /* NULL without a version */
    const char *version;
    DependencyKind kind;
    bool alternative;
} Relation;

typedef struct Stanza {
    const char *name;
    const char *version, *architecture, *multi_arch, *priority, *section, *homepage, *summary, *description, *source;
    const char *maintainer_name, *maintainer_email;
    weft_opt_int64 installed_kib;
    bool essential;
    size_t first_relation, relation_count; /* into Control.relations */
    size_t first_tag, tag_count;           /* into Control.tags */
} Stanza;

/* A file taken apart; everything lives until control_free. */
typedef struct Control {
    char *data;
    Stanza *stanzas;
    Relation *relations;
    const char **tags;
    size_t stanza_count, relation_count, tag_count;
    size_t skipped; /* stanzas without a usable name, or of packages that are not installed */
} Control;

/* Reads a file. False with a message (at least 256 bytes) where it cannot be read; odd content is skipped, not refused. */
bool control_read(Control *control, const char *path, char message[256]);
/* The same from memory; data must be allocated with malloc, end with NUL at data[size], and becomes the control's. */
bool control_parse(Control *control, char *data, size_t size, char message[256]);
void control_free(Control *control);

#endif
