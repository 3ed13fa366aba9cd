# A page of docs/ as a C file: blocks of C that begin like a file's are at file scope, all others are examples, each a function's body;
# a block of text behind an example is what it prints. "c PostgreSQL" is an example of that database alone.
function start(info) { code = ""; postgres = info ~ /PostgreSQL/; inside = 1; from = FNR + 1 }
function is_file(code) { return code ~ /^(#include|WEFT_|typedef |struct |static |enum )/ }
function escaped(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return text }
BEGIN { print "#include \"page.h\"" }
/^```c( |$)/ && !inside { start($0); next }
/^```text$/ && !inside { reading = 1; next }
/^```$/ && inside {
    inside = 0
    printf "#line %d \"%s\"\n", from, FILENAME
    if (is_file(code)) { printf "%s", code; next }
    count++
    printf "static void example_%d(weft_engine *engine, weft_session *s)\n{\n    (void)engine, (void)s;\n#line %d \"%s\"\n%s}\n", \
        count, from, FILENAME, code
    only[count] = postgres
    line[count] = from
    next
}
/^```$/ && reading { reading = 0; next }
inside { code = code $0 "\n"; next }
reading { said[count] = said[count] escaped($0) "\\n"; next }
END {
    print "const page_example page_examples[] = {"
    for (i = 1; i <= count; i++) printf "    {example_%d, \"%s\", %d, %d},\n", i, said[i], line[i], only[i]
    print "    {NULL, NULL, 0, 0}};\nconst weft_metadata *const page_models = &models;"
}
