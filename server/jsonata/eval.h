/* One evaluation: its memory, its limits, its variables; and the operations all parts share.
 *
 * Functions here raise errors by jumping out (fault.h); they never return a failure. */
#pragma once

#include "jsonata/ast.h"
#include "jsonata/builtins.h"
#include "jsonata/fault.h"
#include "jsonata/text.h"

enum { FRAME_KEPT = 8, JN_FUEL = 4096 };

struct regex_state;

struct ev {
    struct jn_heap heap;
    const struct jsonata *p;
    const struct jsonata_call *call;
    const struct node *caller;    /* innermost call in progress: where its errors are reported */
    const struct node *overrider; /* outermost and/or whose right operand is being evaluated */
    int fuel;                     /* steps until the clock is looked at */
    unsigned depth, depth_max;
    const char *stack_floor;
    uint64_t steps, steps_max;
    int64_t deadline, time_ms;
    struct value root;                   /* the input document */
    struct value *globals;               /* values looked up so far; V_UNSET: not yet */
    struct frame *spare[FRAME_KEPT + 1]; /* frames to use again, by size */
    struct {
        const struct node *node; /* a call */
        struct value input;
        struct frame *env;
    } thunk;              /* the tail call a V_THUNK stands for; there is at most one at a time */
    struct json **parsed; /* values made by $parse; owned */
    size_t parsed_len, parsed_cap;
    /* The newest concatenation: its end, the end of its room, the heap's place after it. */
    const char *tail, *tail_cap, *tail_room;
    struct arr *appended;      /* newest result of $append: may be continued in place */
    struct regex_state *match; /* made on first use; owned */
    struct regex *regexes;     /* compiled on the way; owned */
    struct date_cache *dates;  /* the picture dates were last parsed with */
    bool failed_time, failed_memory, failed_stack; /* which limit ended it */
    char untouched[0];                             /* what follows need not be zeroed */
    struct thrower t;
};

/* ---- errors ---- */

#define jn_throw(ev, error, ...) jn_raise((ev), &(struct fault){.code = JN_##error, __VA_ARGS__})
/* As above, at a node: position and token are the node's. */
#define jn_throw_at(ev, node, error, ...)                        \
    jn_raise((ev), &(struct fault){.code = JN_##error,           \
                                   .placed = true,               \
                                   .position = (node)->position, \
                                   .has_token = true,            \
                                   .token = (node)->value,       \
                                   __VA_ARGS__})
void jn_raise(struct ev *ev, const struct fault *f) NORETURN COLD;

/* ---- limits ---- */

void jn_refuel(struct ev *ev);
void jn_stack_overflow(struct ev *ev) NORETURN COLD;
/* Charges n steps of a loop. */
static inline void jn_charge(struct ev *ev, size_t n)
{
    if (__builtin_expect(n >= (size_t)JN_FUEL, 0)) {
        ev->steps += n - 1;
        n = 1;
        ev->fuel = 0;
    }
    ev->fuel -= (int)n;
    if (__builtin_expect(ev->fuel < 0, 0))
        jn_refuel(ev);
}
/* For functions that recurse over data. */
static inline void jn_guard(struct ev *ev)
{
    if (__builtin_expect((const char *)__builtin_frame_address(0) < ev->stack_floor, 0))
        jn_stack_overflow(ev);
    jn_charge(ev, 1);
}
static inline void *jn_alloc(struct ev *ev, size_t size)
{
    return jn_heap_alloc(&ev->heap, size);
}

/* ---- arrays and objects (value.c) ---- */

/* Gives up all memory taken since the mark except a short text, so that functions with a lot of
 * intermediate results can be called often. */
struct value jn_keep_text(struct ev *ev, struct jn_mark mark, struct value s);

struct arr *arr_new(struct ev *ev, size_t room, unsigned flags);
void arr_grow(struct ev *ev, struct arr *a, size_t extra);
static inline void arr_push(struct ev *ev, struct arr *a, struct value v)
{
    if (__builtin_expect(a->len == a->cap, 0))
        arr_grow(ev, a, 1);
    a->items[a->len++] = v;
}
/* Appends all members of an array value. */
void arr_push_all(struct ev *ev, struct arr *a, struct value array);
/* The array, with members in memory: ranges and the caller's arrays are copied out. */
const struct value *jn_items(struct ev *ev, struct value array);
/* An array of the same members and the flags given. */
struct value arr_with_flags(struct ev *ev, struct value array, unsigned flags);
/* [v] unless v is an array. */
struct value jn_listed(struct ev *ev, struct value v, unsigned flags);
struct value jn_append(struct ev *ev, struct value a, struct value b); /* $append */

struct obj *obj_new(struct ev *ev, size_t room);
/* Adds a member or replaces the value of one that is there. */
void obj_set(struct ev *ev, struct obj *o, const char *key, size_t len, struct value v);
struct value *obj_find(const struct obj *o, const char *key, size_t len);
void obj_remove(struct obj *o, const char *key, size_t len);

bool jn_truth(struct ev *ev, struct value v); /* undefined is false */
bool jn_equal(struct ev *ev, struct value a, struct value b);
/* True for numbers; raises D1001 for an infinite one. */
bool jn_numeric(struct ev *ev, struct value v);
bool jn_all_numbers(struct ev *ev, struct value array);
bool jn_all_strings(struct value array);
const char *jn_type_name(struct value v);
struct value jn_deep_copy(struct ev *ev, struct value v); /* $clone */
uint64_t jn_hash(struct ev *ev, struct value v);          /* equal values have equal hashes */

/* Finds the field: maps over arrays; V_UNDEF when there is none. */
struct value jn_lookup(struct ev *ev, struct value v, const char *key, size_t len);

/* ---- numbers as text (number.c) ---- */

enum { NUMBER_TEXT = 40 };
/* JavaScript's text of d, finite; returns its length. */
size_t number_text(double d, char out[NUMBER_TEXT]);
double number_cut(double d);                             /* to 15 significant digits */
size_t number_text_cut(double d, char out[NUMBER_TEXT]); /* number_text(number_cut(d)) */
/* JavaScript's parseFloat of a prefix; NaN when there is none. */
double number_parse(const char *s, size_t len);
double number_round(double d, double precision); /* half to even, in the decimal text */
/* Math.abs(d).toFixed(digits) as exact decimal text, appended. */
void number_fixed(struct textbuf *out, double d, int digits);

/* ---- text of values (stringify.c) ---- */

struct value jn_string(struct ev *ev, struct value v, bool pretty); /* $string; v defined */
/* Appends what `&` makes of v. */
void jn_concat(struct ev *ev, struct textbuf *out, struct value v);
/* Plain JSON for messages: no digits cut. */
void jn_json_text(struct ev *ev, struct textbuf *out, struct value v);

/* ---- functions (call.c) ---- */

enum func_kind {
    F_BUILTIN,
    F_LAMBDA,
    F_PARTIAL,
    F_REGEX,
    F_NEXT,     /* `next` of a regex match */
    F_COMPOSED, /* f ~> g */
    F_TRANSFORM,
};

struct func {
    uint8_t kind;
    uint8_t arity;
    bool handed_over; /* as an argument of a call */
    union {
        const struct builtin *builtin;
        struct {
            const struct node *node; /* lambda, transform */
            struct frame *env;
            struct value input;
        } closure;
        struct {
            struct func *func;
            struct value *args; /* V_UNSET: hole */
            uint32_t len;
        } partial;
        struct {
            const struct regex *re;
            struct value subject; /* F_NEXT */
            size_t from;
        } regex;
        struct {
            struct func *first, *second;
        } composed;
    };
};

/* A function of that kind; the rest is for the caller to fill. */
static inline struct func *jn_new_func(struct ev *ev, enum func_kind kind, unsigned arity)
{
    struct func *f = jn_alloc(ev, sizeof(*f));
    f->kind = (uint8_t)kind;
    f->arity = (uint8_t)arity;
    f->handed_over = false;
    return f;
}

/* Calls f; `context` is what a signature's `-` takes. */
struct value jn_apply(struct ev *ev, struct func *f, const struct value *args, size_t nargs,
                      struct value context);
/* For $map and the like: passes as many of the n arguments as f takes, at least one. */
struct value jn_apply_hof(struct ev *ev, struct func *f, const struct value *args, size_t n);
struct value jn_regex_func(struct ev *ev, const struct node *n);
/* What a regex as a function answers: {match, start, end, groups, next}. */
struct value jn_regex_match(struct ev *ev, const struct func *f, struct value subject, size_t from,
                            bool again);
struct value jn_call_node(struct ev *ev, const struct node *n, struct value input,
                          struct frame *env, const struct value *first);
struct value jn_eval_partial(struct ev *ev, const struct node *n, struct value input,
                             struct frame *env);
struct value jn_transform(struct ev *ev, const struct func *f, struct value arg);

struct frame *frame_new(struct ev *ev, struct frame *parent, uint32_t len);
void frame_free(struct ev *ev, struct frame *f);

/* ---- nodes (eval.c, path.c, tuple.c, group.c) ---- */

struct value jn_eval(struct ev *ev, const struct node *n, struct value input, struct frame *env);
/* What the node's variable is bound to in env and around it. */
struct value jn_find_variable(struct ev *ev, const struct node *n, struct frame *env);
struct value jn_eval_path(struct ev *ev, const struct node *n, struct value input,
                          struct frame *env);
struct value jn_filter(struct ev *ev, const struct node *filter, struct value input,
                       struct frame *env);
unsigned jn_selects(struct ev *ev, struct value result, size_t i, size_t n);
struct value jn_group(struct ev *ev, const struct node *pairs, struct value input,
                      struct frame *env);
struct value jn_eval_object(struct ev *ev, const struct node *n, struct value input,
                            struct frame *env);
/* The rows from step `at` on; `input` is the list the first of them runs over. */
struct value jn_eval_tuples(struct ev *ev, const struct node *path, uint32_t at, struct value input,
                            struct frame *env);
struct value jn_sort_step(struct ev *ev, const struct node *sort, struct value list,
                          struct frame *env);
/* Stable merge sort of v[0..n) with swap(arg, left, right) true when right goes first. */
void jn_merge_sort(struct ev *ev, struct value *v, size_t n,
                   bool (*swap)(void *arg, const struct value *left, const struct value *right),
                   void *arg);

/* "Nothing" for an empty sequence, the member for one of length one. */
static inline struct value jn_unwrap(struct value v)
{
    if (v.tag == V_ARR && (v.arr->flags & (A_SEQ | A_TUPLE)) == A_SEQ && v.arr->len <= 1) {
        if (v.arr->len == 0)
            return UNDEF;
        if (!(v.arr->flags & A_KEEP))
            return v_at(v, 0);
    }
    return v;
}
