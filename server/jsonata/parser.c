/* Top-down operator precedence: each token knows how it begins an expression (prefix) and how it
 * continues one (infix).  The tree is raw; process.c makes paths of it. */
#include <string.h>

#include "base/mem.h"
#include "jsonata/compile.h"
#include "jsonata/signature.h"
#include "jsonata/text.h"

/* How tightly an infix token binds (0: it does not), and the operator it stands for. */
static const struct {
    uint8_t power, op;
} infixes[T_IN + 1] = {
    ['.'] = {75, OP_DOT},       ['['] = {80, OP_PREDICATE}, ['{'] = {70, OP_GROUP},
    ['('] = {80, OP_NONE},      ['@'] = {80, OP_FOCUS},     ['#'] = {80, OP_INDEX},
    ['?'] = {20, OP_NONE},      ['+'] = {50, OP_ADD},       ['-'] = {50, OP_SUB},
    ['*'] = {60, OP_MUL},       ['/'] = {60, OP_DIV},       ['%'] = {60, OP_MOD},
    ['='] = {40, OP_EQ},        ['<'] = {40, OP_LT},        ['>'] = {40, OP_GT},
    ['^'] = {40, OP_SORT},      ['&'] = {50, OP_CONCAT},    [T_ASSIGN] = {10, OP_BIND},
    [T_NE] = {40, OP_NE},       [T_GE] = {40, OP_GE},       [T_LE] = {40, OP_LE},
    [T_APPLY] = {40, OP_APPLY}, [T_AND] = {30, OP_AND},     [T_OR] = {25, OP_OR},
    [T_IN] = {40, OP_IN},
};

void compile_raise(struct compiler *c, const struct fault *f)
{
    c->t.fault = *f;
    jn_jump(&c->t);
}

void compile_enter(struct compiler *c, unsigned max)
{
    if (++c->depth > max || (const char *)__builtin_frame_address(0) < c->stack_floor)
        compile_throw(c, S0500, .position = c->token.position);
}

struct node *jn_new_node(struct compiler *c, int kind, uint32_t position)
{
    struct node *n = jn_heap_alloc(&c->p->heap, sizeof(*n));
    *n = (struct node){.kind = (uint8_t)kind, .position = position};
    n->var.global = -1;
    return n;
}

static struct node *node_of(struct compiler *c, int kind, const struct token *t)
{
    struct node *n = jn_new_node(c, kind, t->position);
    n->value = t->value;
    return n;
}

/* Takes the token `id` (0: any) and reads the next one. */
static void advance(struct compiler *c, int id, const char *name, bool infix)
{
    if (id && c->token.id != id) {
        struct value expected = v_str(name, strlen(name));
        if (c->token.id == T_END)
            compile_throw(c, S0203, .position = c->token.position, .has_token = true,
                          .token = c->token.value, .value = expected);
        compile_throw(c, S0202, .position = c->token.position, .has_token = true,
                      .token = c->token.value, .value = expected);
    }
    jn_next_token(c, infix);
}

/* ---- lists under construction ---- */

static void push_pending(struct compiler *c, struct node *n)
{
    GROW(c->pending, c->pending_len, c->pending_cap);
    c->pending[c->pending_len++] = n;
}

static void take_pending(struct compiler *c, size_t from, struct node *to)
{
    size_t n = c->pending_len - from;
    to->list = jn_heap_alloc(&c->p->heap, n * sizeof(*to->list));
    if (n)
        memcpy(to->list, c->pending + from, n * sizeof(*to->list));
    to->len = (uint32_t)n;
    c->pending_len = from;
}

static struct node *expression(struct compiler *c, int power);

/* Members up to the closing token, each `parse`d; the opening one has been taken. */
static void parse_members(struct compiler *c, struct node *to, int close, const char *name,
                          void (*parse)(struct compiler *))
{
    size_t from = c->pending_len;
    if (c->token.id != close) {
        for (;;) {
            parse(c);
            if (c->token.id != ',')
                break;
            advance(c, ',', ",", false);
        }
    }
    advance(c, close, name, true);
    take_pending(c, from, to);
}

static void parse_argument(struct compiler *c)
{
    if (c->token.id == '?') {
        struct node *hole = node_of(c, N_OPERATOR, &c->token);
        hole->op = OP_HOLE;
        advance(c, '?', "?", false);
        push_pending(c, hole);
    } else {
        push_pending(c, expression(c, 0));
    }
}

static void parse_item(struct compiler *c)
{
    struct node *item = expression(c, 0);
    if (c->token.id == T_RANGE) {
        struct node *range = node_of(c, N_BINARY, &c->token);
        range->op = OP_RANGE;
        advance(c, T_RANGE, "..", false);
        range->a = item;
        range->b = expression(c, 0);
        item = range;
    }
    push_pending(c, item);
}

static void parse_pair(struct compiler *c)
{
    struct node *key = expression(c, 0);
    advance(c, ':', ":", false);
    struct node *value = expression(c, 0);
    push_pending(c, key);
    push_pending(c, value);
}

/* ---- prefix ---- */

static struct node *parse_block(struct compiler *c, const struct token *t)
{
    struct node *n = node_of(c, N_BLOCK, t);
    size_t from = c->pending_len;
    while (c->token.id != ')') {
        push_pending(c, expression(c, 0));
        if (c->token.id != ';')
            break;
        advance(c, ';', ";", false);
    }
    advance(c, ')', ")", true);
    take_pending(c, from, n);
    return n;
}

static struct node *parse_transform(struct compiler *c, const struct token *t)
{
    struct node *n = node_of(c, N_TRANSFORM, t);
    n->a = expression(c, 0);
    advance(c, '|', "|", false);
    n->b = expression(c, 0);
    if (c->token.id == ',') {
        advance(c, ',', ",", false);
        n->c = expression(c, 0);
    }
    advance(c, '|', "|", false);
    return n;
}

static struct node *parse_prefix(struct compiler *c, const struct token *t)
{
    struct node *n;
    switch (t->id) {
    case T_END:
        return node_of(c, N_END, t);
    case T_NAME:
        return node_of(c, N_NAME, t);
    case T_VARIABLE:
        return node_of(c, N_VARIABLE, t);
    case T_STRING:
        return node_of(c, N_STRING, t);
    case T_NUMBER:
        return node_of(c, N_NUMBER, t);
    case T_VALUE:
        return node_of(c, N_VALUE, t);
    case T_REGEX:
        n = node_of(c, N_REGEX, t);
        n->regex = t->regex;
        return n;
    case T_AND:
    case T_OR:
    case T_IN:
        return node_of(c, N_OPERATOR, t);
    case '-':
        n = node_of(c, N_NEGATE, t);
        n->a = expression(c, 70);
        return n;
    case '*':
        return node_of(c, N_WILDCARD, t);
    case T_DESCENDANT:
        return node_of(c, N_DESCENDANT, t);
    case '%':
        return node_of(c, N_PARENT, t);
    case '(':
        return parse_block(c, t);
    case '[':
        n = node_of(c, N_ARRAY, t);
        parse_members(c, n, ']', "]", parse_item);
        return n;
    case '{':
        n = node_of(c, N_OBJECT, t);
        parse_members(c, n, '}', "}", parse_pair);
        return n;
    case '|':
        return parse_transform(c, t);
    default:
        compile_throw(c, S0211, .position = t->position, .has_token = true, .token = t->value);
    }
}

/* ---- infix ---- */

/* The signature's tokens up to its closing `>`, joined again. */
static const struct signature *parse_signature(struct compiler *c)
{
    uint32_t position = c->token.position;
    struct textbuf sig;
    text_init(&sig, &c->p->heap, 32);
    text_addc(&sig, '<');
    for (int nesting = 1; nesting > 0 && c->token.id != '{' && c->token.id != T_END;) {
        advance(c, 0, NULL, false);
        if (c->token.id == '>')
            nesting--;
        else if (c->token.id == '<')
            nesting++;
        text_add(&sig, c->p->text + c->token.start, c->token.position - c->token.start);
    }
    advance(c, '>', ">", false);
    struct fault fault;
    const struct signature *s = signature_parse(&c->p->heap, sig.data, sig.len, &fault);
    if (!s) {
        fault.position += position;
        compile_raise(c, &fault);
    }
    return s;
}

static struct node *parse_call(struct compiler *c, struct node *left, const struct token *t)
{
    struct node *n = node_of(c, N_CALL, t);
    n->a = left;
    parse_members(c, n, ')', ")", parse_argument);
    for (uint32_t i = 0; i < n->len; i++)
        if (n->list[i]->kind == N_OPERATOR && n->list[i]->op == OP_HOLE)
            n->kind = N_PARTIAL;
    if (left->kind != N_NAME ||
        !(v_str_is(left->value, "function") || v_str_is(left->value, "\xCE\xBB")))
        return n;

    for (uint32_t i = 0; i < n->len; i++)
        if (n->list[i]->kind != N_VARIABLE)
            compile_throw(c, S0208, .position = n->list[i]->position, .has_token = true,
                          .token = n->list[i]->value, .value = v_num(i + 1));
    n->kind = N_LAMBDA;
    if (c->token.id == '<')
        n->signature = parse_signature(c);
    advance(c, '{', "{", false);
    n->a = expression(c, 0);
    advance(c, '}', "}", false);
    return n;
}

static struct node *parse_predicate(struct compiler *c, struct node *left, struct node *n)
{
    if (c->token.id == ']') {
        /* x[] keeps singletons: a mark on the innermost step, not a filter. */
        struct node *step = left;
        while (step->kind == N_BINARY && step->op == OP_PREDICATE)
            step = step->a;
        step->keep_array = true;
        advance(c, ']', "]", false);
        return left;
    }
    n->b = expression(c, 0);
    advance(c, ']', "]", true);
    return n;
}

static struct node *parse_sort(struct compiler *c, struct node *n)
{
    advance(c, '(', "(", false);
    size_t from = c->pending_len;
    struct node *sort = jn_new_node(c, N_SORT, n->position);
    for (;;) {
        uint64_t bit = (uint64_t)1 << ((c->pending_len - from) & 63);
        if (c->pending_len - from >= 64)
            compile_throw(c, S0500, .position = c->token.position);
        if (c->token.id == '<') {
            advance(c, '<', "<", false);
        } else if (c->token.id == '>') {
            sort->descending |= bit;
            advance(c, '>', ">", false);
        }
        push_pending(c, expression(c, 0));
        if (c->token.id != ',')
            break;
        advance(c, ',', ",", false);
    }
    advance(c, ')', ")", false);
    take_pending(c, from, sort);
    n->b = sort;
    return n;
}

static struct node *parse_binding(struct compiler *c, struct node *n)
{
    n->b = expression(c, 80);
    if (n->b->kind != N_VARIABLE)
        compile_throw(c, S0214, .position = n->b->position, .has_token = true, .token = n->value);
    return n;
}

static struct node *parse_condition(struct compiler *c, struct node *left, const struct token *t)
{
    struct node *n = node_of(c, N_CONDITION, t);
    n->a = left;
    n->b = expression(c, 0);
    if (c->token.id == ':') {
        advance(c, ':', ":", false);
        n->c = expression(c, 0);
    }
    return n;
}

static struct node *parse_infix(struct compiler *c, struct node *left, const struct token *t)
{
    if (t->id == '(')
        return parse_call(c, left, t);
    if (t->id == '?')
        return parse_condition(c, left, t);
    struct node *n = node_of(c, N_BINARY, t);
    n->op = infixes[t->id].op;
    n->a = left;
    switch (n->op) {
    case OP_PREDICATE:
        return parse_predicate(c, left, n);
    case OP_GROUP:
        n->b = jn_new_node(c, N_OBJECT, t->position);
        parse_members(c, n->b, '}', "}", parse_pair);
        return n;
    case OP_SORT:
        return parse_sort(c, n);
    case OP_FOCUS:
    case OP_INDEX:
        return parse_binding(c, n);
    case OP_BIND:
        if (left->kind != N_VARIABLE)
            compile_throw(c, S0212, .position = left->position, .has_token = true,
                          .token = left->value);
        n->b = expression(c, infixes[t->id].power - 1);
        return n;
    default:
        n->b = expression(c, infixes[t->id].power);
        return n;
    }
}

static struct node *expression(struct compiler *c, int power)
{
    compile_enter(c, JN_PARSE_DEPTH);
    struct token t = c->token;
    jn_next_token(c, true);
    struct node *left = parse_prefix(c, &t);
    for (;;) {
        if (infixes[c->token.id].power <= power)
            break;
        t = c->token;
        jn_next_token(c, false);
        left = parse_infix(c, left, &t);
    }
    compile_leave(c);
    return left;
}

struct node *jn_parse(struct compiler *c)
{
    jn_next_token(c, false);
    struct node *root = expression(c, 0);
    if (c->token.id != T_END)
        compile_throw(c, S0201, .position = c->token.position, .has_token = true,
                      .token = c->token.value);
    return root;
}
