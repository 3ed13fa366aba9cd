/* The weft command. */
#include <weft/command.h>

int main(int argc, char **argv) { return weft_migrate_main(argc, argv, &(weft_command_options){.lint = &weft_lint}); }
