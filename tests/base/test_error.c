/* Errors, statuses, the clock, log events and value constructors. */
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

#include <weft/value.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void errors_are_filled_and_cut_at_characters(void **state)
{
    (void)state;
    weft_error error;
    memset(&error, 0xff, sizeof error);
    assert_int_equal(wefti_error_set(&error, WEFT_ERROR_UNIQUE, "key %d", 5), WEFT_ERROR_UNIQUE);
    assert_int_equal(error.status, WEFT_ERROR_UNIQUE);
    assert_string_equal(error.message, "key 5");
    assert_string_equal(error.hint, "");
    assert_string_equal(error.constraint, "");
    wefti_error_hint(&error, "try %s", "again");
    wefti_error_prefix(&error, "table %s", "t");
    assert_string_equal(error.message, "table t: key 5");
    assert_string_equal(error.hint, "try again");
    wefti_error_set(&error, WEFT_ERROR_DATA, "inner: %s", error.message);
    assert_string_equal(error.message, "inner: table t: key 5");
    char longer[600];
    memset(longer, 'x', sizeof longer);
    longer[599] = '\0';
    memcpy(longer + 510, "\xe2\x82\xac", 3);
    wefti_error_set(&error, WEFT_ERROR_DATA, "%s", longer);
    assert_int_equal(strlen(error.message), 510);
    wefti_error_prefix(&error, "%s", longer);
    assert_int_equal(strlen(error.message), 510);
    wefti_error_field(error.table, sizeof error.table, longer);
    assert_int_equal(strlen(error.table), 63);
    assert_int_equal(wefti_error_memory(NULL), WEFT_ERROR_NO_MEMORY);
    weft_error copy;
    wefti_error_copy(&copy, &error);
    assert_string_equal(copy.table, error.table);
    wefti_error_copy(&copy, NULL);
    assert_int_equal(copy.status, WEFT_OK);
}

static void every_status_has_name_identifier_and_advice(void **state)
{
    (void)state;
    for (int i = 0; i < WEFT_STATUS_COUNT_; i++) {
        assert_true(strlen(weft_status_name((weft_status)i)) > 1);
        assert_int_equal(strncmp(weft_status_identifier((weft_status)i), "WEFT_", 5), 0);
    }
    assert_string_equal(weft_status_name(WEFT_ERROR_DEADLOCK), "deadlock");
    assert_string_equal(weft_status_identifier(WEFT_OK), "WEFT_OK");
    assert_non_null(weft_status_name((weft_status)9999));
    assert_true(weft_status_is_retryable(WEFT_ERROR_SERIALIZATION) && weft_status_is_retryable(WEFT_ERROR_BUSY));
    assert_false(weft_status_is_retryable(WEFT_ERROR_OUTCOME_UNKNOWN) || weft_status_is_retryable(WEFT_OK));
    assert_true(weft_status_is_constraint(WEFT_ERROR_CHECK));
    assert_false(weft_status_is_constraint(WEFT_ERROR_DATA));
    assert_int_equal(weft_status_advice(WEFT_ERROR_MISUSE), WEFT_ADVICE_FIX_PROGRAM);
}

static int64_t fake_now;

static int64_t fake_clock(void) { return fake_now; }

static void deadlines_count_in_the_replaced_clock(void **state)
{
    (void)state;
    assert_true(wefti_now_ns() > 0);
    fake_now = 1000;
    wefti_clock_replace(fake_clock);
    wefti_deadline deadline = wefti_deadline_after_ms(2);
    assert_true(deadline == 1000 + 2000000);
    assert_int_equal(wefti_deadline_poll_ms(deadline), 2);
    fake_now += 1;
    assert_int_equal(wefti_deadline_poll_ms(deadline), 2);
    fake_now += 1999998;
    assert_false(wefti_deadline_passed(deadline));
    assert_int_equal(wefti_deadline_poll_ms(deadline), 1);
    fake_now += 1;
    assert_true(wefti_deadline_passed(deadline));
    assert_int_equal(wefti_deadline_poll_ms(deadline), 0);
    assert_true(wefti_deadline_after_ms(0) == WEFTI_NO_DEADLINE && wefti_deadline_after_ms(UINT32_MAX) == WEFTI_NO_DEADLINE);
    assert_int_equal(wefti_deadline_poll_ms(WEFTI_NO_DEADLINE), -1);
    assert_false(wefti_deadline_passed(WEFTI_NO_DEADLINE));
    assert_true(wefti_deadline_earlier(deadline, WEFTI_NO_DEADLINE) == deadline);
    wefti_clock_replace(NULL);
    assert_true(wefti_now_ns() != fake_now);
}

typedef struct heard {
    const wefti_log *log;
    int count;
    char message[64];
} heard;

static void hear(void *context, const weft_log_record *record)
{
    heard *h = context;
    h->count++;
    strncpy(h->message, record->message, sizeof h->message - 1);
    wefti_log_text(h->log, WEFT_LOG_ERROR, WEFT_LOG_GENERAL, "from inside");
}

static void log_events_respect_level_and_do_not_nest(void **state)
{
    (void)state;
    heard h = {0};
    wefti_log log = {.callback = hear, .context = &h, .level = WEFT_LOG_WARNING};
    h.log = &log;
    wefti_log_text(&log, WEFT_LOG_INFO, WEFT_LOG_POOL, "too low");
    assert_int_equal(h.count, 0);
    wefti_log_text(&log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "slot %d", 3);
    assert_int_equal(h.count, 1);
    assert_string_equal(h.message, "slot 3");
    wefti_log_text(NULL, WEFT_LOG_ERROR, WEFT_LOG_POOL, "nobody");
}

static void stderr_log_takes_every_kind_of_value(void **state)
{
    (void)state;
    weft_value values[] = {weft_value_int64(1),
                           weft_value_double(0.5),
                           weft_value_bool(true),
                           weft_value_text("a\nb"),
                           weft_value_null(WEFT_TEXT),
                           weft_value_timestamp((weft_timestamp){0}),
                           weft_value_date((weft_date){0}),
                           weft_value_time((weft_time){0}),
                           weft_value_uuid((weft_uuid){{0}}),
                           weft_value_bytes((weft_bytes){"xy", 2})};
    weft_log_record record = {.level = WEFT_LOG_INFO,
                              .topic = WEFT_LOG_STATEMENT,
                              .message = "",
                              .sql = "SELECT\n1",
                              .parameters = values,
                              .parameter_count = sizeof values / sizeof *values,
                              .row_count = 3,
                              .duration_ns = 1500000,
                              .connection = 4,
                              .status = WEFT_ERROR_BUSY,
                              .file = "a.c",
                              .line = 5};
    weft_log_stderr(NULL, &record);
    record.parameters = NULL;
    weft_log_stderr(NULL, &record);
}

static void values_carry_type_nullness_and_content(void **state)
{
    (void)state;
    assert_true(weft_value_null((weft_type)(WEFT_OPT + WEFT_INT32)).type == WEFT_INT32);
    weft_value text = weft_value_text("abc");
    assert_true(text.type == WEFT_TEXT && text.as.s.size == 3 && !text.is_null);
    assert_true(weft_value_text(NULL).is_null && weft_value_decimal((weft_decimal){NULL}).is_null &&
                weft_value_json((weft_json){NULL}).is_null);
    assert_true(weft_value_bytes((weft_bytes){NULL, 5}).is_null);
    assert_false(weft_value_bytes((weft_bytes){"", 0}).is_null);
    weft_value opt = weft_value_opt_int16((weft_opt_int16){true, -7});
    assert_true(opt.type == WEFT_INT16 && opt.as.i == -7 && !opt.is_null);
    assert_true(weft_value_opt_uuid((weft_opt_uuid){.set = false}).is_null);
    assert_true(weft_value_opt_uint32((weft_opt_uint32){true, UINT32_MAX}).as.i == UINT32_MAX);
    assert_true(weft_value_opt_float((weft_opt_float){true, 0.5f}).as.d == 0.5);
    assert_true(weft_value_opt_bool((weft_opt_bool){true, true}).as.b &&
                weft_value_opt_double((weft_opt_double){.set = false}).is_null);
    assert_true(weft_value_opt_timestamp((weft_opt_timestamp){true, {5}}).as.i == 5 &&
                weft_value_opt_date((weft_opt_date){true, {6}}).as.i == 6);
    assert_true(weft_value_opt_time((weft_opt_time){true, {7}}).as.i == 7 &&
                weft_value_opt_int32((weft_opt_int32){true, 8}).as.i == 8);
    assert_true(weft_value_opt_int64((weft_opt_int64){true, INT64_MIN}).as.i == INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_filled_and_cut_at_characters), cmocka_unit_test(every_status_has_name_identifier_and_advice),
        cmocka_unit_test(deadlines_count_in_the_replaced_clock),   cmocka_unit_test(log_events_respect_level_and_do_not_nest),
        cmocka_unit_test(stderr_log_takes_every_kind_of_value),    cmocka_unit_test(values_carry_type_nullness_and_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
