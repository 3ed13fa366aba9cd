/* The weft command within a program of one's own: ./server db upgrade head. In a library of its own (weft::command in CMake,
 * -lweft_command -lweft -linih elsewhere), so that libweft needs nothing of what a command needs. */
#ifndef WEFT_COMMAND_H
#define WEFT_COMMAND_H

#include <weft/migrate.h>

WEFT_BEGIN_DECLS

/* What looks over revisions before they are run, for weft lint, upgrade and revision --autogenerate. It is in a library of its own
 * (weft::lint in CMake, -lweft_lint -lpg_query -ljansson elsewhere), for libpg_query, whose parser it uses, exports names as palloc
 * and pfree to the whole program. */
typedef struct weft_command_lint weft_command_lint;
extern const weft_command_lint weft_lint;

/* What of the program's a command knows: all may be NULL. */
typedef struct weft_command_options {
    const weft_migrations *migrations; /* beside those of a folder; then there need be no folder */
    const weft_migration_call *calls;
    const weft_metadata *models; /* for weft check and weft revision --autogenerate */
    void *user; /* of steps in C */
    const weft_command_lint *lint; /* &weft_lint, where the program links it; NULL: nothing is looked over */
} weft_command_options;

/* Runs the command: return weft_migrate_main(argc, argv, &options). argv[0] is what it calls itself. Gives the exit code, which
 * docs/migrations.md lists. options may be NULL. One thread at a time. */
int weft_migrate_main(int argc, char **argv, const weft_command_options *options);

/* What a library exports which is given to the command as --models ./libapp.so: return &models. Defined by the program. */
WEFT_API const weft_metadata *weft_command_models(void);

WEFT_END_DECLS

#endif
