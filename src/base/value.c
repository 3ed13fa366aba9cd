/* Values: constructors for every mappable type, and the public text forms. Nothing here allocates; text stays borrowed. */
#define _GNU_SOURCE 1 /* getrandom, clock_gettime */
#include <weft/value.h>

#include "base/paths.h"
#include "base/rowarray.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

weft_value weft_value_null(weft_type type)
{
    return (weft_value){.type = (weft_type)((unsigned)type & (WEFT_OPT - 1u)), .is_null = true};
}

static weft_value make_int(weft_type type, bool set, int64_t value)
{
    return (weft_value){.type = type, .is_null = !set, .as.i = set ? value : 0};
}

static weft_value make_double(weft_type type, bool set, double value)
{
    return (weft_value){.type = type, .is_null = !set, .as.d = set ? value : 0};
}

static weft_value make_text(weft_type type, const char *text)
{
    weft_value value = {.type = type, .is_null = text == NULL};
    value.as.s.data = text;
    value.as.s.size = text != NULL ? strlen(text) : 0;
    return value;
}

WEFTI_HOT weft_value weft_value_int64(int64_t value) { return make_int(WEFT_INT64, true, value); }

weft_value weft_value_uint64(uint64_t value)
{
    weft_value result = make_int(value > INT64_MAX ? (weft_type)WEFTI_BEYOND_INT64 : WEFT_INT64, true, 0);
    memcpy(&result.as.i, &value, sizeof value);
    return result;
}

weft_value weft_value_double(double value) { return make_double(WEFT_DOUBLE, true, value); }

weft_value weft_value_bool(bool value) { return (weft_value){.type = WEFT_BOOL, .as.b = value}; }

weft_value weft_value_text(const char *value) { return make_text(WEFT_TEXT, value); }

weft_value weft_value_opt_int16(weft_opt_int16 value) { return make_int(WEFT_INT16, value.set, value.value); }

weft_value weft_value_opt_int32(weft_opt_int32 value) { return make_int(WEFT_INT32, value.set, value.value); }

weft_value weft_value_opt_int64(weft_opt_int64 value) { return make_int(WEFT_INT64, value.set, value.value); }

weft_value weft_value_opt_uint32(weft_opt_uint32 value) { return make_int(WEFT_UINT32, value.set, value.value); }

weft_value weft_value_opt_bool(weft_opt_bool value)
{
    return (weft_value){.type = WEFT_BOOL, .is_null = !value.set, .as.b = value.set && value.value};
}

weft_value weft_value_opt_float(weft_opt_float value) { return make_double(WEFT_FLOAT, value.set, (double)value.value); }

weft_value weft_value_opt_double(weft_opt_double value) { return make_double(WEFT_DOUBLE, value.set, value.value); }

weft_timestamp weft_timestamp_now(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (weft_timestamp){0};
    return (weft_timestamp){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

/* For kernels and sandboxes without getrandom. */
static bool read_urandom(unsigned char *bytes, size_t size)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, bytes + got, size - got);
        if (n > 0)
            got += (size_t)n;
        else if (n == 0 || errno != EINTR)
            break;
    }
    (void)close(fd);
    return got == size;
}

/* Unique though guessable: the last resort where the system gives no random bytes at all. */
static void derive_bytes(unsigned char *bytes)
{
    static _Thread_local uint64_t calls;
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t seed[4] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)(size_t)&calls, ++calls};
    uint64_t a = wefti_hash(seed, sizeof seed, (uint64_t)getpid()), b = wefti_hash(seed, sizeof seed, a);
    memcpy(bytes, &a, 8);
    memcpy(bytes + 8, &b, 8);
}

weft_uuid weft_uuid_random(void)
{
    weft_uuid uuid;
    ssize_t got;
    do {
        got = getrandom(uuid.bytes, sizeof uuid.bytes, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof uuid.bytes && !read_urandom(uuid.bytes, sizeof uuid.bytes))
        derive_bytes(uuid.bytes);
    uuid.bytes[6] = (unsigned char)((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = (unsigned char)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

/* RFC 9562: milliseconds since 1970 in 48 bits, then, by method 3 of section 6.2, the part of the millisecond in 12. */
weft_uuid weft_uuid_timed(void)
{
    struct timespec now = {0};
    weft_uuid uuid = weft_uuid_random();
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    const unsigned part = (unsigned)((uint64_t)now.tv_nsec % 1000000 * 4096 / 1000000);
    for (unsigned i = 0; i < 6; i++)
        uuid.bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    uuid.bytes[6] = (unsigned char)(0x70 | part >> 8);
    uuid.bytes[7] = (unsigned char)part;
    return uuid;
}

char *weft_timestamp_text(weft_timestamp value, char text[WEFT_TIMESTAMP_TEXT_SIZE])
{
    (void)wefti_timestamp_write(value.usec, text);
    return text;
}

bool weft_timestamp_parse(const char *text, weft_timestamp *value)
{
    return text != NULL && value != NULL && wefti_timestamp_parse(text, strlen(text), &value->usec);
}

char *weft_uuid_text(weft_uuid value, char text[WEFT_UUID_TEXT_SIZE])
{
    (void)wefti_uuid_write(value.bytes, text);
    return text;
}

bool weft_uuid_parse(const char *text, weft_uuid *value)
{
    return text != NULL && value != NULL && wefti_uuid_parse(text, strlen(text), value->bytes);
}

char *weft_date_text(weft_date value, char text[WEFT_TIMESTAMP_TEXT_SIZE])
{
    (void)wefti_date_write(value.days, text);
    return text;
}

bool weft_date_parse(const char *text, weft_date *value)
{
    return text != NULL && value != NULL && wefti_date_parse(text, strlen(text), &value->days);
}

char *weft_time_text(weft_time value, char text[WEFT_TIMESTAMP_TEXT_SIZE])
{
    (void)wefti_time_write(value.usec, text);
    return text;
}

bool weft_time_parse(const char *text, weft_time *value)
{
    return text != NULL && value != NULL && wefti_time_parse(text, strlen(text), &value->usec);
}
