/* Runs a program on a fresh database: run_on sqlite|postgresql program arguments... An argument "{}" becomes the database's URL. */
#define _POSIX_C_SOURCE 200809L
#include "support/support.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

int main(int count, char **arguments)
{
    test_database database;
    pid_t child;
    int status = -1;
    if (count < 3) {
        fprintf(stderr, "run_on sqlite|postgresql program arguments...\n");
        return 2;
    }
    test_database_open(&database, strcmp(arguments[1], "sqlite") == 0 ? TEST_SQLITE : TEST_POSTGRES);
    for (int i = 3; i < count; i++) {
        if (strcmp(arguments[i], "{}") == 0) {
            arguments[i] = database.url;
        }
    }
    if (posix_spawn(&child, arguments[2], NULL, NULL, arguments + 2, environ) == 0) {
        waitpid(child, &status, 0);
    }
    test_database_drop(&database);
    if (status != 0) {
        fprintf(stderr, "%s: %s %d\n", arguments[2], WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return status == 0 ? 0 : 1;
}
