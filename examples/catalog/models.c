/* The mapping of the catalogue. Column types come from the C fields; a misspelt field or a wrong target does not compile. */
#include "models.h"

#define KIND_NAMES \
    "pre-depends", "depends", "recommends", "suggests", "enhances", "breaks", "conflicts", "replaces", "provides", "built-using"

const char *const dependency_kinds[KIND_COUNT] = {KIND_NAMES};
static const char *const kind_names[] = {KIND_NAMES};

WEFT_MODEL(Section, "section", WEFT_COLUMN(Section, id, .primary_key = true), WEFT_COLUMN(Section, name, .unique = true),
           WEFT_HAS_MANY(Section, packages, Package, .foreign_key = "section_id", .back_populates = "section"));

WEFT_MODEL(Maintainer, "maintainer", WEFT_COLUMN(Maintainer, id, .primary_key = true), WEFT_COLUMN(Maintainer, name),
           WEFT_COLUMN(Maintainer, email, .unique = true),
           WEFT_HAS_MANY(Maintainer, packages, Package, .foreign_key = "maintainer_id", .back_populates = "maintainer"));

WEFT_MODEL(Tag, "tag", WEFT_COLUMN(Tag, id, .primary_key = true), WEFT_COLUMN(Tag, name, .unique = true),
           WEFT_MANY_TO_MANY(Tag, packages, Package, .through = "package_tag(tag_id, package_id)", .back_populates = "tags"));

WEFT_MODEL(Package, "package", WEFT_COLUMN(Package, id, .primary_key = true), WEFT_COLUMN(Package, name, .unique = true),
           WEFT_COLUMN(Package, known), WEFT_COLUMN(Package, version, .nullable = true),
           WEFT_COLUMN(Package, architecture, .nullable = true), WEFT_COLUMN(Package, priority, .nullable = true),
           WEFT_COLUMN(Package, summary, .nullable = true), WEFT_COLUMN(Package, description, .nullable = true),
           WEFT_COLUMN(Package, homepage, .nullable = true), WEFT_COLUMN(Package, installed_kib),
           WEFT_COLUMN(Package, source, .nullable = true, .deferred = true, .index = true),
           WEFT_COLUMN(Package, section_id, .references = "section.id", .index = true),
           WEFT_COLUMN(Package, maintainer_id, .references = "maintainer.id", .index = true),
           WEFT_BELONGS_TO(Package, section, Section, .foreign_key = "section_id", .back_populates = "packages"),
           WEFT_BELONGS_TO(Package, maintainer, Maintainer, .foreign_key = "maintainer_id", .back_populates = "packages"),
           WEFT_MANY_TO_MANY(Package, tags, Tag, .through = "package_tag(package_id, tag_id)", .back_populates = "packages",
                             .order_by = "name"),
           WEFT_HAS_MANY(Package, dependencies, Dependency, .foreign_key = "package_id", .back_populates = "package",
                         .cascade = WEFT_CASCADE_ALL, .order_by = "position"),
           WEFT_HAS_MANY(Package, dependents, Dependency, .foreign_key = "target_id", .back_populates = "target",
                         .order_by = "kind, package_id"));

WEFT_MODEL(Dependency, "dependency",
           WEFT_COLUMN(Dependency, package_id, .primary_key = true, .references = "package.id", .on_delete = "CASCADE"),
           WEFT_COLUMN(Dependency, position, .primary_key = true),
           WEFT_COLUMN(Dependency, target_id, .references = "package.id", .index = true), WEFT_ENUM(Dependency, kind, kind_names),
           WEFT_COLUMN(Dependency, alternative), WEFT_COLUMN(Dependency, relation, .nullable = true),
           WEFT_COLUMN(Dependency, version, .nullable = true),
           WEFT_BELONGS_TO(Dependency, package, Package, .foreign_key = "package_id", .back_populates = "dependencies"),
           WEFT_BELONGS_TO(Dependency, target, Package, .foreign_key = "target_id", .back_populates = "dependents"));

WEFT_METADATA(catalog_models, &Section_model, &Maintainer_model, &Tag_model, &Package_model, &Dependency_model);
