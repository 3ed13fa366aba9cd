/* Columns that are not loaded: which are read, what is written over them, and how they come later. */
#include "support/fixture.h"

WEFT_DECLARE(Folder);
WEFT_DECLARE(Paper);
WEFT_DECLARE(Slip);

struct Folder {
    int64_t id;
    const char *name, *note;
    Paper_list papers;
};
struct Paper {
    int64_t id;
    int64_t folder_id;
    const char *title, *body, *remark;
    weft_bytes scan;
    int64_t size;
    weft_opt_int32 pages;
    int32_t version;
    const Folder *folder;
};
struct Slip { /* another model of paper's table */
    int64_t id;
    const char *title, *body;
    int64_t size;
};

WEFT_MODEL(Folder, "folder", WEFT_COLUMN(Folder, id, .primary_key = true), WEFT_COLUMN(Folder, name),
           WEFT_COLUMN(Folder, note, .deferred = true),
           WEFT_HAS_MANY(Folder, papers, Paper, .foreign_key = "folder_id", .back_populates = "folder",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Paper, "paper", WEFT_COLUMN(Paper, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Paper, folder_id, .references = "folder.id"), WEFT_COLUMN(Paper, title),
           WEFT_COLUMN(Paper, body, .deferred = true, .guard = WEFT_GUARD_CHANGED), WEFT_COLUMN(Paper, remark, .nullable = true),
           WEFT_COLUMN(Paper, scan, .nullable = true, .group = "heavy"), WEFT_COLUMN(Paper, size, .group = "heavy"),
           WEFT_COLUMN(Paper, pages), WEFT_COLUMN(Paper, version, .version = true),
           WEFT_BELONGS_TO(Paper, folder, Folder, .foreign_key = "folder_id", .back_populates = "papers"));
WEFT_MODEL(Slip, "paper", WEFT_OPTIONS(Slip, .view_of = &Paper_model), WEFT_COLUMN(Slip, id, .primary_key = true),
           WEFT_COLUMN(Slip, title), WEFT_COLUMN(Slip, body), WEFT_COLUMN(Slip, size, .deferred = true));
WEFT_METADATA(office, &Folder_model, &Slip_model);
FIXTURE_MODELS(office);

static void write_papers(fixture *f, int count)
{
    weft_session *s = f->s;
    Folder *folder = weft_new(s, Folder, .name = "tax", .note = "thick");
    for (int i = 0; i < count; i++) {
        Paper *paper = weft_new(s, Paper, .id = i + 1, .title = weft_format(s, "t%d", i), .body = weft_format(s, "b%d", i),
                                .scan = {"xyz", 3}, .size = i, .pages = weft_some(i), .folder = folder);
        (void)paper;
    }
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    test_recorder_clear(f->recorder);
}

static const char *sent(fixture *f, size_t i) { return test_recorder_text(f->recorder, i); }

static void a_deferred_column_is_not_read_with_the_object(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    Paper_list papers = weft_query(s, Paper, .order_by = weft_order(weft_asc(Paper, id)));
    assert_ok(s);
    assert_int_equal(papers.count, 2);
    assert_null(strstr(sent(f, 0), "body"));
    assert_null(strstr(sent(f, 0), "scan"));
    const Paper *paper = papers.items[1];
    assert_string_equal(paper->title, "t1");
    assert_int_equal(paper->pages.value, 1);
    assert_ptr_equal(paper->body, weft_unloaded);
    assert_string_equal(paper->body, "");
    assert_false(weft_text_loaded(paper->body));
    assert_true(weft_text_loaded(paper->title));
    assert_ptr_equal(paper->scan.data, weft_unloaded);
    assert_int_equal(paper->scan.size, 0);
    assert_int_equal(paper->size, 0);
    assert_false(weft_loaded(s, Paper, paper, body));
    assert_false(weft_loaded(s, Paper, paper, size));
    assert_true(weft_loaded(s, Paper, paper, title));
    assert_ptr_equal(weft_get(s, Paper, 2), paper);
    assert_int_equal(fixture_statements(f), 1);
}

static void weft_get_leaves_deferred_columns_out(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 1);
    const Paper *paper = weft_get(s, Paper, 1);
    assert_false(weft_loaded(s, Paper, paper, body));
    assert_null(strstr(sent(f, 0), "body"));
    paper = weft_get(s, Paper, 1, .load = weft_load(weft_undefer(weft_col(Paper, body))));
    assert_string_equal(paper->body, "b0");
    assert_false(weft_loaded(s, Paper, paper, size));
    assert_int_equal(fixture_statements(f), 2);
    assert_call(s, weft_refresh(s, Paper, paper), WEFT_OK);
    assert_string_equal(paper->body, "b0");
    assert_null(strstr(sent(f, 0), "scan"));
}

static void one_statement_loads_the_column_for_all_that_were_loaded_together(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 30);
    Paper_list papers = weft_query(s, Paper, .order_by = weft_order(weft_asc(Paper, id)));
    test_recorder_clear(f->recorder);
    weft_each (Paper, paper, papers) {
        char body[16];
        (void)snprintf(body, sizeof body, "b%d", (int)paper->id - 1);
        assert_string_equal(weft_lazy(s, Paper, paper, body), body);
        assert_string_equal(paper->body, body);
        assert_false(weft_loaded(s, Paper, paper, size));
    }
    assert_null(strstr(sent(f, 0), "title"));
    assert_int_equal(fixture_statements(f), 1);
    weft_each (Paper, paper, papers) {
        assert_int_equal(weft_lazy(s, Paper, paper, size), paper->id - 1);
        assert_int_equal(paper->scan.size, 3); /* of the same group */
        assert_memory_equal(paper->scan.data, "xyz", 3);
    }
    assert_int_equal(fixture_statements(f), 1);
}

static void loaders_say_which_columns_come(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    const Paper *paper = weft_first(s, Paper, .load = weft_load(weft_load_only(weft_col(Paper, title))));
    assert_true(weft_loaded(s, Paper, paper, title) && weft_loaded(s, Paper, paper, version) && weft_loaded(s, Paper, paper, id));
    assert_true(weft_loaded(s, Paper, paper, folder_id)); /* a relationship needs it */
    assert_false(weft_loaded(s, Paper, paper, remark) || weft_loaded(s, Paper, paper, pages));
    assert_int_equal(paper->version, 1);
    paper = weft_first(s, Paper, .load = weft_load(weft_undefer_group("heavy"), weft_defer(weft_col(Paper, title))));
    assert_string_equal(paper->title, "t0"); /* it was there */
    assert_true(weft_loaded(s, Paper, paper, size) && weft_loaded(s, Paper, paper, remark) && !weft_loaded(s, Paper, paper, body));
    weft_session_clear(s);
    const Folder *folder = weft_first(s, Folder,
                                      .load = weft_load(weft_joined(Folder, papers, weft_load_only(weft_col(Paper, pages)),
                                                                    weft_undefer(weft_col(Paper, body)))));
    assert_int_equal(folder->papers.count, 2);
    assert_false(weft_loaded(s, Folder, folder, note));
    assert_string_equal(folder->name, "tax");
    weft_each (Paper, each, folder->papers) {
        assert_string_equal(each->body, each->id == 1 ? "b0" : "b1");
        assert_int_equal(each->pages.value, each->id - 1);
        assert_false(weft_text_loaded(each->title));
    }
    weft_session_clear(s);
    paper = weft_first(s, Paper, .load = weft_load(weft_selectin(Paper, folder, weft_undefer(weft_col(Folder, note)))));
    assert_string_equal(paper->folder->note, "thick");
    weft_session_clear(s);
    (void)weft_first(s, Folder);
    test_recorder_clear(f->recorder);
    paper = weft_first(s, Paper, .load = weft_load(weft_selectin(Paper, folder, weft_undefer(weft_col(Folder, note)))));
    assert_string_equal(paper->folder->note, "thick"); /* the folder was in memory without it */
}

static void distinct_and_limited_queries_leave_columns_out(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 5);
    Paper_list papers = weft_query(s, Paper, .distinct = true, .limit = 3, .order_by = weft_order(weft_desc(Paper, body)),
                                   .load = weft_load(weft_joined(Paper, folder)));
    assert_ok(s);
    assert_int_equal(papers.count, 3);
    assert_string_equal(papers.items[0]->title, "t4");
    assert_false(weft_loaded(s, Paper, papers.items[0], body));
    Folder_list folders = weft_query(s, Folder, .limit = 2, .order_by = weft_order(weft_asc(Folder, note)),
                                     .load = weft_load(weft_joined(Folder, papers)));
    assert_ok(s);
    assert_int_equal(folders.items[0]->papers.count, 5);
    assert_false(weft_loaded(s, Folder, folders.items[0], note));
}

static void a_stepwise_select_takes_loaders_of_columns(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    weft_select *select = weft_select_open(s, &Paper_model);
    {
        char group[] = "heavy";
        weft_select_load(select, weft_undefer_group(group));
        weft_select_load(select, weft_defer(weft_col(Paper, title)));
        group[0] = 'X';
    }
    Paper_list papers = weft_select_all(select, Paper);
    assert_ok(s);
    assert_int_equal(papers.count, 2);
    assert_true(weft_loaded(s, Paper, papers.items[0], size));
    assert_false(weft_loaded(s, Paper, papers.items[0], title));
    weft_select_free(select);
}

/* Where the loaders' columns stand in a frame that no earlier call was made from. */
__attribute__((noinline)) static void load_from_below(weft_select *select)
{
    volatile char room[4096];
    room[0] = 0;
    weft_select_load(select, weft_defer(weft_col(Paper, title)));
    (void)room[0];
}

static void a_stepwise_select_takes_loaders_from_a_deeper_function(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    weft_select *select = weft_select_open(s, &Paper_model);
    weft_select_where(select, weft_gt(Paper, id, 0)); /* the latest call that was given nodes */
    load_from_below(select);
    Paper_list papers = weft_select_all(select, Paper);
    assert_ok(s);
    assert_int_equal(papers.count, 2);
    assert_false(weft_loaded(s, Paper, papers.items[0], title));
    weft_select_free(select);
}

static void what_is_written_over_an_unloaded_text_is_sent(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 3);
    Paper_list papers = weft_query(s, Paper, .order_by = weft_order(weft_asc(Paper, id)));
    test_recorder_clear(f->recorder);
    weft_edit(s, Paper, papers.items[0])->body = "new";
    weft_edit(s, Paper, papers.items[1])->body = "";
    weft_edit(s, Paper, papers.items[2])->title = "other";
    assert_true(weft_loaded(s, Paper, papers.items[1], body));
    commit_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "SELECT"), 1); /* the numbers, for all of them */
    assert_rows(f, "SELECT title, body, size, version FROM paper ORDER BY id", "t0|new|0|2\nt1||1|2\nother|b2|2|2");
    assert_string_equal(weft_lazy(s, Paper, papers.items[2], body), "b2");
}

static void a_zero_over_an_unloaded_number_is_told_from_none(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 3);
    Paper_list papers = weft_query(s, Paper, .order_by = weft_order(weft_asc(Paper, id)));
    test_recorder_clear(f->recorder);
    weft_edit(s, Paper, papers.items[2])->size = 0;
    weft_edit(s, Paper, papers.items[1])->title = "same size";
    assert_null(strstr(sent(f, 0), "body"));
    assert_int_equal(fixture_statements(f), 1); /* the numbers of all of them */
    assert_int_equal(papers.items[1]->size, 1);
    commit_ok(s);
    assert_rows(f, "SELECT title, size FROM paper ORDER BY id", "t0|0\nsame size|1\nt2|0");
}

static void weft_set_writes_without_reading(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    const Paper *first = weft_get(s, Paper, 1), *second = weft_get(s, Paper, 2);
    test_recorder_clear(f->recorder);
    assert_call(s, weft_set(s, Paper, second, size, 0), WEFT_OK);
    assert_call(s, weft_set(s, Paper, first, body, "blind"), WEFT_OK);
    assert_true(weft_loaded(s, Paper, second, size));
    assert_int_equal(weft_lazy(s, Paper, second, size), 0);
    flush_ok(s);
    assert_null(strstr(sent(f, 0), "SELECT"));
    assert_int_equal(fixture_statements(f), 2);
    assert_true(weft_loaded(s, Paper, second, size));
    assert_call(s, weft_session_commit(s), WEFT_OK);
    assert_rows(f, "SELECT body, size FROM paper ORDER BY id", "blind|0\nb1|0");
}

static void a_rollback_takes_back_what_was_written_and_keeps_what_was_read(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 1);
    const Paper *paper = weft_get(s, Paper, 1);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    assert_call(s, weft_set(s, Paper, paper, size, 77), WEFT_OK);
    weft_edit(s, Paper, paper)->body = "lost";
    flush_ok(s);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_false(weft_loaded(s, Paper, paper, body));
    assert_int_equal(weft_lazy(s, Paper, paper, size), 0);
    assert_string_equal(weft_lazy(s, Paper, paper, body), "b0");
    commit_ok(s);
    assert_rows(f, "SELECT body, size, version FROM paper", "b0|0|1");
}

static void the_guard_asks_for_what_was_read_only(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 0);
    const Folder *folder = weft_first(s, Folder);
    commit_ok(s);
    folder = weft_first(s, Folder);
    commit_ok(s);
    test_database_exec(&f->database, "UPDATE folder SET note = 'theirs'");
    weft_edit(s, Folder, folder)->note = "mine"; /* nobody has read what is overwritten */
    commit_ok(s);
    assert_rows(f, "SELECT note FROM folder", "mine");
    assert_string_equal(weft_lazy(s, Folder, folder, note), "mine");
    rollback_ok(s);
    folder = weft_first(s, Folder, .load = weft_load(weft_undefer(weft_col(Folder, note))));
    rollback_ok(s);
    folder = weft_get(s, Folder, folder->id);
    assert_string_equal(folder->note, "mine"); /* read again, for it was loaded */
    if (f->postgres) {                         /* a row that was read before its transaction's first write */
        weft_edit(s, Folder, folder)->note = "again";
        test_database_exec(&f->database, "UPDATE folder SET note = 'theirs'");
        assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
        rollback_ok(s);
    }
}

static void the_text_of_an_unloaded_column_is_no_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    Paper_list papers = weft_query(s, Paper, .order_by = weft_order(weft_asc(Paper, id)));
    weft_edit(s, Paper, papers.items[0])->title = papers.items[1]->body;
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Paper.title was given the text of a column that is not loaded");
    rollback_ok(s);
    papers = weft_query(s, Paper);
    (void)weft_new(s, Folder, .name = papers.items[0]->body, .note = "");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void rows_that_are_gone_give_no_columns(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 3);
    Paper_list papers = weft_query(s, Paper, .order_by = weft_order(weft_asc(Paper, id)));
    const Paper *gone = papers.items[1];
    test_database_exec(&f->database, "DELETE FROM paper WHERE id = 2");
    assert_null(weft_lazy(s, Paper, gone, body));
    assert_ok(s);
    assert_string_equal(papers.items[0]->body, "b0"); /* it came along */
    assert_int_equal(gone->id, 2);
    (void)weft_edit(s, Paper, gone);
    assert_refused(s, WEFT_ERROR_STALE);
}

static void models_of_one_row_write_columns_that_the_other_has_not_read(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 1);
    const Paper *paper = weft_get(s, Paper, 1);
    const Slip *slip = weft_get(s, Slip, 1);
    weft_edit(s, Paper, paper)->title = "by paper";
    assert_call(s, weft_set(s, Slip, slip, size, 0), WEFT_OK);
    weft_edit(s, Slip, slip)->body = "by slip";
    test_recorder_clear(f->recorder);
    flush_ok(s);
    commit_ok(s);
    assert_rows(f, "SELECT title, body, size, version FROM paper", "by paper|by slip|0|2");
    assert_call(s, weft_set(s, Paper, paper, body, "one"), WEFT_OK);
    weft_edit(s, Slip, slip)->body = "two";
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    rollback_ok(s);
    weft_edit(s, Paper, paper)->body = "waits";
    assert_string_equal(weft_lazy(s, Slip, weft_get(s, Slip, 1), body), "waits");
    rollback_ok(s);
}

static void a_row_that_goes_on_under_a_new_object_is_written_whole(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_papers(f, 2);
    const Paper *paper = weft_get(s, Paper, 2);
    int64_t folder = paper->folder_id;
    assert_call(s, weft_delete(s, Paper, paper), WEFT_OK);
    const Paper *again = weft_new(s, Paper, .id = 2, .title = "t1", .body = "", .folder_id = folder);
    commit_ok(s);
    assert_rows(f, "SELECT title, body, size, pages FROM paper WHERE id = 2", "t1||0|NULL");
    assert_string_equal(weft_lazy(s, Paper, again, body), "");
}

/* ---- any mixture ---- */

enum { PAPERS = 8, COLUMNS = 5 };
typedef struct known_row {
    char title[8], body[8], scan[8];
    int64_t size;
    int pages; /* -1: NULL */
} known_row;

static uint32_t seed;
static uint32_t any(uint32_t n) { return (seed = seed * 1664525u + 1013904223u) / 65536u % n; }

static void check_column(weft_session *s, const Paper *p, const known_row *row)
{
    if (weft_loaded(s, Paper, p, title))
        assert_string_equal(p->title, row->title);
    else
        assert_ptr_equal(p->title, weft_unloaded);
    if (weft_loaded(s, Paper, p, body))
        assert_string_equal(p->body, row->body);
    else
        assert_ptr_equal(p->body, weft_unloaded);
    if (weft_loaded(s, Paper, p, scan))
        assert_true(p->scan.size == strlen(row->scan) && memcmp(p->scan.data, row->scan, p->scan.size) == 0);
    else
        assert_ptr_equal(p->scan.data, weft_unloaded);
    assert_int_equal(p->size, weft_loaded(s, Paper, p, size) ? row->size : 0);
    assert_int_equal(p->pages.set, weft_loaded(s, Paper, p, pages) && row->pages >= 0);
    if (p->pages.set)
        assert_int_equal(p->pages.value, row->pages);
}

static Paper_list any_query(weft_session *s)
{
    switch (any(7)) {
    case 0: return weft_query(s, Paper, .load = weft_load(weft_undefer(weft_col(Paper, body))));
    case 1: return weft_query(s, Paper, .load = weft_load(weft_load_only(weft_col(Paper, size))));
    case 2: return weft_query(s, Paper, .load = weft_load(weft_defer(weft_col(Paper, title), weft_col(Paper, pages))));
    case 3: return weft_query(s, Paper, .load = weft_load(weft_undefer_group("heavy"), weft_undefer(weft_col(Paper, body))));
    case 4: return weft_query(s, Paper, .where = weft_gt(Paper, size, 3), .load = weft_load(weft_load_only(weft_col(Paper, body))));
    case 5: return weft_query(s, Paper, .refresh = true);
    default: return weft_query(s, Paper);
    }
}

static void load_any(weft_session *s, const Paper *p)
{
    switch (any(5)) {
    case 0: (void)weft_lazy(s, Paper, p, title); break;
    case 1: (void)weft_lazy(s, Paper, p, body); break;
    case 2: (void)weft_lazy(s, Paper, p, size); break;
    case 3: (void)weft_lazy(s, Paper, p, pages); break;
    default: (void)weft_lazy(s, Paper, p, scan); break;
    }
}

static void write_any(weft_session *s, const Paper *p, known_row *row)
{
    char text[8];
    const bool set = any(2) == 0;
    (void)snprintf(text, sizeof text, "%.*s", (int)any(3), "xy");
    switch (any(COLUMNS)) {
    case 0:
        memcpy(row->title, text, sizeof text);
        if (set)
            assert_call(s, weft_set(s, Paper, p, title, text), WEFT_OK);
        else
            weft_edit(s, Paper, p)->title = weft_text(s, text);
        break;
    case 1:
        memcpy(row->body, text, sizeof text);
        if (set)
            assert_call(s, weft_set(s, Paper, p, body, text), WEFT_OK);
        else
            weft_edit(s, Paper, p)->body = weft_text(s, text);
        break;
    case 2: {
        memcpy(row->scan, text, sizeof text);
        weft_edit(s, Paper, p)->scan = (weft_bytes){weft_text(s, text), strlen(text)};
        break;
    }
    case 3:
        row->size = any(6);
        if (set)
            assert_call(s, weft_set(s, Paper, p, size, row->size), WEFT_OK);
        else
            weft_edit(s, Paper, p)->size = row->size;
        break;
    default:
        row->pages = any(2) ? (int)any(3) : -1;
        weft_edit(s, Paper, p)->pages = row->pages < 0 ? (weft_opt_int32){0} : (weft_opt_int32)weft_some(row->pages);
        break;
    }
}

static void check_rows(fixture *f, const known_row *rows)
{
    char expected[PAPERS * 48] = "";
    size_t used = 0;
    for (int i = 0; i < PAPERS; i++) {
        char pages[8] = "NULL";
        if (rows[i].pages >= 0)
            (void)snprintf(pages, sizeof pages, "%d", rows[i].pages);
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s|%s|%zu|%d|%s", i > 0 ? "\n" : "", rows[i].title,
                                 rows[i].body, strlen(rows[i].scan), (int)rows[i].size, pages);
    }
    assert_rows(f, "SELECT title, body, length(scan), size, pages FROM paper ORDER BY id", expected);
}

static void run_mixture(fixture *f, uint32_t start)
{
    weft_session *s = f->s;
    known_row now[PAPERS], committed[PAPERS], saved[PAPERS];
    bool in_savepoint = false;
    seed = start;
    for (int i = 0; i < PAPERS; i++)
        now[i] = (known_row){.title = "t", .body = "b", .scan = "s", .size = i, .pages = i};
    assert_call(s, weft_session_clear(s), WEFT_OK);
    test_database_exec(&f->database, "DELETE FROM paper");
    test_database_exec(&f->database, "DELETE FROM folder");
    Folder *folder = weft_new(s, Folder, .name = "n", .note = "");
    for (int i = 0; i < PAPERS; i++)
        (void)weft_new(s, Paper, .id = i + 1, .title = now[i].title, .body = now[i].body, .scan = {"s", 1}, .size = i,
                       .pages = weft_some(i), .folder = folder);
    commit_ok(s);
    memcpy(committed, now, sizeof now);
    for (int step = 0; step < 120; step++) {
        const int at = (int)any(PAPERS);
        Paper_list papers;
        switch (any(12)) {
        case 0:
        case 1:
            papers = any_query(s);
            assert_ok(s);
            weft_each (Paper, paper, papers)
                check_column(s, paper, &now[paper->id - 1]);
            break;
        case 2: flush_ok(s); break;
        case 3:
            commit_ok(s);
            memcpy(committed, now, sizeof now);
            in_savepoint = false;
            check_rows(f, now);
            if (any(2) == 0)
                assert_call(s, weft_session_clear(s), WEFT_OK);
            break;
        case 4:
            rollback_ok(s);
            memcpy(now, committed, sizeof now);
            in_savepoint = false;
            break;
        case 5:
            if (in_savepoint) {
                assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
                memcpy(now, saved, sizeof now);
            } else {
                assert_call(s, weft_session_savepoint(s), WEFT_OK);
                memcpy(saved, now, sizeof now);
            }
            in_savepoint = !in_savepoint;
            break;
        case 6:
        case 7: load_any(s, weft_get(s, Paper, at + 1)); break;
        default: write_any(s, weft_get(s, Paper, at + 1), &now[at]); break;
        }
        assert_ok(s);
        check_column(s, weft_get(s, Paper, at + 1), &now[at]);
    }
    commit_ok(s);
    check_rows(f, now);
}

static void any_mixture_of_loads_and_writes_is_right(void **state)
{
    for (unsigned run = 1; run <= (getenv("WEFT_TEST_LONG") != NULL ? 400u : 6u); run++) {
        print_message("run %u\n", run);
        run_mixture(*state, run * 7919);
    }
}

/* ---- models ---- */

typedef struct Bad {
    int64_t id, other;
    int32_t version;
} Bad;
#define BAD(name_, ...) \
    static const weft_model name_ = {.name = "Bad", \
                                     .table = "bad", \
                                     .size = sizeof(Bad), \
                                     .attrs = (const weft_attr[]){__VA_ARGS__}, \
                                     .attr_count = sizeof((const weft_attr[]){__VA_ARGS__}) / sizeof(weft_attr)}
BAD(deferred_key, WEFT_COLUMN(Bad, id, .primary_key = true, .deferred = true));
BAD(deferred_version, WEFT_COLUMN(Bad, id, .primary_key = true), WEFT_COLUMN(Bad, version, .version = true, .group = "g"));
BAD(deferred_reference, WEFT_COLUMN(Bad, id, .primary_key = true),
    WEFT_COLUMN(Bad, other, .references = "folder.id", .deferred = true));

static void what_must_be_loaded_cannot_be_deferred(void **state)
{
    (void)state;
    static const struct {
        const weft_model *model;
        const char *part;
    } wrong[] = {{&deferred_key, "Bad.id: a column of a key"},
                 {&deferred_version, "take away .group"},
                 {&deferred_reference, "Bad.other: a column of a key, a version, a foreign key or a relationship"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const weft_model *models[] = {&Folder_model, wrong[i].model};
        const weft_metadata metadata = {.models = models, .count = 2};
        weft_error error;
        weft_engine *engine = NULL;
        assert_error(weft_engine_open(&engine, "sqlite://:memory:", &(weft_engine_options){.metadata = &metadata}, &error),
                     WEFT_ERROR_MODEL, &error);
        if (strstr(error.message, wrong[i].part) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", wrong[i].part, error.message);
    }
}

static void loaders_that_name_no_column_are_misuse(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_query(s, Paper, .load = weft_load(weft_undefer(weft_col(Folder, note))));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_query(s, Paper, .load = weft_load(weft_undefer_group("none")));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_query(s, Paper, .load = weft_load(weft_load_only(weft_eq(Paper, size, 1))));
    assert_refused(s, WEFT_ERROR_MISUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_deferred_column_is_not_read_with_the_object),
        ON_BOTH(weft_get_leaves_deferred_columns_out),
        ON_BOTH(one_statement_loads_the_column_for_all_that_were_loaded_together),
        ON_BOTH(loaders_say_which_columns_come),
        ON_BOTH(distinct_and_limited_queries_leave_columns_out),
        ON_BOTH(a_stepwise_select_takes_loaders_of_columns),
        ON_BOTH(a_stepwise_select_takes_loaders_from_a_deeper_function),
        ON_BOTH(what_is_written_over_an_unloaded_text_is_sent),
        ON_BOTH(a_zero_over_an_unloaded_number_is_told_from_none),
        ON_BOTH(weft_set_writes_without_reading),
        ON_BOTH(a_rollback_takes_back_what_was_written_and_keeps_what_was_read),
        ON_BOTH(the_guard_asks_for_what_was_read_only),
        ON_BOTH(the_text_of_an_unloaded_column_is_no_value),
        ON_BOTH(rows_that_are_gone_give_no_columns),
        ON_BOTH(models_of_one_row_write_columns_that_the_other_has_not_read),
        ON_BOTH(a_row_that_goes_on_under_a_new_object_is_written_whole),
        ON_BOTH(any_mixture_of_loads_and_writes_is_right),
        cmocka_unit_test(what_must_be_loaded_cannot_be_deferred),
        ON_BOTH(loaders_that_name_no_column_are_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
