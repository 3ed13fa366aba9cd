/* What the wide random test knows: its models, the plain data that they must agree with, the two databases that do the same steps,
 * and the checks of rows and of objects. */
#ifndef WEFT_TESTS_API_WIDE_H
#define WEFT_TESTS_API_WIDE_H

#include "support/fixture.h"

typedef enum grade { GRADE_LOW, GRADE_MID, GRADE_TOP } grade;

WEFT_DECLARE(Maker);
WEFT_DECLARE(Part);
WEFT_DECLARE(Word);
WEFT_DECLARE(Tag);
WEFT_DECLARE(Note);
struct Maker {
    int64_t id;
    int32_t no;
    const char *name;
    grade level;
    weft_decimal price;
    weft_json data;
    int64_t rev;
    weft_opt_int64 boss_id;
    const Maker *boss;
    Maker_list staff;
    Part_list parts;
    Note_list notes;
};
struct Part {
    grade kind;
    const char *code;
    int32_t no;
    weft_decimal amount;
    weft_opt_int64 maker_id;
    const char *word_text;
    const Maker *maker;
    const Word *word;
    Tag_list tags;
};
struct Word {
    const char *text;
    int32_t no;
    Part_list parts;
};
struct Tag {
    weft_decimal rate;
    int32_t no;
    Part_list parts;
};
struct Note {
    int64_t id;
    int32_t no;
    int32_t value;
    const char *body;
    weft_opt_int64 maker_id;
    const Maker *maker;
};
enum {
    MAKERS = 9,
    PARTS = 12,
    WORDS = 4,
    TAGS = 4,
    NOTES = 60000,
    DEPTH = 5,
    NONE = -1,
    UNPRICED = INT32_MIN,
    STEPS = 90,
    TOLD = 24
};

/* What the rows must be, by number. Decimals are thousandths. */
typedef struct plain {
    struct {
        bool there;
        int name, level, price, data, boss;
    } makers[MAKERS];
    struct {
        bool there;
        int amount, maker, word;
        bool tags[TAGS];
    } parts[PARTS];
    bool words[WORDS], tags[TAGS];
    struct {
        bool there, given;
        int value, maker;
    } notes[NOTES];
    int next;
} plain;

typedef struct side {
    test_database database;
    weft_engine *engine;
    weft_session *s;
    int64_t ids[MAKERS]; /* 0: not known now */
} side;

typedef struct world {
    side sides[2];
    plain now, before, saved[DEPTH]; /* before: the transaction */
    int depth, step, told;
    bool deleted; /* since the last flush of this program: values are free after it */
    uint64_t random, seed;
    char steps[TOLD][100];
} world;

#define KIND(part) ((part) % 2)
#define BOTH(w, d) for (side *d = (w)->sides; d < (w)->sides + 2; d++)

/* The texts, decimals and codes that stand as keys, by number. */
extern const char *const wide_words[WORDS];
extern const int wide_rates[TAGS];
extern const char *const wide_codes[PARTS];

/* Keeps what a step did, for the end of a run that fails; and fails with the last of them. */
void wide_tell(world *w, const char *format, ...) WEFT_PRINTF(2, 3);
void wide_complain(const world *w, const side *d, const char *format, ...) WEFT_PRINTF(3, 4);
#define EXPECT(w, d, condition) ((condition) ? (void)0 : wide_complain(w, d, "%s:%d: %s", __FILE__, __LINE__, #condition))
#define CALL(w, d, call) ((call) == WEFT_OK ? (void)0 : wide_complain(w, d, "%s:%d: a call failed", __FILE__, __LINE__))

/* A number from 0 on. */
int wide_roll(world *w, int below);

/* Values in one of three spellings that mean the same. */
const char *wide_word_spelt(weft_session *s, int word, int how);
weft_decimal wide_decimal(weft_session *s, int value, int zeros);
weft_json wide_json(weft_session *s, int value, int how);

void wide_open_sides(world *w);
void wide_close_sides(world *w);
/* The rows of both are what the plain data says, and weft updated the rows of one as often as those of the other. */
void wide_compare(world *w, const plain *p);

/* Objects, and what is loaded around them. */
void wide_check_part(world *w, side *d, const Part *p);
void wide_check_parts_of(world *w, side *d, Part_list list, int m, int x); /* of a maker or of a word, the other NONE */
void wide_check_maker(world *w, side *d, const Maker *m);

/* Objects that are there, found in one of three ways; and the number of one that is there, or NONE. */
const Maker *wide_maker(world *w, side *d, int no, int how);
const Part *wide_part(world *w, side *d, int no, int how);
const Word *wide_word(world *w, side *d, int no, int how);
const Tag *wide_tag(world *w, side *d, int no, int how);
int wide_any_maker(world *w);
int wide_any_part(world *w);
int wide_any_of(world *w, const bool *there, int count);

#endif
