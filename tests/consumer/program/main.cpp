// A C++ program outside weft's tree: declares a model's names, and works with plain functions; prints the library's version.
#include <weft/weft.h>

#include <cstdio>
#include <cstring>

int main()
{
    weft_engine *engine = nullptr;
    weft_error error = {};
    weft_engine_options options = {};
    if (weft_engine_open(&engine, "sqlite://", &options, &error) != WEFT_OK) {
        std::fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    weft_connection *connection = nullptr;
    weft_result *result = nullptr;
    int64_t number = 0;
    bool right = weft_engine_connect(engine, &connection, nullptr, &error) == WEFT_OK &&
                 weft_connection_query(connection, "SELECT 6 * 7", nullptr, &result, &error) == WEFT_OK &&
                 weft_result_next(result, &error) && weft_result_int64(result, 0, &number) && number == 42;
    weft_result_close(result);
    weft_connection_close(connection);
    weft_engine_close(engine);
    if (!right) {
        std::fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    std::puts(weft_version());
    return 0;
}
