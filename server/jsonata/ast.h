/* The compiled expression: a tree that nothing changes once it is compiled. */
#pragma once

#include "jsonata/heap.h"
#include "jsonata/jsonata.h"
#include "jsonata/value.h"

struct compiler;
struct regex;
struct builtin;

enum node_kind {
    /* what the parser makes and the tree keeps */
    N_STRING,
    N_NUMBER,
    N_VALUE, /* true, false, null */
    N_NAME,  /* a field; always a step of a path once processed */
    N_WILDCARD,
    N_DESCENDANT,
    N_PARENT,
    N_VARIABLE,
    N_REGEX,
    N_BINARY, /* op */
    N_NEGATE,
    N_ARRAY,  /* list */
    N_OBJECT, /* list: key, value, key, value ... */
    N_CALL,   /* a: procedure, list: arguments */
    N_PARTIAL,
    N_LAMBDA,    /* list: parameters, a: body */
    N_CONDITION, /* a ? b : c */
    N_BLOCK,     /* list */
    N_TRANSFORM, /* a: pattern, b: update, c: delete */
    /* made while processing */
    N_PATH,  /* list: steps */
    N_SORT,  /* list: terms; descending: bit per term */
    N_BIND,  /* a: variable, b: value */
    N_APPLY, /* a ~> b */
    /* seen only before processing */
    N_OPERATOR, /* and, or, in, ? as an operand */
    N_END,
};

enum op {
    OP_NONE,
    OP_DOT,
    OP_PREDICATE,
    OP_GROUP,
    OP_SORT,
    OP_BIND,
    OP_FOCUS,
    OP_INDEX,
    OP_APPLY,
    OP_RANGE,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_CONCAT,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_AND,
    OP_OR,
    OP_COALESCE, /* ?? */
    OP_DEFAULT,  /* ?: */
    OP_HOLE,     /* ? as an argument */
};

/* Where % finds its object: counted up and down while the tree is processed. */
struct slot {
    struct value label; /* "!0", "!1" ...: cannot be written as a variable's name */
    int level;
};

struct slots {
    struct slot **items;
    uint32_t len, cap;
};

/* A filter, or an index binding when `filter` is NULL. */
struct stage {
    struct stage *next;
    struct node *filter;
    struct value name; /* index binding: the variable */
    int slot;          /* where it is in the tuple's frame */
    uint32_t position;
};

/* One place a variable may be found in: `hops` frames up, number `slot`. */
struct place {
    uint16_t hops, slot;
};

struct var {
    const struct place *places; /* innermost first; the first one that is set counts */
    uint32_t len;
    int global; /* then program->globals[global]; -1: none */
};

/* Names a path binds for its later steps (@, #, %). */
struct tuple_names {
    const struct value *names;
    uint32_t len;
};

struct node {
    uint8_t kind, op;
    bool keep_array : 1;     /* x[] */
    bool keep_singleton : 1; /* path: one of its steps has keep_array */
    bool consarray : 1;
    bool tuple : 1;    /* step: the path becomes a stream of tuples here; path: hand tuples up */
    bool thunk : 1;    /* call in tail position */
    bool captures : 1; /* lambda: something in the body may keep its frame */
    bool plain : 1;    /* nothing to do after the node's own evaluation */
    bool literal_keys : 1;  /* object: every key is a string literal, all different */
    bool root_variable : 1; /* path: first step is a variable */
    uint32_t position;      /* byte offset just after the token */
    uint32_t frame;         /* block, lambda: slots of the frame it opens (0: none) */
    uint32_t len;           /* of list */
    struct node **list;
    struct value value; /* literal, or the name */
    struct node *a, *b, *c;
    struct stage *predicates;  /* filters on a node that is not a path's later step */
    struct stage *stages;      /* filters and index bindings on a step, in order */
    struct node *group;        /* an N_OBJECT */
    struct value focus, index; /* variable names of @ and #; V_UNDEF: none */
    struct slot *ancestor;     /* step: whose parent this is */
    int focus_slot, index_slot, ancestor_slot;
    struct slots *seeking;                 /* % not yet resolved, while processing */
    struct slot *parent_slot;              /* N_PARENT */
    struct var var;                        /* N_VARIABLE, N_PARENT; N_TRANSFORM: $clone;
                                              call of a path: the name of its first step */
    const struct tuple_names *tuple_names; /* path with tuple steps */
    const struct signature *signature;     /* lambda */
    const struct regex *regex;
    uint64_t descending;
};

/* A name that is not bound in the expression: the caller's variable or a built-in function. */
struct global {
    struct value name;
    const struct builtin *builtin; /* NULL: none of that name */
    bool root;                     /* "$": the input document */
    uint32_t position;
    bool free; /* some use of the name is not of a binding within the expression */
};

struct jsonata {
    struct jn_heap heap;
    char *text;
    size_t text_len;
    unsigned flags;
    struct node *root;
    uint32_t root_frame; /* slots of the outermost frame */
    struct global *globals;
    uint32_t globals_len, globals_cap;
    struct regex *regexes;     /* to be freed */
    struct compiler *compiler; /* while it runs */
    struct jsonata_references references;
};

/* What a call's procedure is called: $f() and f() are "f"; V_UNDEF when it is neither. */
struct value jn_called_name(const struct node *call);

/* The stages of compilation; each may jump out with a fault. */
struct compiler;
struct node *jn_parse(struct compiler *c);
struct node *jn_process(struct compiler *c, struct node *root);
void jn_resolve(struct compiler *c, struct node *root);
void jn_analyse(struct jsonata *p);
