/* The keeper is a shell between two pipes: it starts the server, says where it is, reads until the end of its input, which comes
 * with the end of this process at the latest, and stops the server. */
#define _GNU_SOURCE
#include "server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static pid_t start_shell(const char *script, int *in, int *out)
{
    int to[2], from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(to[0], STDIN_FILENO);
        (void)dup2(from[1], STDOUT_FILENO);
        (void)setsid(); /* an interrupt of the test is not the keeper's */
        (void)execlp("bash", "bash", "-c", script, (char *)NULL);
        _exit(127);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    *in = to[1];
    *out = from[0];
    return child;
}

static void read_line(int fd, char *line, size_t size)
{
    size_t used = 0;
    while (used + 1 < size && read(fd, line + used, 1) == 1 && line[used] != '\n')
        used++;
    line[used] = '\0';
}

static bool try_to_start(pg_server *server, const char *settings, bool tcp)
{
    char script[1024], listen[64] = "", url[600];
    int out;
    memset(server, 0, sizeof *server);
    server->port = tcp ? free_port() : 5432;
    if (tcp)
        (void)snprintf(listen, sizeof listen, "listen_addresses=127.0.0.1 port=%d", server->port);
    (void)snprintf(script, sizeof script,
                   ". '%s'; trap '' PIPE; trap pg_stop EXIT; pg_settings='%s %s'; pg_start 1>&2 && echo \"$pg_directory\" && "
                   "echo \"$WEFT_TEST_PG\" && while read -r line; do :; done",
                   WEFT_POSTGRES_SH, settings != NULL ? settings : "", listen);
    server->keeper = start_shell(script, &server->keeper_in, &out);
    read_line(out, server->folder, sizeof server->folder);
    read_line(out, url, sizeof url);
    (void)close(out);
    if (url[0] == '\0') {
        pg_server_stop(server);
        return false;
    }
    test_pg_use(url);
    return true;
}

void pg_server_start(pg_server *server, const char *settings, bool tcp)
{
    bool started = false;
    for (int i = 0; !started && i < (tcp ? 5 : 1); i++) /* another program may take the port that was free */
        started = try_to_start(server, settings, tcp);
    if (!started)
        fail_msg("the server did not start");
    test_database_open(&server->database, TEST_POSTGRES);
}

void pg_server_stop(pg_server *server)
{
    int status = -1;
    (void)close(server->keeper_in);
    (void)waitpid(server->keeper, &status, 0);
}

void pg_server_shell(const pg_server *server, const char *command)
{
    char script[1024];
    int in, out, status = -1;
    (void)snprintf(script, sizeof script, ". '%s'; pg_adopt '%s'; %s", WEFT_POSTGRES_SH, server->folder, command);
    pid_t shell = start_shell(script, &in, &out);
    (void)waitpid(shell, &status, 0);
    (void)close(in);
    (void)close(out);
    if (status != 0)
        fail_msg("%s: status %d; see %s/start.log", command, status, server->folder);
}

void pg_server_set_hba(const pg_server *server, const char *lines)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/data/pg_hba.conf", server->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "%s\nlocal all all trust\n", lines);
    assert_int_equal(fclose(file), 0);
    /* The postmaster reads it for the logins after the signal: it has done so when a login finds its time of loading moved on. */
    test_pg_log_out();
    char *before = test_database_rows(&server->database, "SELECT pg_conf_load_time()::text"), *now = NULL;
    pg_server_shell(server, "pg_control reload");
    for (int i = 0; i < 3000 && (now == NULL || strcmp(now, before) == 0); i++) {
        free(now);
        test_pg_log_out();
        now = test_database_rows(&server->database, "SELECT pg_conf_load_time()::text");
    }
    assert_string_not_equal(now, before);
    free(now);
    free(before);
}

void pg_server_url(const pg_server *server, const char *user, const char *more, char *url, size_t size)
{
    int length = snprintf(url, size, "postgresql://%s@/weft_test?host=%s&port=%d&application_name=under-test%s", user,
                          server->folder, server->port, more);
    assert_true(length > 0 && (size_t)length < size);
}

pid_t pg_server_postmaster(const pg_server *server)
{
    char path[300];
    long pid = 0;
    (void)snprintf(path, sizeof path, "%s/data/postmaster.pid", server->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1);
    assert_int_equal(fclose(file), 0);
    return (pid_t)pid;
}

void pg_server_wait_until(const pg_server *server, const char *query)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "SELECT (%s)::int", query);
    for (int i = 0; i < 3000 && test_database_integer(&server->database, sql) == 0; i++)
        test_database_exec(&server->database, "SELECT pg_sleep(0.01)");
    assert_int_equal(test_database_integer(&server->database, sql), 1);
}
