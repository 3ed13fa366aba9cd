/* Everything at once: two databases do the same random steps, and after each end of a transaction must hold, row by row, what plain
 * data says, and the same as each other. Keys are made by the database (ascending, descending, random, cycling), given, of two
 * columns with an enum, decimals, and texts without case; relations go to many, to one, to oneself and through a table; rows change
 * by objects, by conditions, by arrays, by SQL text and by others. WEFT_TEST_SEED repeats a run, WEFT_TEST_RUNS and WEFT_TEST_LONG
 * lengthen it. */
#include "wide.h"

static void flush(world *w)
{
    BOTH(w, d)
    CALL(w, d, weft_session_flush(d->s));
    w->deleted = false;
}

/* ---- steps on objects ---- */

static void make_maker(world *w)
{
    int no = wide_roll(w, MAKERS), boss = wide_roll(w, 2) == 0 ? wide_any_maker(w) : NONE, form = wide_roll(w, 3),
        how = wide_roll(w, 3);
    if (w->now.makers[no].there)
        return;
    if (w->deleted)
        flush(w);
    int price = wide_roll(w, 3) == 0 ? UNPRICED : wide_roll(w, 20001) - 10000, level = wide_roll(w, 3), name = wide_roll(w, 100);
    wide_tell(w, "make maker %d below %d", no, boss);
    BOTH(w, d)
    {
        const Maker *above = boss != NONE ? wide_maker(w, d, boss, how) : NULL;
        weft_new(d->s, Maker, .no = no, .name = weft_format(d->s, "n%d", name), .level = (grade)level,
                 .price = wide_decimal(d->s, price, form), .data = wide_json(d->s, name, form), .boss = above);
        d->ids[no] = 0;
    }
    w->now.makers[no].there = true;
    w->now.makers[no].name = w->now.makers[no].data = name;
    w->now.makers[no].level = level;
    w->now.makers[no].price = price;
    w->now.makers[no].boss = boss;
}

static void edit_maker(world *w)
{
    int no = wide_any_maker(w), how = wide_roll(w, 3), what = wide_roll(w, 16), form = wide_roll(w, 3), value = wide_roll(w, 100);
    if (no == NONE)
        return;
    int price = what % 3 == 0 ? UNPRICED : value * 125;
    int data = w->now.makers[no].data + wide_roll(w, 2); /* or the same in another spelling */
    wide_tell(w, "edit maker %d, fields %x", no, (unsigned)what);
    BOTH(w, d)
    {
        Maker *m = weft_edit(d->s, Maker, wide_maker(w, d, no, how));
        if (what & 1)
            m->name = weft_format(d->s, "n%d", value);
        if (what & 2)
            m->level = (grade)(value % 3);
        if (what & 4)
            m->price = wide_decimal(d->s, price, form);
        if (what & 8)
            m->data = wide_json(d->s, data, form);
    }
    if (what & 1)
        w->now.makers[no].name = value;
    if (what & 2)
        w->now.makers[no].level = value % 3;
    if (what & 4)
        w->now.makers[no].price = price;
    if (what & 8)
        w->now.makers[no].data = data;
}

static void make_part(world *w)
{
    int no = wide_roll(w, PARTS), m = wide_roll(w, 3) > 0 ? wide_any_maker(w) : NONE,
        x = wide_roll(w, 3) > 0 ? wide_any_of(w, w->now.words, WORDS) : NONE;
    int how = wide_roll(w, 3), t = wide_any_of(w, w->now.tags, TAGS), amount = wide_roll(w, 5000);
    if (w->now.parts[no].there)
        return;
    if (w->deleted)
        flush(w);
    wide_tell(w, "make part %d of maker %d, word %d, tag %d", no, m, x, t);
    BOTH(w, d)
    {
        const Maker *of = m != NONE ? wide_maker(w, d, m, how) : NULL;
        const Word *about = x != NONE && how == 1 ? wide_word(w, d, x, how) : NULL;
        Part *p = weft_new(d->s, Part, .kind = (grade)KIND(no), .code = wide_codes[no], .no = no, .maker = of, .word = about,
                           .amount = wide_decimal(d->s, amount, how),
                           .word_text = x != NONE && how != 1 ? wide_word_spelt(d->s, x, how) : NULL);
        if (t != NONE)
            weft_append(d->s, Part, p, tags, Tag, wide_tag(w, d, t, how));
    }
    memset(&w->now.parts[no], 0, sizeof w->now.parts[no]);
    w->now.parts[no].there = true;
    w->now.parts[no].amount = amount;
    w->now.parts[no].maker = m;
    w->now.parts[no].word = x;
    if (t != NONE)
        w->now.parts[no].tags[t] = true;
}

/* A part goes to a maker, by the one side, the other, or the foreign key, which must not contradict each other in one flush. */
static void move_part(world *w)
{
    int no = wide_any_part(w), m = wide_roll(w, 4) > 0 ? wide_any_maker(w) : NONE, how = wide_roll(w, 3), way = wide_roll(w, 4);
    if (no == NONE)
        return;
    int former = w->now.parts[no].maker;
    flush(w);
    wide_tell(w, "part %d from maker %d to %d, way %d", no, former, m, way);
    BOTH(w, d)
    {
        const Part *p = wide_part(w, d, no, how);
        const Maker *to = m != NONE ? wide_maker(w, d, m, how) : NULL;
        if (way == 0 && m == NONE && former != NONE)
            weft_remove(d->s, Maker, wide_maker(w, d, former, how), parts, Part, p);
        else if (way == 0 && m != NONE)
            weft_append(d->s, Maker, to, parts, Part, p);
        else if (way == 1)
            weft_edit(d->s, Part, p)->maker_id = (weft_opt_int64){m != NONE, m != NONE ? to->id : 0};
        else
            weft_assign(d->s, Part, p, maker, Maker, to);
    }
    w->now.parts[no].maker = m;
    if (way == 1 || wide_roll(w, 2) == 0)
        flush(w);
}

static void name_part(world *w)
{
    int no = wide_any_part(w), x = wide_roll(w, 4) > 0 ? wide_any_of(w, w->now.words, WORDS) : NONE, how = wide_roll(w, 3),
        way = wide_roll(w, 3);
    if (no == NONE)
        return;
    flush(w);
    wide_tell(w, "part %d gets word %d spelt %d, way %d", no, x, how, way);
    BOTH(w, d)
    {
        const Part *p = wide_part(w, d, no, how);
        if (way == 0)
            weft_edit(d->s, Part, p)->word_text = x != NONE ? wide_word_spelt(d->s, x, how) : NULL;
        else if (way == 1 && x != NONE)
            weft_append(d->s, Word, wide_word(w, d, x, how), parts, Part, p);
        else
            weft_assign(d->s, Part, p, word, Word, x != NONE ? wide_word(w, d, x, how) : NULL);
    }
    w->now.parts[no].word = x;
    flush(w);
}

/* Links that are there and links that are not, from either side, loaded or not. */
static void tie_part(world *w)
{
    int no = wide_any_part(w), t = wide_any_of(w, w->now.tags, TAGS), how = wide_roll(w, 3), way = wide_roll(w, 8);
    if (no == NONE || t == NONE)
        return;
    wide_tell(w, "%s part %d and tag %d, way %d", way & 1 ? "tie" : "untie", no, t, way);
    BOTH(w, d)
    {
        const Part *p = wide_part(w, d, no, how);
        const Tag *x = wide_tag(w, d, t, how);
        if (how == 1)
            (void)weft_lazy(d->s, Tag, x, parts);
        switch (way >> 1) {
        case 0: way & 1 ? weft_append(d->s, Part, p, tags, Tag, x) : weft_remove(d->s, Part, p, tags, Tag, x); break;
        case 1: way & 1 ? weft_append(d->s, Tag, x, parts, Part, p) : weft_remove(d->s, Tag, x, parts, Part, p); break;
        default: /* twice, once from each side */
            way & 1 ? weft_append(d->s, Part, p, tags, Tag, x) : weft_remove(d->s, Part, p, tags, Tag, x);
            if (way >> 1 == 3)
                flush(w);
            way & 1 ? weft_append(d->s, Tag, x, parts, Part, p) : weft_remove(d->s, Tag, x, parts, Part, p);
        }
    }
    w->now.parts[no].tags[t] = way & 1;
}

static void drop_part(world *w)
{
    int no = wide_any_part(w), how = wide_roll(w, 3);
    if (no == NONE)
        return;
    wide_tell(w, "delete part %d", no);
    BOTH(w, d)
    weft_delete(d->s, Part, wide_part(w, d, no, how));
    w->now.parts[no].there = false;
    w->deleted = true;
}

static void drop_maker(world *w)
{
    int no = wide_any_maker(w), how = wide_roll(w, 3);
    if (no == NONE)
        return;
    wide_tell(w, "delete maker %d", no);
    BOTH(w, d)
    weft_delete(d->s, Maker, wide_maker(w, d, no, how));
    w->now.makers[no].there = false;
    for (int i = 0; i < MAKERS; i++)
        if (w->now.makers[i].boss == no)
            w->now.makers[i].boss = NONE;
    for (int i = 0; i < PARTS; i++)
        if (w->now.parts[i].maker == no)
            w->now.parts[i].maker = NONE;
    for (int i = 0; i < w->now.next; i++)
        if (w->now.notes[i].maker == no)
            w->now.notes[i].maker = NONE;
    w->deleted = true;
}

/* Words and tags come and go, with all that refers to them. */
static void turn_word_or_tag(world *w)
{
    int no = wide_roll(w, WORDS), how = wide_roll(w, 3);
    bool words_turn = wide_roll(w, 2) == 0, *there = words_turn ? &w->now.words[no] : &w->now.tags[no];
    if (w->deleted && !*there)
        flush(w);
    wide_tell(w, "%s %s %d", *there ? "delete" : "make", words_turn ? "word" : "tag", no);
    BOTH(w, d)
    {
        if (words_turn && *there)
            weft_delete(d->s, Word, wide_word(w, d, no, how));
        else if (words_turn)
            weft_new(d->s, Word, .text = wide_words[no], .no = no);
        else if (*there)
            weft_delete(d->s, Tag, wide_tag(w, d, no, how));
        else
            weft_new(d->s, Tag, .rate = wide_decimal(d->s, wide_rates[no], how), .no = no);
    }
    w->deleted = w->deleted || *there;
    for (int i = 0; i < PARTS; i++) {
        if (words_turn && w->now.parts[i].word == no)
            w->now.parts[i].word = NONE;
        if (!words_turn)
            w->now.parts[i].tags[no] = false;
    }
    *there = !*there;
}

static void seat_maker(world *w)
{
    int no = wide_any_maker(w), boss = wide_roll(w, 3) > 0 ? wide_any_maker(w) : NONE, how = wide_roll(w, 3), way = wide_roll(w, 2);
    if (no == NONE)
        return;
    wide_tell(w, "maker %d below %d, way %d", no, boss, way);
    BOTH(w, d)
    {
        const Maker *below = wide_maker(w, d, no, how), *above = boss != NONE ? wide_maker(w, d, boss, how) : NULL;
        if (above != NULL && way == 0)
            weft_append(d->s, Maker, above, staff, Maker, below);
        else
            weft_assign(d->s, Maker, below, boss, Maker, above);
    }
    w->now.makers[no].boss = boss;
}

/* ---- steps on many rows ---- */

static int roll_count(world *w)
{
    static const int near[] = {1, 1, 2, 2, 3, 5, 20, 63, 64, 65, 127, 499, 500, 501};
    static const int far[] = {16383, 16384, 16385};
    if (getenv("WEFT_TEST_LONG") != NULL && wide_roll(w, 15) == 0)
        return far[wide_roll(w, 3)];
    int count = near[wide_roll(w, sizeof near / sizeof near[0])];
    return count < NOTES - w->now.next ? count : 0;
}

/* New notes, as objects beside others or as an array of structs, of makers that may be new themselves. */
static void make_notes(world *w)
{
    int count = roll_count(w), m = wide_any_maker(w), given = wide_roll(w, 3), objects = wide_roll(w, 2), pending = wide_roll(w, 2);
    if (count == 0 || w->now.next + count > NOTES)
        return;
    wide_tell(w, "make %d notes of maker %d by %s", count, m, objects ? "objects" : "an array");
    BOTH(w, d)
    {
        const Maker *of = m != NONE ? wide_maker(w, d, m, 1) : NULL;
        Note *rows = calloc((size_t)count, sizeof *rows);
        for (int i = 0; i < count; i++) {
            rows[i] = (Note){.no = w->now.next + i, .value = i, .body = given == 0 || (given == 1 && i % 7 == 0) ? "given" : NULL};
            if (i % 3 != 0 && of != NULL)
                objects ? (void)(rows[i].maker = of) : (void)(rows[i].maker_id = (weft_opt_int64){true, of->id});
            if (objects)
                (void)weft_session_new(d->s, &Note_model, &rows[i]);
        }
        weft_error error = {0};
        if (!objects)
            EXPECT(w, d, weft_insert_many(weft_session_connection(d->s), Note, rows, (size_t)count, NULL, &error) == WEFT_OK);
        free(rows);
    }
    for (int i = 0; i < count; i++) {
        int no = w->now.next + i;
        w->now.notes[no].there = true;
        w->now.notes[no].given = given == 0 || (given == 1 && i % 7 == 0);
        w->now.notes[no].value = i;
        w->now.notes[no].maker = i % 3 != 0 ? m : NONE;
    }
    w->now.next += count;
    if (pending)
        flush(w);
}

/* Notes by an array: some are there, some stand twice. */
static void upsert_notes(world *w)
{
    int count = roll_count(w), from = w->now.next > 0 ? wide_roll(w, w->now.next) : 0;
    if (count == 0 || w->now.next + count > NOTES)
        return;
    wide_tell(w, "upsert %d notes from %d", count, from);
    BOTH(w, d)
    {
        Note *rows = calloc((size_t)count, sizeof *rows);
        for (int i = 0; i < count; i++)
            rows[i] = (Note){.no = from + i / 2, .value = i, .body = "given"};
        weft_error error = {0};
        EXPECT(w, d,
               weft_insert_many(weft_session_connection(d->s), Note, rows, (size_t)count,
                                &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                       .conflict_columns = "no",
                                                       .set = weft_sets(weft_to_expr(Note, value,
                                                                                     weft_op(weft_col(Note, value), "+",
                                                                                             weft_excluded(Note, value))))},
                                &error) == WEFT_OK);
        free(rows);
    }
    for (int i = 0; i < count; i++) {
        int no = from + i / 2;
        w->now.notes[no].value = w->now.notes[no].there ? w->now.notes[no].value + i : i;
        if (!w->now.notes[no].there) {
            w->now.notes[no].given = true;
            w->now.notes[no].maker = NONE;
        }
        w->now.notes[no].there = true;
        w->now.next = no >= w->now.next ? no + 1 : w->now.next;
    }
}

/* Parts by an array, in other spellings of their keys' company: what is there takes the amount. */
static void upsert_parts(world *w)
{
    int count = 1 + wide_roll(w, PARTS), amount = wide_roll(w, 9000), x = wide_any_of(w, w->now.words, WORDS),
        how = wide_roll(w, 3);
    wide_tell(w, "upsert %d parts", count);
    BOTH(w, d)
    {
        Part rows[PARTS];
        for (int i = 0; i < count; i++)
            rows[i] = (Part){.kind = (grade)KIND(i),
                             .code = wide_codes[i],
                             .no = i,
                             .amount = wide_decimal(d->s, amount + i, how),
                             .word_text = x != NONE ? wide_word_spelt(d->s, x, how) : NULL};
        weft_error error = {0};
        EXPECT(w, d,
               weft_insert_many(weft_session_connection(d->s), Part, rows, (size_t)count,
                                &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                       .conflict_columns = "kind, code",
                                                       .set = weft_sets(weft_to_expr(Part, amount,
                                                                                     weft_op(weft_col(Part, amount), "+",
                                                                                             weft_excluded(Part, amount))))},
                                &error) == WEFT_OK);
    }
    for (int i = 0; i < count; i++) {
        if (w->now.parts[i].there) {
            w->now.parts[i].amount += amount + i;
            continue;
        }
        memset(&w->now.parts[i], 0, sizeof w->now.parts[i]);
        w->now.parts[i].there = true;
        w->now.parts[i].amount = amount + i;
        w->now.parts[i].maker = NONE;
        w->now.parts[i].word = x;
    }
}

static void edit_notes(world *w)
{
    int count = roll_count(w), from = w->now.next > 0 ? wide_roll(w, w->now.next) : 0, m = wide_any_maker(w),
        what = wide_roll(w, 3);
    wide_tell(w, "%s %d notes from %d", what == 0 ? "delete" : "edit", count, from);
    BOTH(w, d)
    {
        const Maker *of = m != NONE ? wide_maker(w, d, m, 1) : NULL;
        weft_each (Note, n,
                   weft_query(d->s, Note, .where = weft_between(weft_col(Note, no), weft_val(from), weft_val(from + count - 1)))) {
            if (what == 0) {
                weft_delete(d->s, Note, n);
                continue;
            }
            if (what == 1 || n->no % 2 == 0)
                weft_edit(d->s, Note, n)->value = n->value * 2 % 1000 + 1;
            if (what == 2 && n->no % 3 == 0)
                weft_assign(d->s, Note, n, maker, Maker, of);
        }
    }
    for (int no = from; no < from + count && no < NOTES; no++) {
        if (what == 0)
            w->now.notes[no].there = false;
        if (what == 1 || no % 2 == 0)
            w->now.notes[no].value = w->now.notes[no].value * 2 % 1000 + 1;
        if (what == 2 && no % 3 == 0)
            w->now.notes[no].maker = m;
    }
    w->deleted = w->deleted || what == 0;
    if (wide_roll(w, 2) == 0)
        flush(w);
}

/* Rows change beside objects, loaded or not. */
static void change_by_text(world *w)
{
    int no = wide_roll(w, MAKERS), kind = wide_roll(w, 5);
    static const char *const sql[][2] = {
        {"UPDATE maker SET level = 'top', price = price + 0.5, rev = rev + 1 WHERE no = $1", NULL},
        {"UPDATE part SET maker_id = NULL, amount = amount + 0.5 WHERE no = $1", NULL},
        {"DELETE FROM part_tag WHERE EXISTS (SELECT 1 FROM part p WHERE p.kind = part_tag.kind AND p.code = part_tag.code AND p.no "
         "= $1)",
         "DELETE FROM part WHERE no = $1"},
        {"DELETE FROM note WHERE no % 9 = $1", NULL},
        {"UPDATE note SET maker_id = NULL, value = value + 1 WHERE no % 9 = $1", NULL},
    };
    static const char *const exact[] = {
        /* decimals are texts on SQLite */
        "UPDATE maker SET level = 'top', price = weft_decimal_store(weft_decimal_add(price, '0.5')), rev = rev + 1 WHERE no = $1",
        "UPDATE part SET maker_id = NULL, amount = weft_decimal_store(weft_decimal_add(amount, '0.5')) WHERE no = $1",
    };
    wide_tell(w, "SQL %d on %d", kind, no);
    BOTH(w, d)
    for (int i = 0; i < 2 && sql[kind][i] != NULL; i++)
        CALL(w, d,
             weft_session_execute_text(d->s, d->database.backend == TEST_SQLITE && kind < 2 ? exact[kind] : sql[kind][i],
                                       weft_parameters(weft_value_int64(no))));
    w->deleted = false; /* text SQL flushes */
    if (kind == 0) {
        w->now.makers[no].level = GRADE_TOP;
        w->now.makers[no].price += w->now.makers[no].price != UNPRICED ? 500 : 0;
    } else if (kind == 1) {
        w->now.parts[no].maker = NONE;
        w->now.parts[no].amount += 500;
    } else if (kind == 2) {
        w->now.parts[no].there = false;
    }
    for (int i = no; i < w->now.next && kind > 2; i += 9) {
        w->now.notes[i].there = w->now.notes[i].there && kind != 3;
        w->now.notes[i].maker = NONE;
        w->now.notes[i].value++;
    }
}

static void change_by_condition(world *w)
{
    int least = wide_roll(w, 4000) - 2000, kind = wide_roll(w, 3), how = wide_roll(w, 3), x = wide_roll(w, WORDS),
        y = wide_roll(w, WORDS);
    int64_t changed[2] = {0}, expected = 0;
    wide_tell(w, "by condition %d: %d, %d, %d", kind, least, x, y);
    BOTH(w, d)
    {
        weft_decimal bound = wide_decimal(d->s, least, how), more = wide_decimal(d->s, 1250, how);
        const char *two[2] = {wide_word_spelt(d->s, x, how), wide_word_spelt(d->s, y, (how + 1) % 3)};
        int64_t *count = &changed[d - w->sides];
        if (kind == 0)
            CALL(w, d,
                 weft_session_update(
                     d->s,
                     weft_update_of(Maker,
                                    .set =
                                        weft_sets(weft_to(Maker, level, GRADE_MID),
                                                  weft_to_expr(Maker, price, weft_op(weft_col(Maker, price), "+", weft_val(more)))),
                                    .where = weft_ge(Maker, price, bound)),
                     count));
        else if (kind == 1)
            CALL(w, d,
                 weft_session_update(d->s,
                                     weft_update_of(Part, .set = weft_sets(weft_to(Part, amount, more)),
                                                    .where = weft_in(Part, word_text, two, 2)),
                                     count));
        else
            CALL(w, d,
                 weft_session_update(d->s,
                                     weft_update_of(Part, .set = weft_sets(weft_to(Part, amount, more)),
                                                    .where = weft_not_in(Part, word_text, two, 2)),
                                     count));
    }
    for (int i = 0; i < MAKERS && kind == 0; i++)
        if (w->now.makers[i].there && w->now.makers[i].price != UNPRICED && w->now.makers[i].price >= least) {
            w->now.makers[i].level = GRADE_MID;
            w->now.makers[i].price += 1250;
            expected++;
        }
    for (int i = 0; i < PARTS && kind > 0; i++)
        if (w->now.parts[i].there && w->now.parts[i].word != NONE &&
            (w->now.parts[i].word == x || w->now.parts[i].word == y) == (kind == 1)) {
            w->now.parts[i].amount = 1250;
            expected++;
        }
    w->deleted = false;
    BOTH(w, d)
    EXPECT(w, d, changed[d - w->sides] == expected);
}

#define BY(way, M, f, ...) \
    (&(const weft_loader){.how = (way), \
                          .model = &M##_model, \
                          .offset = offsetof(M, f), \
                          .then = (const weft_loader *const[]){__VA_ARGS__, &weft_load_end}})

static void look(world *w)
{
    static const int hows[] = {WEFT_LOAD_JOINED, WEFT_LOAD_SUBQUERY, WEFT_LOAD_SELECTIN, WEFT_LOAD_LAZY};
    int how[6], only = wide_roll(w, 3), lazily = wide_roll(w, 3);
    for (int i = 0; i < 6; i++)
        how[i] = hows[wide_roll(w, i < 4 ? 3 : 4)];
    if (only == 1 && w->now.next > 3000) /* not all of them each time */
        only = 0;
    wide_tell(w, "look %d, loaders %d %d %d %d %d %d", only, how[0], how[1], how[2], how[3], how[4], how[5]);
    size_t makers = 0, words_there = 0;
    for (int i = 0; i < MAKERS; i++)
        makers += w->now.makers[i].there;
    for (int i = 0; i < WORDS; i++)
        words_there += w->now.words[i];
    BOTH(w, d)
    {
        Maker_list all =
            weft_query(d->s, Maker,
                       .load = only == 0
                                   ? weft_load(BY(how[0], Maker, parts, BY(how[1], Part, word, &weft_load_none),
                                                  BY(how[2], Part, tags, &weft_load_none)))
                                   : weft_load(BY(how[3], Maker, staff, &weft_load_none), BY(how[4], Maker, boss, &weft_load_none),
                                               only == 1 ? BY(how[5], Maker, notes, &weft_load_none) : &weft_load_none));
        EXPECT(w, d, weft_session_status(d->s) == WEFT_OK && all.count == makers);
        weft_each (Maker, m, all) {
            if (lazily == 0)
                (void)weft_lazy(d->s, Maker, m, parts);
            if (lazily == 1)
                (void)weft_lazy(d->s, Maker, m, staff);
            wide_check_maker(w, d, m);
        }
        Word_list list =
            weft_query(d->s, Word, .load = weft_load(BY(how[4], Word, parts, BY(how[5], Part, maker, &weft_load_none))));
        EXPECT(w, d, list.count == words_there);
        weft_each (Word, x, list) {
            EXPECT(w, d, strcmp(x->text, wide_words[x->no]) == 0);
            wide_check_parts_of(w, d, weft_lazy(d->s, Word, x, parts), NONE, x->no);
        }
        weft_each (Tag, t, weft_query(d->s, Tag, .load = weft_load(BY(how[5], Tag, parts, &weft_load_none))))
            weft_each (Part, p, weft_lazy(d->s, Tag, t, parts)) {
                EXPECT(w, d, w->now.parts[p->no].tags[t->no]);
                wide_check_part(w, d, p);
            }
        for (int i = 0; i < PARTS; i++) {
            const Part *p = weft_get(d->s, Part, weft_key(Part, .kind = (grade)KIND(i), .code = wide_codes[i]));
            EXPECT(w, d, (p != NULL) == w->now.parts[i].there);
            if (p != NULL)
                wide_check_part(w, d, p);
        }
        EXPECT(w, d, weft_session_status(d->s) == WEFT_OK);
    }
    w->deleted = w->deleted && false; /* the queries flushed */
}

/* A note, by the defaults of the models: its maker, that one's parts, their tags, with what waits to be flushed. */
static void look_deep(world *w)
{
    int no = w->now.next > 0 ? wide_roll(w, w->now.next) : 0;
    if (!w->now.notes[no].there)
        return;
    wide_tell(w, "look at note %d", no);
    BOTH(w, d)
    {
        const Note *n = weft_first(d->s, Note, .where = weft_eq(Note, no, no));
        EXPECT(w, d, n != NULL && n->value == w->now.notes[no].value && weft_loaded(d->s, Note, n, maker));
        EXPECT(w, d, (n->maker != NULL ? n->maker->no : NONE) == w->now.notes[no].maker);
        EXPECT(w, d, strcmp(n->body, w->now.notes[no].given ? "given" : "d") == 0);
        if (n->maker != NULL)
            wide_check_maker(w, d, n->maker);
    }
}

/* ---- transactions ---- */

static void forget(world *w)
{
    BOTH(w, d)
    memset(d->ids, 0, sizeof d->ids);
    w->deleted = false;
}

static void end_savepoint(world *w, bool undo)
{
    wide_tell(w, "%s savepoint %d", undo ? "roll back to" : "release", w->depth);
    BOTH(w, d)
    CALL(w, d, undo ? weft_session_savepoint_rollback(d->s) : weft_session_savepoint_release(d->s));
    w->depth--;
    if (undo) {
        w->now = w->saved[w->depth];
        forget(w);
    }
    w->deleted = false;
}

static void begin_savepoint(world *w)
{
    wide_tell(w, "savepoint %d", w->depth + 1);
    BOTH(w, d)
    CALL(w, d, weft_session_savepoint(d->s));
    w->saved[w->depth++] = w->now;
    w->deleted = false;
}

static void end_transaction(world *w, bool undo, bool clear)
{
    wide_tell(w, "%s%s", undo ? "rollback" : "commit", clear ? ", clear" : "");
    BOTH(w, d)
    {
        CALL(w, d, undo ? weft_session_rollback(d->s) : weft_session_commit(d->s));
        if (clear)
            CALL(w, d, weft_session_clear(d->s));
    }
    w->depth = 0;
    if (undo)
        w->now = w->before;
    else
        w->before = w->now;
    forget(w);
    wide_compare(w, &w->now);
}

/* Many rows of which the last is refused: what was before them is there, and nothing of them. */
static void fail_in_the_middle(world *w)
{
    int count = roll_count(w), m = wide_any_maker(w), objects = wide_roll(w, 2);
    if (m == NONE || count == 0)
        return;
    if (w->depth == 0)
        begin_savepoint(w);
    else
        flush(w);
    wide_tell(w, "%d notes and a maker that is there, by %s", count, objects ? "objects" : "an array");
    BOTH(w, d)
    {
        weft_status status;
        if (objects) {
            for (int i = 0; i < count; i++)
                (void)weft_new(d->s, Note, .no = NOTES + i, .maker = wide_maker(w, d, m, 1));
            (void)weft_new(d->s, Maker, .no = m, .name = "", .data = {"{}"});
            status = weft_session_flush(d->s);
        } else {
            Note *rows = calloc((size_t)count + 1, sizeof *rows);
            for (int i = 0; i <= count; i++)
                rows[i] = (Note){.no = NOTES + (i == count ? 0 : i)};
            weft_error error = {0};
            status = weft_insert_many(weft_session_connection(d->s), Note, rows, (size_t)count + 1, NULL, &error);
            free(rows);
        }
        EXPECT(w, d, status == WEFT_ERROR_UNIQUE);
    }
    end_savepoint(w, true);
}

/* Others write between our reading and our writing: what both write is STALE, and so is all of a row with a version. */
static void meet_others(world *w)
{
    int no = wide_any_part(w), m = wide_any_maker(w), same = wide_roll(w, 2), of_part = wide_roll(w, 2);
    if ((of_part ? no : m) == NONE)
        return;
    end_transaction(w, false, wide_roll(w, 2) == 0);
    wide_tell(w, "others write %s %d, we %s", of_part ? "part" : "maker", of_part ? no : m, same ? "the same" : "something else");
    BOTH(w, d)
    {
        char sql[200];
        const Part *p = of_part ? wide_part(w, d, no, 1) : NULL;
        const Maker *k = of_part ? NULL : wide_maker(w, d, m, 1);
        if (of_part)
            snprintf(sql, sizeof sql, "UPDATE part SET amount = '%d.5' WHERE no = %d", 100 + w->step, no);
        else
            snprintf(sql, sizeof sql, "UPDATE maker SET name = 'n%d', rev = rev + 1 WHERE no = %d", 100 + w->step, m);
        test_database_exec(&d->database, sql);
        if (of_part && same)
            weft_edit(d->s, Part, p)->amount = (weft_decimal){"88.125"};
        else if (of_part)
            weft_assign(d->s, Part, p, maker, Maker, (const Maker *)NULL);
        else if (same)
            weft_edit(d->s, Maker, k)->name = "n888";
        else
            weft_edit(d->s, Maker, k)->price = (weft_decimal){"1234.5"};
        bool stale = !of_part || same;
        EXPECT(w, d, weft_session_flush(d->s) == (stale ? WEFT_ERROR_STALE : WEFT_OK));
        if (stale)
            CALL(w, d, weft_session_rollback(d->s));
    }
    if (of_part)
        w->now.parts[no].amount = w->before.parts[no].amount = (100 + w->step) * 1000 + 500;
    else
        w->now.makers[m].name = w->before.makers[m].name = 100 + w->step;
    if (of_part && !same)
        w->now.parts[no].maker = NONE;
    forget(w);
    if (of_part && !same) /* until then our object keeps the amount that it was read with */
        end_transaction(w, false, false);
}

/* ---- weft_transact ---- */

enum ending { ENDS_WELL, ENDS_WITH_AN_ERROR, MEETS_ANOTHER, FAILS_IN_SQL, ENDINGS };

typedef struct work {
    world *w;
    side *d;
    int maker, how, ending, value, price, note;
    bool savepoint, undone; /* within the body */
    int attempts;
} work;

/* On SQLite the body has the right to write from its first statement on: there the other is before it. */
static void let_another_write(work *k)
{
    char sql[120];
    bool first = k->d->database.backend == TEST_SQLITE;
    if (k->ending != MEETS_ANOTHER || k->attempts > 1)
        return;
    const Maker *m = first ? NULL : wide_maker(k->w, k->d, k->maker, k->how);
    snprintf(sql, sizeof sql, "UPDATE maker SET name = 'n%d', rev = rev + 1 WHERE no = %d", k->value, k->maker);
    test_database_exec(&k->d->database, sql);
    EXPECT(k->w, k->d, first || strtol(m->name + 1, NULL, 10) == k->w->now.makers[k->maker].name);
}

static weft_status work_on_a_maker(weft_session *s, void *context)
{
    work *k = context;
    k->attempts++;
    k->d->ids[k->maker] = 0;
    let_another_write(k);
    const Maker *m = wide_maker(k->w, k->d, k->maker, k->how);
    weft_edit(s, Maker, m)->name = weft_format(s, "n%ld", strtol(m->name + 1, NULL, 10) + 1); /* counts on from what it reads */
    (void)weft_new(s, Note, .no = k->note, .value = k->value, .body = "given", .maker = m);
    if (k->savepoint) {
        if (weft_session_savepoint(s) != WEFT_OK)
            return weft_session_status(s); /* the flush found that another wrote */
        weft_edit(s, Maker, m)->price = wide_decimal(s, k->price, k->how);
        (void)weft_session_flush(s);
        (void)(k->undone ? weft_session_savepoint_rollback(s) : weft_session_savepoint_release(s));
    }
    if (k->ending == FAILS_IN_SQL)
        (void)weft_new(s, Maker, .no = k->maker, .name = "", .data = {"{}"});
    return k->ending == ENDS_WITH_AN_ERROR ? WEFT_ERROR_DATA : WEFT_OK;
}

/* A body that counts on from what it reads, ends well or not, and may have to be repeated; as a transaction or a savepoint. */
static void transact(world *w)
{
    work k = {.w = w,
              .maker = wide_any_maker(w),
              .how = wide_roll(w, 3),
              .ending = wide_roll(w, ENDINGS),
              .value = 100 + w->step,
              .price = wide_roll(w, 20001) - 10000,
              .savepoint = wide_roll(w, 2),
              .undone = wide_roll(w, 2),
              .note = w->now.next};
    bool within = k.ending != MEETS_ANOTHER && wide_roll(w, 3) == 0 && w->depth < DEPTH;
    if (k.maker == NONE || w->now.next >= NOTES)
        return;
    if (!within)
        end_transaction(w, false, wide_roll(w, 2) == 0 || k.ending == MEETS_ANOTHER);
    wide_tell(w, "transact%s on maker %d, ending %d, savepoint %d%d", within ? " within" : "", k.maker, k.ending, k.savepoint,
              k.undone);
    weft_status wanted = k.ending == ENDS_WITH_AN_ERROR ? WEFT_ERROR_DATA : k.ending == FAILS_IN_SQL ? WEFT_ERROR_UNIQUE : WEFT_OK;
    BOTH(w, d)
    {
        k.d = d;
        k.attempts = 0;
        EXPECT(w, d, weft_transact(d->s, work_on_a_maker, &k, &(weft_transact_options){.savepoint = within}) == wanted);
        EXPECT(w, d, k.attempts == (k.ending == MEETS_ANOTHER && d->database.backend == TEST_POSTGRES ? 2 : 1));
    }
    if (wanted == WEFT_OK) {
        w->now.makers[k.maker].name = (k.ending == MEETS_ANOTHER ? k.value : w->now.makers[k.maker].name) + 1;
        if (k.savepoint && !k.undone)
            w->now.makers[k.maker].price = k.price;
        w->now.notes[k.note].there = w->now.notes[k.note].given = true;
        w->now.notes[k.note].value = k.value;
        w->now.notes[k.note].maker = k.maker;
        w->now.next++;
    }
    forget(w);
    if (within)
        return;
    w->before = w->now;
    wide_compare(w, &w->now);
}

static void move_in_time(world *w)
{
    switch (wide_roll(w, 6)) {
    case 0: end_transaction(w, true, wide_roll(w, 3) == 0); break;
    case 1: end_transaction(w, false, wide_roll(w, 3) == 0); break;
    case 2:
    case 3: w->depth < DEPTH ? begin_savepoint(w) : end_savepoint(w, true); break;
    case 4: w->depth > 0 ? end_savepoint(w, true) : begin_savepoint(w); break;
    default: w->depth > 0 ? end_savepoint(w, false) : meet_others(w);
    }
}

static void take_step(world *w)
{
    static void (*const steps[])(world *) = {
        make_maker,
        make_maker,
        make_maker,
        edit_maker,
        edit_maker,
        make_part,
        make_part,
        make_part,
        move_part,
        move_part,
        name_part,
        tie_part,
        tie_part,
        tie_part,
        drop_part,
        drop_maker,
        turn_word_or_tag,
        turn_word_or_tag,
        seat_maker,
        make_notes,
        make_notes,
        upsert_notes,
        upsert_parts,
        edit_notes,
        change_by_text,
        change_by_text,
        change_by_condition,
        flush,
        look,
        look,
        look,
        look_deep,
        look_deep,
        fail_in_the_middle,
        transact,
        transact,
        move_in_time,
        move_in_time,
        move_in_time,
        move_in_time,
        move_in_time,
        meet_others,
    };
    steps[wide_roll(w, sizeof steps / sizeof steps[0])](w);
    BOTH(w, d)
    EXPECT(w, d, weft_session_status(d->s) == WEFT_OK);
}

static void two_databases_do_what_plain_data_says(void **state)
{
    (void)state;
    int first = (int)test_seed(1), runs = (int)test_runs(getenv("WEFT_TEST_LONG") != NULL ? 60 : 10);
    for (int seed = first; seed < first + runs; seed++) {
        world *w = calloc(1, sizeof *w);
        assert_non_null(w);
        w->random = w->seed = (uint64_t)seed;
        wide_open_sides(w);
        for (w->step = 0; w->step < STEPS; w->step++)
            take_step(w);
        end_transaction(w, false, true);
        look(w);
        wide_close_sides(w);
        free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_databases_do_what_plain_data_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
