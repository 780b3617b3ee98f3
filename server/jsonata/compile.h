/* Shared by the stages of compilation: lexer, parser, processing, resolution. */
#pragma once

#include "jsonata/ast.h"
#include "jsonata/fault.h"

#define JN_PARSE_DEPTH 500  /* nested expressions */
#define JN_TREE_DEPTH  2000 /* levels of the raw tree */
#define JN_NODE_DEPTH \
    (2 * JN_TREE_DEPTH + 8) /* of the processed one: a name becomes a path of one */
#define JN_PARSE_STACK ((size_t)3 * 1024 * 1024)

/* A token's id: the character of a one-character operator, or one of these. */
enum token_id {
    T_END = 256,
    T_NAME,
    T_VARIABLE,
    T_STRING,
    T_NUMBER,
    T_VALUE,
    T_REGEX,
    T_RANGE,  /* .. */
    T_ASSIGN, /* := */
    T_NE,
    T_GE,
    T_LE,
    T_DESCENDANT, /* ** */
    T_APPLY,      /* ~> */
    T_AND,
    T_OR,
    T_IN,
};

struct token {
    int id;
    uint32_t start, position; /* of its first byte, and just after its last */
    struct value value;       /* operators: their text */
    const struct regex *regex;
};

struct compiler {
    struct thrower t;
    struct jsonata *p;
    size_t at; /* lexer's place */
    struct token token;
    unsigned depth;
    const char *stack_floor;
    struct node **pending; /* members of lists under construction */
    size_t pending_len, pending_cap;
    unsigned labels; /* % met so far */
};

#define compile_throw(c, error, ...) \
    compile_raise((c), &(struct fault){.code = JN_##error, .placed = true, __VA_ARGS__})
void compile_raise(struct compiler *c, const struct fault *f) NORETURN;
/* Refuses what would need too much C stack in this or a later stage. */
void compile_enter(struct compiler *c, unsigned max);
static inline void compile_leave(struct compiler *c)
{
    c->depth--;
}

void jn_next_token(struct compiler *c, bool infix);
struct node *jn_new_node(struct compiler *c, int kind, uint32_t position);
