/* A program that has the command and a revision in C, which prints what --tag says. */
#include <stdio.h>

#include <weft/command.h>

static weft_status print_tag(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    const char *tag = weft_ops_tag(ops);
    (void)connection, (void)user, (void)error;
    printf("tag: %s\n", tag != NULL ? tag : "none");
    return WEFT_OK;
}

int main(int argc, char **argv)
{
    static const weft_migration first = {.id = "t1", .up = print_tag, .down = print_tag};
    const weft_migration *const items[] = {&first};
    const weft_migrations migrations = {items, 1};
    return weft_migrate_main(argc, argv, &(weft_command_options){.migrations = &migrations});
}
