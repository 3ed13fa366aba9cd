/* The same types in a schema whose name, and whose types' names, must be quoted. */
#define LABEL_TYPE "\"odd Types\".\"Label of day\""
#define MOOD_TYPE "\"odd Types\".\"Mood, \"\"big\"\" (of day)\""
#define IN_SCHEMA true
#include "test_named_types.c"
