/* A Debian package catalogue: what the structs hold. How they map is told in models.c. */
#ifndef CATALOG_MODELS_H
#define CATALOG_MODELS_H

#include <weft/weft.h>

WEFT_DECLARE(Section);
WEFT_DECLARE(Maintainer);
WEFT_DECLARE(Tag);
WEFT_DECLARE(Package);
WEFT_DECLARE(Dependency);

struct Section {
    int64_t id;
    const char *name;
    Package_list packages;
};

struct Maintainer {
    int64_t id;
    const char *name;
    const char *email; /* or the name again, where the file gives no address */
    Package_list packages;
};

/* A facet such as interface::shell, from the Tag field or made from other fields. */
struct Tag {
    int64_t id;
    const char *name;
    Package_list packages;
};

struct Package {
    int64_t id;
    const char *name;
    bool known; /* described by the input; false: only named, by another package's dependency */
    const char *version;
    const char *architecture;
    const char *priority;
    const char *summary;
    const char *description;
    const char *homepage;
    const char *source; /* the source package it is built from; only the page of its siblings loads it */
    weft_opt_int64 installed_kib;
    weft_opt_int64 section_id;
    weft_opt_int64 maintainer_id;
    const Section *section;
    const Maintainer *maintainer;
    Tag_list tags;
    Dependency_list dependencies; /* what this package asks for, in the order of kinds */
    Dependency_list dependents;   /* who asks for this package */
};

typedef enum DependencyKind {
    KIND_PRE_DEPENDS,
    KIND_DEPENDS,
    KIND_RECOMMENDS,
    KIND_SUGGESTS,
    KIND_ENHANCES,
    KIND_BREAKS,
    KIND_CONFLICTS,
    KIND_REPLACES,
    KIND_PROVIDES,
    KIND_BUILT_USING,
    KIND_COUNT
} DependencyKind;

extern const char *const dependency_kinds[KIND_COUNT];

/* The association between two packages: it carries a kind and a version constraint of its own. */
struct Dependency {
    int64_t package_id;
    int position;
    int64_t target_id;
    int kind;             /* DependencyKind, kept as text */
    bool alternative;     /* "a | b": b is an alternative to what stands before it */
    const char *relation; /* ">=", or NULL without a constraint */
    const char *version;
    const Package *package;
    const Package *target;
};

extern const weft_metadata catalog_models;

#endif
