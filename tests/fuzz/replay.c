/* fuzz_x [SECONDS [SEED [CORPUS]]]: runs each file of the corpus, then files with random changes until the time is over, always
 * the same ones for a seed. The bytes that stopped it are written to stderr. */
#define _GNU_SOURCE 1 /* scandir */
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_BYTES 4096
#define MOST_FILES 512

typedef struct input {
    uint8_t *data;
    size_t size;
} input;

static input files[MOST_FILES];
static size_t file_count;
static uint8_t running[MOST_BYTES];
static size_t running_size;
static uint64_t state;

static uint32_t roll(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % below);
}

/* Only calls that a signal handler may make. */
static void keep_input(int number)
{
    static const char said[] = "the input that stopped it, in C: \"";
    static const char digits[] = "0123456789abcdef";
    (void)!write(2, said, sizeof said - 1);
    for (size_t i = 0; i < running_size; i++) {
        const char byte[] = {'\\', 'x', digits[running[i] >> 4], digits[running[i] & 15]};
        (void)!write(2, byte, sizeof byte);
    }
    (void)!write(2, "\"\n", 2);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void run(void) { (void)LLVMFuzzerTestOneInput(running, running_size); }

static void take_file(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    MUST(file != NULL && file_count < MOST_FILES);
    input *in = &files[file_count++];
    in->data = malloc(MOST_BYTES);
    MUST(in->data != NULL);
    in->size = fread(in->data, 1, MOST_BYTES, file);
    fclose(file);
}

static int compare_names(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int is_file(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void put(size_t at, const uint8_t *from, size_t size)
{
    if (size > MOST_BYTES - running_size)
        size = MOST_BYTES - running_size;
    memmove(running + at + size, running + at, running_size - at);
    memcpy(running + at, from, size);
    running_size += size;
}

/* A byte that means something in texts, or any. */
static uint8_t some_byte(void)
{
    static const char telling[] = "'\"$;()[]{}/*-\\:@%?&=#,. \n\r\t0129eE+xXuUnN`|<>_";
    return roll(3) == 0 ? (uint8_t)roll(256) : (uint8_t)telling[roll(sizeof telling - 1)];
}

static void change(void)
{
    const size_t at = running_size > 0 ? roll((uint32_t)running_size) : 0;
    const size_t size = running_size > at ? 1 + roll((uint32_t)(running_size - at)) % 16 : 0;
    const input *other = &files[roll((uint32_t)file_count)];
    const uint8_t byte = some_byte();
    switch (roll(6)) {
    case 0:
        if (running_size > 0)
            running[at] ^= (uint8_t)(1u << roll(8));
        break;
    case 1:
        if (running_size > 0)
            running[at] = byte;
        break;
    case 2: put(at, &byte, 1); break;
    case 3: /* away */
        if (size > 0 && at + size <= running_size) {
            memmove(running + at, running + at + size, running_size - at - size);
            running_size -= size;
        }
        break;
    case 4: { /* twice */
        uint8_t part[16];
        if (size > 0 && at + size <= running_size) {
            memcpy(part, running + at, size);
            put(at, part, size);
        }
        break;
    }
    default: { /* a part of another one */
        const size_t from = other->size > 0 ? roll((uint32_t)other->size) : 0;
        const size_t most = other->size - from < 64 ? other->size - from : 64;
        if (most > 0)
            put(at, other->data + from, 1 + roll((uint32_t)most));
    }
    }
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    struct dirent **entries = NULL;
    const char *folder = argc > 3 ? argv[3] : FUZZ_CORPUS;
    const int count = scandir(folder, &entries, is_file, compare_names);
    if (count < 1) {
        fprintf(stderr, "%s has no files\n", folder);
        return 2;
    }
    const double limit = argc > 1 ? strtod(argv[1], NULL) : getenv("WEFT_TEST_LONG") != NULL ? 60 : 1;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        (void)signal(fatal[i], keep_input);
    for (int i = 0; i < count; i++) {
        take_file(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    for (size_t i = 0; i < file_count; i++) {
        memcpy(running, files[i].data, running_size = files[i].size);
        (void)alarm(20);
        run();
    }
    const double end = seconds() + limit;
    uint64_t rounds = 0;
    for (; seconds() < end; rounds++) {
        const input *from = &files[roll((uint32_t)file_count)];
        memcpy(running, from->data, running_size = from->size);
        for (uint32_t i = 0, changes = 1 + roll(8); i < changes; i++)
            change();
        (void)alarm(20);
        run();
    }
    (void)alarm(0);
    printf("%zu files, %llu changed ones\n", file_count, (unsigned long long)rounds);
    for (size_t i = 0; i < file_count; i++)
        free(files[i].data);
    return 0;
}
