/* Grouping sets, both sinks: GROUP BY of several sets of keys at once.
 *
 * Where the database has none, the groups of each set are a SELECT of its own, and all of them stand in FROM of what the query says
 * of groups:
 *
 *     SELECT g.k1, g.a1 FROM (SELECT t.x AS k1, sum(t.y) AS a1 FROM t GROUP BY t.x UNION ALL SELECT NULL, sum(t.y) FROM t) AS g
 *
 * Columns, HAVING (there a WHERE), ORDER BY, DISTINCT, windows and limits are walked as ever; while they are, a key is written as
 * its name (k), an aggregate and grouping() become a column (a) and are written as its name. So everything goes over all groups,
 * and types are those of the nodes. Keys hold no values, so that a text that stands in several places is one expression; an
 * aggregate is walked once, where the query has it, into a text that each SELECT repeats with its numbered parameters.
 */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

typedef struct column {
    const weft_expr *grouping; /* a call of it; NULL: an aggregate */
    size_t end;                /* in the text of columns */
    size_t at;                 /* where the query's text names it: gone when that is rewound */
} column;

struct wefti_groups {
    wefti_groups *around;
    const wefti_select *select;
    wefti_grouping list;
    unsigned number;      /* of groups around */
    uint16_t first, last; /* the sources of the SELECTs of sets */
    bool active;          /* what is walked is of groups, not of rows */
    wefti_text keys, columns, source, rest;
    size_t key_end[WEFTI_MAX_GROUP_KEYS], key_collated[WEFTI_MAX_GROUP_KEYS];
    const wefti_source *key_source[WEFTI_MAX_GROUP_KEYS]; /* of columns */
    column *column;
    size_t count, capacity, split;
};

/* ---- sets of keys ---- */

static bool is_sets(const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_TUPLE || (expr->op >= WEFT_EXPR_ROLLUP && expr->op <= WEFT_EXPR_GROUPING_SETS);
}

bool wefti_has_grouping_sets(const weft_expr *const *group_by)
{
    bool found = false;
    for (size_t i = 0; !found && !wefti_list_ends(group_by, i); i++)
        found = is_sets(group_by[i]);
    return found;
}

/* What may be another value each time that it is written, or whose text would have parameters of its own. */
static bool has_value(const weft_expr *expr, int depth);

bool wefti_expr_has_value(const weft_expr *expr) { return has_value(expr, 0); }

static bool has_value(const weft_expr *expr, int depth)
{
    const weft_expr *const *args = wefti_expr_args(expr);
    const bool compares = expr->op >= WEFT_EXPR_EQ && expr->op <= WEFT_EXPR_NOT_IN && !wefti_expr_is_computed(expr);
    if (expr->op == WEFT_EXPR_LITERAL)
        return false;
    if (compares || expr->op == WEFT_EXPR_VALUE || expr->op == WEFT_EXPR_ANY || wefti_expr_has_query(expr) ||
        depth > WEFTI_MAX_EXPR_DEPTH)
        return true;
    bool found = false;
    for (size_t i = 0; !found && !wefti_list_ends(args, i); i++)
        found = has_value(args[i], depth + 1);
    return found;
}

static int key_number(const wefti_grouping *list, const weft_expr *expr)
{
    for (uint16_t i = 0; i < list->key_count; i++)
        if (wefti_walk_same_node(list->keys[i], expr))
            return i;
    return -1;
}

static uint64_t key_bit(wefti_walk *walk, const wefti_select *select, wefti_grouping *list, const weft_expr *expr)
{
    const weft_expr *key = wefti_walk_meaning(select, expr);
    const int known = key_number(list, key);
    if (known >= 0)
        return UINT64_C(1) << known;
    const char *fault = is_sets(key) ? "stands where a key does: a set of several keys is a weft_tuple in weft_grouping_sets"
                        : wefti_has_window(key) || wefti_walk_any_aggregate((const weft_expr *const[]){key, &weft_end})
                            ? "has an aggregate or a window in it; group what selects from it"
                        : wefti_expr_bare(key)->op == WEFT_EXPR_VALUE ? "is a constant"
                        : has_value(key, 0) ? "has a value or a query in it, which each set would have again: put weft_literally "
                                              "around values"
                                            : NULL;
    if (fault != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a key of grouping sets %s", fault);
    else if (list->key_count == WEFTI_MAX_GROUP_KEYS)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "grouping sets have more than %d keys", WEFTI_MAX_GROUP_KEYS);
    if (walk->status != WEFT_OK)
        return 0;
    list->keys[list->key_count] = key;
    return UINT64_C(1) << list->key_count++;
}

static uint64_t set_of(wefti_walk *walk, const wefti_select *select, wefti_grouping *list, const weft_expr *expr)
{
    uint64_t set = 0;
    const weft_expr *part;
    if (expr->op != WEFT_EXPR_TUPLE)
        return key_bit(walk, select, list, expr);
    for (size_t i = 0; (part = wefti_walk_next(walk, expr->args, i, "weft_tuple")) != NULL; i++)
        set |= key_bit(walk, select, list, part);
    return set;
}

typedef struct sets {
    uint64_t set[WEFTI_MAX_GROUPING_SETS];
    uint16_t count;
} sets;

static void add_set(wefti_walk *walk, sets *all, uint64_t set)
{
    if (all->count < WEFTI_MAX_GROUPING_SETS)
        all->set[all->count++] = set;
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "a query has more than %d grouping sets", WEFTI_MAX_GROUPING_SETS);
}

/* ROLLUP and CUBE. */
static void expand_parts(wefti_walk *walk, const wefti_select *select, wefti_grouping *list, const weft_expr *expr, sets *all)
{
    enum { MOST = 64 };
    uint64_t parts[MOST];
    size_t count = 0;
    const weft_expr *part;
    for (; (part = wefti_walk_next(walk, expr->args, count, wefti_walk_op_name(expr->op))) != NULL; count++) {
        if (count == MOST || (expr->op == WEFT_EXPR_CUBE && count == 8))
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "%s has more than %d parts", wefti_walk_op_name(expr->op),
                                  expr->op == WEFT_EXPR_CUBE ? 8 : MOST);
        else if (part->op == WEFT_EXPR_TUPLE && wefti_list_ends(part->args, 0))
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                                  "%s has a part without keys; weft_nothing belongs into weft_grouping_sets",
                                  wefti_walk_op_name(expr->op));
        if (walk->status != WEFT_OK)
            return;
        parts[count] = set_of(walk, select, list, part);
    }
    if (count == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s has no keys", wefti_walk_op_name(expr->op));
    const bool cube = expr->op == WEFT_EXPR_CUBE;
    const size_t total = cube ? (size_t)1 << count : count + 1;
    for (size_t n = total; walk->status == WEFT_OK && n-- > 0;) {
        uint64_t set = 0;
        for (size_t i = 0; i < count; i++)
            set |= cube ? (n >> i & 1) != 0 ? parts[i] : 0 : i < n ? parts[i] : 0;
        add_set(walk, all, set);
    }
}

static void expand(wefti_walk *walk, const wefti_select *select, wefti_grouping *list, const weft_expr *expr, sets *all, int depth)
{
    const weft_expr *part;
    if (depth > WEFTI_MAX_EXPR_DEPTH)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_grouping_sets is nested deeper than %d levels, or contains itself",
                              WEFTI_MAX_EXPR_DEPTH);
    if (walk->status != WEFT_OK)
        return;
    if (expr->op == WEFT_EXPR_ROLLUP || expr->op == WEFT_EXPR_CUBE) {
        expand_parts(walk, select, list, expr, all);
    } else if (expr->op == WEFT_EXPR_GROUPING_SETS) {
        if (wefti_list_ends(expr->args, 0))
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_grouping_sets has no sets");
        for (size_t i = 0; (part = wefti_walk_next(walk, expr->args, i, "weft_grouping_sets")) != NULL; i++)
            expand(walk, select, list, part, all, depth + 1);
    } else {
        add_set(walk, all, set_of(walk, select, list, expr));
    }
}

bool wefti_walk_flatten(wefti_walk *walk, const wefti_select *select, wefti_grouping *list)
{
    sets next, before = {.count = 1, .set = {0}};
    const weft_expr *element;
    list->key_count = 0;
    for (size_t i = 0; (element = wefti_walk_next(walk, select->group_by, i, "group_by")) != NULL; i++) {
        sets product = {.count = 0};
        next.count = 0;
        expand(walk, select, list, element, &next, 0);
        for (uint16_t a = 0; a < before.count; a++)
            for (uint16_t b = 0; walk->status == WEFT_OK && b < next.count; b++)
                add_set(walk, &product, before.set[a] | next.set[b]);
        before = product;
    }
    memcpy(list->sets, before.set, sizeof list->sets);
    list->set_count = before.count;
    return walk->status == WEFT_OK;
}

static void walk_element(wefti_walk *walk, const wefti_select *select, const weft_expr *expr)
{
    static const char *const words[] = {"ROLLUP (", "CUBE (", "GROUPING SETS ("};
    const weft_expr *part;
    if (!is_sets(expr)) {
        wefti_walk_operand(walk, wefti_walk_meaning(select, expr), WEFTI_PRECEDENCE_NONE, NULL);
        return;
    }
    if (++walk->depth > WEFTI_MAX_EXPR_DEPTH)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_grouping_sets is nested deeper than %d levels, or contains itself",
                              WEFTI_MAX_EXPR_DEPTH);
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    wefti_walk_sql(walk, expr->op == WEFT_EXPR_TUPLE ? "(" : words[expr->op - WEFT_EXPR_ROLLUP]);
    for (size_t i = 0; (part = wefti_walk_next(walk, expr->args, i, wefti_walk_op_name(expr->op))) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        walk_element(walk, select, part);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, ")");
    walk->depth--;
}

void wefti_walk_grouping_sets(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    wefti_grouping list;
    if (walk->render != NULL && walk->render->groups != NULL && walk->render->groups->select == select)
        return; /* the SELECT of each set has them */
    if (walk->render != NULL && !wefti_walk_flatten(walk, select, &list))
        return;
    const wefti_ground ground = wefti_walk_enter(walk, ".group_by", false);
    for (size_t i = 0; (element = wefti_walk_next(walk, select->group_by, i, "group_by")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : " GROUP BY ");
        walk_element(walk, select, element);
    }
    wefti_walk_leave(walk, ground);
}

/* ---- where the database has none ---- */

static void start_text(wefti_text *text) { wefti_text_init(text, WEFTI_MAX_SQL_BYTES); }

/* From now on text is written elsewhere; then again where it was. */
static void swap(wefti_walk *walk, wefti_text *text)
{
    const wefti_text around = walk->render->text;
    walk->render->text = *text;
    *text = around;
}

static void write_keys(wefti_walk *walk, wefti_groups *g)
{
    swap(walk, &g->keys);
    for (uint16_t i = 0; i < g->list.key_count; i++) {
        const weft_expr *key = g->list.keys[i];
        g->key_source[i] = key->op == WEFT_EXPR_COLUMN ? wefti_walk_find_source(walk, key->model, key->alias, key->offset) : NULL;
        wefti_walk_operand(walk, key, WEFTI_PRECEDENCE_NONE, NULL);
        g->key_end[i] = walk->render->text.size;
        if (!wefti_walk_is_spelt(walk, key))
            wefti_walk_sql(walk, wefti_expr_collation(walk, key));
        g->key_collated[i] = walk->render->text.size;
    }
    swap(walk, &g->keys);
}

wefti_groups *wefti_groups_begin(wefti_walk *walk, const wefti_select *select, uint16_t first)
{
    wefti_render *render = walk->render;
    if (render == NULL || walk->dialect->grouping_sets || walk->status != WEFT_OK || !wefti_has_grouping_sets(select->group_by))
        return NULL;
    wefti_groups *g = wefti_arena_zalloc(&render->arena, sizeof *g);
    if (g == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
        return NULL;
    }
    start_text(&g->keys);
    start_text(&g->columns);
    start_text(&g->source);
    start_text(&g->rest);
    g->select = select;
    g->first = first;
    g->last = render->source_count;
    g->around = render->groups;
    g->number = g->around != NULL ? g->around->number + 1 : 0;
    render->groups = g;
    if (wefti_walk_flatten(walk, select, &g->list))
        write_keys(walk, g);
    g->active = true;
    return g;
}

void wefti_groups_source(wefti_walk *walk, wefti_groups *g, bool begins)
{
    if (g == NULL)
        return;
    g->active = !begins;
    swap(walk, &g->source);
    if (!begins)
        g->split = walk->render->text.size;
}

static void add_name(wefti_text *text, const wefti_groups *g)
{
    wefti_text_add(text, "weft_groups");
    if (g->number > 0)
        wefti_text_add_format(text, "_%u", g->number + 1);
}

static void add_reference(wefti_walk *walk, const wefti_groups *g, char letter, size_t i)
{
    add_name(&walk->render->text, g);
    wefti_text_add_format(&walk->render->text, ".%c%zu", letter, i + 1);
}

/* A new column, to which the place in the text belongs. */
static column *add_column(wefti_walk *walk, wefti_groups *g)
{
    if (g->count == g->capacity) {
        const size_t capacity = g->capacity > 0 ? 2 * g->capacity : 16;
        column *larger = wefti_arena_alloc(&walk->render->arena, capacity * sizeof *larger);
        if (larger == NULL) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
            return NULL;
        }
        if (g->count > 0)
            memcpy(larger, g->column, g->count * sizeof *larger);
        g->column = larger;
        g->capacity = capacity;
    }
    column *added = &g->column[g->count++];
    *added = (column){.end = g->columns.size, .at = walk->render->text.size};
    return added;
}

static void add_aggregate(wefti_walk *walk, wefti_groups *g, const weft_expr *expr)
{
    const size_t number = g->count;
    if (add_column(walk, g) == NULL)
        return;
    g->active = false;
    swap(walk, &g->columns);
    wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, NULL);
    swap(walk, &g->columns);
    g->active = true;
    g->column[number].end = g->columns.size;
    add_reference(walk, g, 'a', number);
}

static const wefti_source *source_in(wefti_walk *walk, const wefti_groups *g, const wefti_source *source)
{
    for (uint16_t i = g->first; i < g->last; i++)
        if (strcmp(walk->render->sources[i].name, source->name) == 0)
            return &walk->render->sources[i];
    return NULL;
}

static int key_of_column(const wefti_groups *g, const wefti_source *source, const wefti_column *of)
{
    for (uint16_t i = 0; i < g->list.key_count; i++)
        if (g->key_source[i] == source && g->list.keys[i]->offset == of->field->offset)
            return i;
    return -1;
}

bool wefti_walk_grouped_column(wefti_walk *walk, const wefti_source *source, const wefti_column *of)
{
    for (wefti_groups *g = walk->render->groups; g != NULL; g = g->around) {
        const wefti_source *own = source_in(walk, g, source);
        if (own == NULL)
            continue;
        if (!g->active)
            return false;
        const int key = key_of_column(g, own, of);
        if (key >= 0)
            add_reference(walk, g, 'k', (size_t)key);
        else
            (void)wefti_walk_fail(
                walk, WEFT_ERROR_MISUSE,
                "%s.%s stands outside of aggregates in a query of grouping sets, of which it is no key: of it a group "
                "may have several",
                own->table->name, of->name);
        return true;
    }
    return false;
}

/* Whether a column that is no key stands in it. */
static bool names_others(wefti_walk *walk, const wefti_groups *g, const weft_expr *expr, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH || key_number(&g->list, expr) >= 0)
        return false;
    const weft_expr *const *args = wefti_expr_args(expr);
    bool found = expr->model != NULL && expr->op != WEFT_EXPR_ANY;
    for (size_t i = 0; !found && !wefti_list_ends(args, i); i++)
        found = names_others(walk, g, args[i], depth + 1);
    return found;
}

bool wefti_walk_is_of_groups(const wefti_walk *walk)
{
    const wefti_groups *g = walk->render->groups;
    return g != NULL && g->active && walk->render->select == g->select;
}

bool wefti_walk_grouped(wefti_walk *walk, const weft_expr *expr)
{
    wefti_groups *g = walk->render->groups;
    if (!wefti_walk_is_of_groups(walk) || walk->called != WEFTI_CALLED_ALONE)
        return false;
    const bool call = expr->op == WEFT_EXPR_FN;
    const bool wraps = expr->op == WEFT_EXPR_FILTER || expr->op == WEFT_EXPR_ORDERED || expr->op == WEFT_EXPR_WITHIN;
    if (call && expr->name != NULL && wefti_ascii_equal(expr->name, "grouping")) {
        const size_t number = g->count;
        column *added = add_column(walk, g);
        if (added != NULL) {
            added->grouping = expr;
            add_reference(walk, g, 'a', number);
        }
        return true;
    }
    if (wraps || (call && wefti_is_aggregate(expr)) || (!wefti_is_scalar(expr) && names_others(walk, g, expr, 0))) {
        add_aggregate(walk, g, expr);
        return true;
    }
    const int key = expr->op != WEFT_EXPR_COLUMN ? key_number(&g->list, expr) : -1;
    if (key >= 0)
        add_reference(walk, g, 'k', (size_t)key);
    return key >= 0;
}

void wefti_groups_rewind(wefti_render *render, size_t size)
{
    wefti_groups *g = render->groups;
    if (!g->active)
        return;
    while (g->count > 0 && g->column[g->count - 1].at >= size)
        g->count--;
    if (!g->columns.failed && g->columns.data != NULL)
        g->columns.size = g->count > 0 ? g->column[g->count - 1].end : 0;
}

/* ---- the SELECT of each set ---- */

/* grouping() of a set: a bit for each argument that the set has not, the last one lowest. */
static uint32_t grouping_of(const wefti_groups *g, const weft_expr *call, uint64_t set)
{
    uint32_t bits = 0;
    for (size_t i = 0; !wefti_list_ends(call->args, i); i++) {
        const int key = key_number(&g->list, wefti_walk_meaning(g->select, call->args[i]));
        bits = bits << 1 | (key < 0 || (set >> key & 1) == 0 ? 1u : 0u);
    }
    return bits;
}

static void write_set(wefti_text *text, const wefti_groups *g, uint64_t set)
{
    const char *comma = "SELECT ";
    bool aggregates = false;
    for (uint16_t i = 0; i < g->list.key_count; i++, comma = ", ") {
        const size_t from = i > 0 ? g->key_collated[i - 1] : 0;
        wefti_text_add(text, comma);
        if ((set >> i & 1) != 0)
            wefti_text_add_bytes(text, g->keys.data + from, g->key_end[i] - from);
        else
            wefti_text_add(text, "NULL");
        wefti_text_add_format(text, " AS k%u", i + 1u);
    }
    for (size_t i = 0; i < g->count; i++, comma = ", ") {
        const size_t from = i > 0 ? g->column[i - 1].end : 0;
        wefti_text_add(text, comma);
        if (g->column[i].grouping != NULL)
            wefti_text_add_int(text, grouping_of(g, g->column[i].grouping, set));
        else
            wefti_text_add_bytes(text, g->columns.data + from, g->column[i].end - from);
        wefti_text_add_format(text, " AS a%zu", i + 1);
        aggregates = aggregates || g->column[i].grouping == NULL;
    }
    if (!aggregates) { /* a set without keys is one group, also of no rows */
        wefti_text_add(text, comma);
        wefti_text_add(text, "count(*) AS n");
    }
    if (g->source.size > 0)
        wefti_text_add_bytes(text, g->source.data, g->source.size);
    comma = " GROUP BY ";
    for (uint16_t i = 0; i < g->list.key_count; i++) {
        const size_t from = i > 0 ? g->key_collated[i - 1] : 0;
        if ((set >> i & 1) == 0)
            continue;
        const size_t end =
            wefti_may_see_around(g->select, g->list.keys[i]) ? g->key_end[i] : from; /* what stands before: its place */
        wefti_text_add(text, comma);
        if (end > from)
            wefti_text_add_int(text, i + 1);
        wefti_text_add_bytes(text, g->keys.data + end, g->key_collated[i] - end);
        comma = ", ";
    }
}

static void write_sets(wefti_walk *walk, wefti_groups *g)
{
    wefti_text *text = &walk->render->text;
    wefti_text_add_bytes(&g->rest, text->data + g->split, text->size - g->split);
    text->size = g->split;
    wefti_text_add(text, " FROM (");
    for (uint16_t s = 0; s < g->list.set_count; s++) {
        wefti_text_add(text, s > 0 ? " UNION ALL " : "");
        write_set(text, g, g->list.sets[s]);
    }
    wefti_text_add(text, ") AS ");
    add_name(text, g);
    if (g->rest.size > 0)
        wefti_text_add_bytes(text, g->rest.data, g->rest.size);
}

void wefti_groups_end(wefti_walk *walk, wefti_groups *g)
{
    if (g == NULL)
        return;
    wefti_render *render = walk->render;
    render->groups = g->around;
    const bool failed = g->keys.failed || g->columns.failed || g->source.failed;
    if (walk->status == WEFT_OK && !failed && !render->text.failed)
        write_sets(walk, g);
    render->text.failed = render->text.failed || failed || g->rest.failed;
    wefti_text_deinit(&g->keys);
    wefti_text_deinit(&g->columns);
    wefti_text_deinit(&g->source);
    wefti_text_deinit(&g->rest);
}
