/* Brings the library in with dlopen, in a thread that was there before, and uses it: loads libweft.so. Prints its version. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static const char *path;

static void *load(void *unused)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    (void)unused;
    if (library == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    const char *(*version)(void);
    char *(*room)(void);
    *(void **)&version = dlsym(library, "weft_version");
    *(void **)&room = dlsym(library, "weft_type_room");
    if (version == NULL || room == NULL || room() == NULL)
        return NULL;
    return (void *)version();
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *version = NULL;
    if (argc != 2)
        return 2;
    path = argv[1];
    if (pthread_create(&thread, NULL, load, NULL) != 0 || pthread_join(thread, &version) != 0 || version == NULL)
        return 1;
    (void)printf("%s\n", (const char *)version);
    return 0;
}
