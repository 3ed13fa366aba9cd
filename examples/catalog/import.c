/* Stores control data through sessions. A batch of stanzas is one transaction: look up what the batch names in one statement
 * per model, make what is missing, then fill in plain structs and link them; flush finds out what changed and sends that. A
 * second import of the same file therefore reads much and writes nothing. */
#define _POSIX_C_SOURCE 200809L
#include "import.h"

#include "map.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_STANZAS = 500 };

typedef struct Batch {
    const Control *control;
    const Stanza *stanzas;
    size_t count;
    Map described, packages, sections, maintainers, tags; /* name → object; described: the names of the stanzas themselves */
} Batch;

/* ---- what the batch names ---- */

static const char *facet(weft_session *s, const char *name, const char *value) { return weft_format(s, "%s::%s", name, value); }

/* dpkg's file has no tags; these are made of other fields, in the form that Debian's tags have. */
static size_t made_tags(weft_session *s, const Stanza *stanza, const char *tags[4])
{
    size_t count = 0;
    if (stanza->essential) {
        tags[count++] = "essential::yes";
    }
    if (stanza->priority != NULL) {
        tags[count++] = facet(s, "priority", stanza->priority);
    }
    if (stanza->multi_arch != NULL) {
        tags[count++] = facet(s, "multi-arch", stanza->multi_arch);
    }
    if (stanza->architecture != NULL) {
        tags[count++] = facet(s, "architecture", stanza->architecture);
    }
    return count;
}

static void note_names(weft_session *s, Batch *b)
{
    for (const Stanza *stanza = b->stanzas; stanza < b->stanzas + b->count; stanza++) {
        map_at(&b->described, stanza->name);
        map_at(&b->packages, stanza->name);
        if (stanza->section != NULL) {
            map_at(&b->sections, stanza->section);
        }
        if (stanza->maintainer_email != NULL) {
            map_at(&b->maintainers, stanza->maintainer_email);
        }
        for (size_t i = 0; i < stanza->relation_count; i++) {
            map_at(&b->packages, b->control->relations[stanza->first_relation + i].name);
        }
        for (size_t i = 0; i < stanza->tag_count; i++) {
            map_at(&b->tags, b->control->tags[stanza->first_tag + i]);
        }
        const char *made[4];
        for (size_t i = made_tags(s, stanza, made); i-- > 0;) {
            map_at(&b->tags, made[i]);
        }
    }
}

static void look_up(weft_session *s, Batch *b)
{
    weft_query(s, Package, .where = weft_in(Package, name, b->described.keys, b->described.count),
               .load = weft_load(weft_selectin(Package, dependencies), weft_selectin(Package, tags),
                                 weft_undefer(weft_col(Package, source))));
    Package_list packages = weft_query(s, Package, .where = weft_in(Package, name, b->packages.keys, b->packages.count));
    weft_each (Package, package, packages)
        *map_at(&b->packages, package->name) = package;
    Section_list sections = weft_query(s, Section, .where = weft_in(Section, name, b->sections.keys, b->sections.count));
    weft_each (Section, section, sections)
        *map_at(&b->sections, section->name) = section;
    Maintainer_list maintainers =
        weft_query(s, Maintainer, .where = weft_in(Maintainer, email, b->maintainers.keys, b->maintainers.count));
    weft_each (Maintainer, maintainer, maintainers)
        *map_at(&b->maintainers, maintainer->email) = maintainer;
    Tag_list tags = weft_query(s, Tag, .where = weft_in(Tag, name, b->tags.keys, b->tags.count));
    weft_each (Tag, tag, tags)
        *map_at(&b->tags, tag->name) = tag;
}

/* ---- found, or new ---- */

static const Package *package_named(weft_session *s, Batch *b, const char *name)
{
    const void **found = map_at(&b->packages, name);
    if (*found == NULL) {
        *found = weft_new(s, Package, .name = name);
    }
    return *found;
}

static const Tag *tag_named(weft_session *s, Batch *b, const char *name)
{
    const void **found = map_at(&b->tags, name);
    if (*found == NULL) {
        *found = weft_new(s, Tag, .name = name);
    }
    return *found;
}

static const Section *section_of(weft_session *s, Batch *b, const Stanza *stanza)
{
    if (stanza->section == NULL) {
        return NULL;
    }
    const void **found = map_at(&b->sections, stanza->section);
    if (*found == NULL) {
        *found = weft_new(s, Section, .name = stanza->section);
    }
    return *found;
}

static const Maintainer *maintainer_of(weft_session *s, Batch *b, const Stanza *stanza)
{
    if (stanza->maintainer_email == NULL) {
        return NULL;
    }
    const void **found = map_at(&b->maintainers, stanza->maintainer_email);
    if (*found == NULL) {
        *found = weft_new(s, Maintainer, .name = stanza->maintainer_name, .email = stanza->maintainer_email);
    }
    return *found;
}

/* ---- one stanza ---- */

/* Packages depend on each other, so rows must go in before what refers to them: a dependency is told its packages as objects, and
 * flush sorts that out. Positions say which row is which, so a changed field changes rows instead of replacing them. */
static void store_dependency(weft_session *s, Batch *b, const Package *package, int position, const Dependency *old,
                             const Relation *relation)
{
    const Package *target = package_named(s, b, relation->name);
    if (old == NULL) {
        weft_new(s, Dependency, .package = package, .position = position, .target = target, .kind = (int)relation->kind,
                 .alternative = relation->alternative, .relation = relation->operator_, .version = relation->version);
        return;
    }
    Dependency *dependency = weft_edit(s, Dependency, old);
    dependency->kind = (int)relation->kind;
    dependency->alternative = relation->alternative;
    dependency->relation = relation->operator_;
    dependency->version = relation->version;
    if (target->id == 0 || target->id != dependency->target_id) {
        weft_assign(s, Dependency, dependency, target, Package, target);
    }
}

/* In the order of kinds, what is needed first. */
static void store_dependencies(weft_session *s, Batch *b, const Package *package, const Stanza *stanza)
{
    const Relation *relations = b->control->relations + stanza->first_relation;
    Dependency_list old = package->dependencies;
    size_t position = 0;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        for (size_t i = 0; i < stanza->relation_count; i++) {
            if ((int)relations[i].kind == kind) {
                store_dependency(s, b, package, (int)position, position < old.count ? old.items[position] : NULL, &relations[i]);
                position++;
            }
        }
    }
    for (; position < old.count; position++) {
        weft_delete(s, Dependency, old.items[position]);
    }
}

static bool has_tag(Tag_list tags, const Tag *wanted)
{
    weft_each (Tag, tag, tags)
        if (tag == wanted) {
            return true;
        }
    return false;
}

static void store_tags(weft_session *s, Batch *b, const Package *package, const Stanza *stanza)
{
    const char *made[4];
    size_t made_count = made_tags(s, stanza, made), count = stanza->tag_count + made_count;
    Tag_list old = package->tags;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = i < made_count ? made[i] : b->control->tags[stanza->first_tag + i - made_count];
        const Tag *tag = tag_named(s, b, name);
        if (has_tag(old, tag)) {
            kept++;
        } else if (!has_tag(package->tags, tag)) {
            weft_append(s, Package, package, tags, Tag, tag);
        }
    }
    if (kept == old.count) {
        return;
    }
    weft_each (Tag, tag, old) {
        bool wanted = false;
        for (size_t i = 0; i < count && !wanted; i++) {
            const char *name = i < made_count ? made[i] : b->control->tags[stanza->first_tag + i - made_count];
            wanted = strcmp(name, tag->name) == 0;
        }
        if (!wanted) {
            weft_remove(s, Package, package, tags, Tag, tag);
        }
    }
}

static void store_stanza(weft_session *s, Batch *b, const Stanza *stanza)
{
    Package *package = weft_edit(s, Package, package_named(s, b, stanza->name));
    package->known = true;
    package->version = stanza->version;
    package->architecture = stanza->architecture;
    package->priority = stanza->priority;
    package->summary = stanza->summary;
    package->description = stanza->description;
    package->homepage = stanza->homepage;
    package->installed_kib = stanza->installed_kib;
    package->source = stanza->source;
    weft_assign(s, Package, package, section, Section, section_of(s, b, stanza));
    weft_assign(s, Package, package, maintainer, Maintainer, maintainer_of(s, b, stanza));
    store_dependencies(s, b, package, stanza);
    store_tags(s, b, package, stanza);
}

static void clear_batch(Batch *b)
{
    map_clear(&b->described);
    map_clear(&b->packages);
    map_clear(&b->sections);
    map_clear(&b->maintainers);
    map_clear(&b->tags);
}

/* The body of a transaction: run again from the start where the database asks for it. */
static weft_status store_batch(weft_session *s, void *context)
{
    Batch *b = context;
    clear_batch(b);
    note_names(s, b);
    look_up(s, b);
    for (size_t i = 0; i < b->count; i++) {
        store_stanza(s, b, &b->stanzas[i]);
    }
    bool failed = b->described.failed || b->packages.failed || b->sections.failed || b->maintainers.failed || b->tags.failed;
    return failed ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
}

/* ---- progress ---- */

typedef struct Progress {
    bool wanted, terminal, said;
    size_t total;
    double began, last;
} Progress;

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A line that rewrites itself on a terminal, a line now and then elsewhere, nothing in the first second. */
static void say_progress(Progress *progress, size_t done)
{
    double now = now_seconds();
    double interval = progress->terminal ? 0.1 : 5.0;
    if (!progress->wanted || now - progress->began < 1.0 || (progress->said && now - progress->last < interval)) {
        return;
    }
    progress->said = true;
    progress->last = now;
    double rate = (double)done / (now - progress->began);
    printf("%simporting: %zu of %zu packages (%.0f %%), %.0f per second%s", progress->terminal ? "\r" : "", done, progress->total,
           100.0 * (double)done / (double)progress->total, rate, progress->terminal ? "  " : "\n");
    fflush(stdout);
}

static void end_progress(const Progress *progress)
{
    if (progress->terminal && progress->said) {
        printf("\r%78s\r", "");
        fflush(stdout);
    }
}

weft_status import_control(weft_engine *engine, const Control *control, bool progress_wanted, ImportResult *result,
                           weft_error *error)
{
    Progress progress = {.wanted = progress_wanted,
                         .terminal = isatty(STDOUT_FILENO) != 0,
                         .total = control->stanza_count,
                         .began = now_seconds()};
    Batch batch = {.control = control};
    weft_session *s = weft_session_open(engine, NULL);
    weft_status status = WEFT_OK;
    for (size_t done = 0; done < control->stanza_count && status == WEFT_OK; done += batch.count) {
        size_t left = control->stanza_count - done;
        batch.stanzas = control->stanzas + done;
        batch.count = left < BATCH_STANZAS ? left : BATCH_STANZAS;
        status = weft_transact(s, store_batch, &batch, NULL);
        if (status == WEFT_OK) {
            status = weft_session_clear(s);
        }
        say_progress(&progress, done + batch.count);
    }
    end_progress(&progress);
    weft_session_stats stats;
    weft_session_stats_get(s, &stats);
    *result = (ImportResult){.packages = control->stanza_count,
                             .relations = control->relation_count,
                             .skipped = control->skipped,
                             .statements = stats.statements,
                             .seconds = now_seconds() - progress.began};
    if (status != WEFT_OK && error != NULL) {
        *error = *weft_session_error(s); /* weft_transact rolled back, and left what the error said */
        error->status = status;
        if (error->message[0] == '\0') {
            snprintf(error->message, sizeof(error->message), "the import was given up");
        }
    }
    weft_session_close(s);
    map_free(&batch.described);
    map_free(&batch.packages);
    map_free(&batch.sections);
    map_free(&batch.maintainers);
    map_free(&batch.tags);
    return status;
}
