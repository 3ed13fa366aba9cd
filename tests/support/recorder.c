/* The statement recorder: a growing list under a mutex, filled by a log callback and compared with what a test expects.
 *
 * Statements and other events are kept apart, so that a test that counts statements is not disturbed by a report. */
#define _POSIX_C_SOURCE 200809L
#include "support/support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_list {
    char **items;
    size_t count;
    size_t capacity;
} text_list;

struct test_recorder {
    test_recorder *next_freed;
    pthread_mutex_t mutex;
    bool transactions;
    bool freed;
    text_list statements;
    text_list messages; /* the first character is the topic */
};

/* A test that failed leaves its engines open, whose threads may log until the program ends: recorders stay where they are. */
static test_recorder *freed_ones;

static void *need(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "test support: out of memory\n");
        exit(1);
    }
    return memory;
}

static void append_text(text_list *list, char *text)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 32 : list->capacity * 2;
        list->items = need(realloc(list->items, list->capacity * sizeof(char *)));
    }
    list->items[list->count++] = need(text);
}

static void clear_list(text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    list->count = 0;
}

test_recorder *test_recorder_new(void)
{
    test_recorder *recorder = need(calloc(1, sizeof(*recorder)));
    pthread_mutex_init(&recorder->mutex, NULL);
    return recorder;
}

void test_recorder_free(test_recorder *recorder)
{
    if (recorder == NULL) {
        return;
    }
    pthread_mutex_lock(&recorder->mutex);
    clear_list(&recorder->statements);
    clear_list(&recorder->messages);
    free(recorder->statements.items);
    free(recorder->messages.items);
    recorder->statements = recorder->messages = (text_list){0};
    recorder->freed = true;
    recorder->next_freed = freed_ones;
    freed_ones = recorder;
    pthread_mutex_unlock(&recorder->mutex);
}

void test_recorder_clear(test_recorder *recorder)
{
    pthread_mutex_lock(&recorder->mutex);
    clear_list(&recorder->statements);
    clear_list(&recorder->messages);
    pthread_mutex_unlock(&recorder->mutex);
}

void test_recorder_with_transactions(test_recorder *recorder, bool wanted)
{
    pthread_mutex_lock(&recorder->mutex);
    recorder->transactions = wanted;
    pthread_mutex_unlock(&recorder->mutex);
}

void test_recorder_log(void *context, const weft_log_record *record)
{
    test_recorder *recorder = context;
    pthread_mutex_lock(&recorder->mutex);
    bool statement = record->topic == WEFT_LOG_STATEMENT || (record->topic == WEFT_LOG_TRANSACTION && recorder->transactions);
    if (recorder->freed) {
        /* nobody will ask */
    } else if (statement && record->sql != NULL) {
        append_text(&recorder->statements, strdup(record->sql));
    } else if (record->topic != WEFT_LOG_STATEMENT && record->topic != WEFT_LOG_TRANSACTION) {
        size_t size = strlen(record->message) + 2;
        char *text = need(malloc(size));
        snprintf(text, size, "%c%s", 'a' + (char)record->topic, record->message);
        append_text(&recorder->messages, text);
    }
    pthread_mutex_unlock(&recorder->mutex);
}

size_t test_recorder_count(test_recorder *recorder)
{
    pthread_mutex_lock(&recorder->mutex);
    size_t count = recorder->statements.count;
    pthread_mutex_unlock(&recorder->mutex);
    return count;
}

const char *test_recorder_text(test_recorder *recorder, size_t index)
{
    pthread_mutex_lock(&recorder->mutex);
    const char *text = index < recorder->statements.count ? recorder->statements.items[index] : NULL;
    pthread_mutex_unlock(&recorder->mutex);
    return text;
}

size_t test_recorder_count_containing(test_recorder *recorder, const char *part)
{
    pthread_mutex_lock(&recorder->mutex);
    size_t count = 0;
    for (size_t i = 0; i < recorder->statements.count; i++) {
        count += strstr(recorder->statements.items[i], part) != NULL;
    }
    pthread_mutex_unlock(&recorder->mutex);
    return count;
}

size_t test_recorder_messages(test_recorder *recorder, weft_log_topic topic, const char *part)
{
    pthread_mutex_lock(&recorder->mutex);
    size_t count = 0;
    for (size_t i = 0; i < recorder->messages.count; i++) {
        const char *text = recorder->messages.items[i];
        count += text[0] == 'a' + (char)topic && strstr(text + 1, part) != NULL;
    }
    pthread_mutex_unlock(&recorder->mutex);
    return count;
}

static bool matches_pattern(const char *pattern, const char *text)
{
    static const char any[] = "…";
    const char *gap = strstr(pattern, any);
    if (gap == NULL) {
        return strcmp(pattern, text) == 0;
    }
    size_t head = (size_t)(gap - pattern);
    if (strncmp(pattern, text, head) != 0) {
        return false;
    }
    const char *rest = gap + sizeof(any) - 1;
    for (const char *at = text + head;; at++) {
        if (matches_pattern(rest, at)) {
            return true;
        }
        if (*at == '\0') {
            return false;
        }
    }
}

bool test_recorder_matches(test_recorder *recorder, const char *const *expected, size_t count, const char *file, int line)
{
    pthread_mutex_lock(&recorder->mutex);
    const text_list *got = &recorder->statements;
    bool same = got->count == count;
    for (size_t i = 0; same && i < count; i++) {
        same = matches_pattern(expected[i], got->items[i]);
    }
    if (!same) {
        const char *name = strrchr(file, '/');
        fprintf(stderr, "%s:%d: statements differ: %zu expected, %zu run\n", name != NULL ? name + 1 : file, line, count,
                got->count);
        for (size_t i = 0; i < count || i < got->count; i++) {
            const char *wanted = i < count ? expected[i] : "(nothing)";
            const char *run = i < got->count ? got->items[i] : "(nothing)";
            if (i < count && i < got->count && matches_pattern(wanted, run)) {
                fprintf(stderr, "    %2zu = %s\n", i + 1, run);
            } else {
                fprintf(stderr, "    %2zu - %s\n       + %s\n", i + 1, wanted, run);
            }
        }
    }
    pthread_mutex_unlock(&recorder->mutex);
    return same;
}
