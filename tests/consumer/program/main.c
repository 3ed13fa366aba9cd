/* A program outside weft's tree: opens a database in memory and prints the library's version. */
#include <weft/weft.h>

#include <stdio.h>

int main(void)
{
    weft_engine *engine = NULL;
    weft_error error = {0};
    if (weft_engine_open(&engine, "sqlite://", NULL, &error) != WEFT_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    weft_engine_close(engine);
    puts(weft_version());
    return 0;
}
