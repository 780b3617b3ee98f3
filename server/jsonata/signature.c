#include "jsonata/signature.h"

#include <string.h>

#include "jsonata/eval.h"

/* ---- reading ---- */

static uint8_t type_bits(char c)
{
    switch (c) {
    case 's':
        return SIG_S;
    case 'n':
        return SIG_N;
    case 'b':
        return SIG_B;
    case 'l':
        return SIG_L;
    case 'o':
        return SIG_O;
    case 'a':
        return SIG_A;
    case 'f':
        return SIG_F;
    case 'm':
        return SIG_M;
    case 'j':
        return SIG_A | SIG_S | SIG_N | SIG_B | SIG_L | SIG_O;
    case 'x':
        return SIG_A | SIG_S | SIG_N | SIG_B | SIG_L | SIG_O | SIG_F;
    default:
        return 0;
    }
}

/* Offset of the bracket that closes the one at `from`, or len. */
static size_t closing(const char *s, size_t len, size_t from, char open, char close)
{
    int depth = 1;
    for (size_t i = from + 1; i < len; i++) {
        if (s[i] == close && --depth == 0)
            return i;
        if (s[i] == open)
            depth++;
    }
    return len;
}

static struct sig_param simple_param(char c)
{
    struct sig_param p = {.types = (uint8_t)(type_bits(c) | SIG_M)};
    if (c == 'a') {
        p.types = (uint8_t)(type_bits('x') | SIG_M);
        p.flags = SIG_ARRAY;
    } else if (c == 'f') {
        p.types = SIG_F;
    }
    return p;
}

static const struct signature *bad_signature(enum jn_code code, size_t at, struct fault *ret_fault)
{
    *ret_fault = (struct fault){.code = code, .placed = true, .position = (uint32_t)at};
    return NULL;
}

const struct signature *signature_parse(struct jn_heap *heap, const char *s, size_t len,
                                        struct fault *ret_fault)
{
    struct signature *sig = jn_heap_alloc(heap, sizeof(*sig) + len * sizeof(sig->params[0]));
    sig->len = 0;
    char last = 0; /* type letter of the newest parameter */
    for (size_t i = 1; i < len && s[i] != ':'; i++) {
        struct sig_param *p = sig->len ? &sig->params[sig->len - 1] : NULL;
        if (strchr("snbloafjx", s[i])) {
            sig->params[sig->len++] = simple_param(s[i]);
            last = s[i];
        } else if (s[i] == '(') {
            size_t end = closing(s, len, i, '(', ')');
            struct sig_param choice = {.types = SIG_M};
            for (size_t k = i + 1; k < end; k++) {
                if (s[k] == '<')
                    return bad_signature(JN_S0402, i, ret_fault);
                choice.types |= strchr("snbloafm", s[k]) ? type_bits(s[k]) : 0;
            }
            sig->params[sig->len++] = choice;
            last = '(';
            i = end;
        } else if (s[i] == '<') {
            if (last != 'a' && last != 'f')
                return bad_signature(JN_S0401, i, ret_fault);
            size_t end = closing(s, len, i, '<', '>');
            p->member = i + 1 < len ? s[i + 1] : 0;
            p->member_len = (uint8_t)MIN(end - MIN(i + 1, end), (size_t)255);
            i = end;
        } else if (s[i] == '-' && p) {
            p->flags |= SIG_CONTEXT | SIG_OPTIONAL;
        } else if (s[i] == '?' && p) {
            p->flags |= SIG_OPTIONAL;
        } else if (s[i] == '+' && p) {
            p->flags |= SIG_MORE;
        }
    }
    return sig;
}

/* ---- matching ---- */

static uint8_t bits_of(struct value v)
{
    static const uint8_t bits[] = {
        [V_UNDEF] = SIG_M, [V_NULL] = SIG_L, [V_BOOL] = SIG_B, [V_NUM] = SIG_N,
        [V_STR] = SIG_S,   [V_ARR] = SIG_A,  [V_OBJ] = SIG_O,  [V_FUNC] = SIG_F,
        [V_JNUM] = SIG_N,  [V_JARR] = SIG_A, [V_JOBJ] = SIG_O,
    };
    return bits[v.tag];
}

static const char *member_type(char c)
{
    switch (c) {
    case 'a':
        return "arrays";
    case 'b':
        return "booleans";
    case 'f':
        return "functions";
    case 'n':
        return "numbers";
    case 'o':
        return "objects";
    case 's':
        return "strings";
    default:
        return NULL;
    }
}

static bool members_fit(struct ev *ev, struct value array, uint8_t wanted)
{
    size_t n = v_len(array);
    if (array.tag == V_ARR && (array.arr->flags & A_RANGE))
        return wanted == SIG_N || n == 0;
    jn_charge(ev, n / 8);
    for (size_t i = 0; i < n; i++)
        if (bits_of(v_at(array, i)) != wanted)
            return false;
    return true;
}

/* An argument for a parameter of type a: checked, and wrapped when it is no array. */
static struct value array_argument(struct ev *ev, const struct sig_param *p, struct value v,
                                   size_t run, size_t number)
{
    if (!v.tag)
        return v;
    if (p->member) {
        uint8_t wanted = type_bits(p->member);
        bool fits = v_is_arr(v) ? members_fit(ev, v, wanted)
                                : run == 1 && p->member_len == 1 && bits_of(v) == wanted;
        if (!fits)
            jn_throw(ev, T0412, .value = v, .index = (unsigned)number,
                     .type = member_type(p->member_len == 1 ? p->member : 0));
    }
    return jn_listed(ev, v, 0);
}

/* The number of arguments each parameter takes: the greedy match of a regular expression in which a
 * parameter is a set of types, perhaps with ? or +.  run[i] counts; false when nothing matches. */
static bool match_runs(struct ev *ev, const struct sig_param *params, size_t nparams,
                       const struct value *args, size_t nargs, size_t *run, bool whole)
{
    size_t at = 0, i = 0;
    bool back = false;
    for (;;) {
        jn_charge(ev, 1);
        if (!back && i == nparams) {
            if (at == nargs || !whole)
                return true;
            back = true;
        }
        if (back) {
            /* Give back one argument of the nearest parameter that can do without. */
            if (i == 0)
                return false;
            i--;
            size_t least = params[i].flags & SIG_OPTIONAL ? 0 : 1;
            if (run[i] > least) {
                run[i]--;
                at--;
                i++;
                back = false;
            } else {
                at -= run[i];
            }
            continue;
        }
        const struct sig_param *p = &params[i];
        size_t most = p->flags & SIG_MORE ? nargs : 1, n = 0;
        while (n < most && at + n < nargs && (bits_of(args[at + n]) & p->types))
            n++;
        if (n == 0 && !(p->flags & SIG_OPTIONAL)) {
            back = true;
            continue;
        }
        run[i++] = n;
        at += n;
    }
}

static void no_match(struct ev *ev, const struct sig_param *params, size_t nparams,
                     const struct value *args, size_t nargs, size_t *run)
{
    size_t good = 0;
    for (size_t i = 0; i < nparams; i++) {
        if (!match_runs(ev, params, i + 1, args, nargs, run, false))
            break;
        good = 0;
        for (size_t k = 0; k <= i; k++)
            good += run[k];
    }
    jn_throw(ev, T0410, .index = (unsigned)good + 1, .value = good < nargs ? args[good] : UNDEF);
}

static struct value context_argument(struct ev *ev, const struct sig_param *p, struct value context,
                                     size_t number)
{
    if (!(bits_of(context) & p->types))
        jn_throw(ev, T0411, .value = context, .index = (unsigned)number);
    return context;
}

static const struct value *slow_check(struct ev *ev, const struct sig_param *params, size_t nparams,
                                      const struct value *args, size_t nargs, struct value context,
                                      size_t *ret_len)
{
    size_t *run = jn_alloc(ev, (nparams + 1) * sizeof(*run));
    if (!match_runs(ev, params, nparams, args, nargs, run, true))
        no_match(ev, params, nparams, args, nargs, run);
    struct value *out = jn_alloc(ev, (nparams + nargs) * sizeof(*out));
    size_t at = 0, len = 0;
    for (size_t i = 0; i < nparams; i++) {
        const struct sig_param *p = &params[i];
        struct value first = at < nargs ? args[at] : UNDEF;
        if (run[i] == 0) {
            if (p->flags & SIG_CONTEXT) {
                out[len++] = context_argument(ev, p, context, at + 1);
            } else {
                out[len++] = first;
                at++;
            }
            continue;
        }
        for (size_t k = 0; k < run[i]; k++, at++) {
            /* Only arrays are passed one by one; of anything else the first is repeated. */
            if (p->flags & SIG_ARRAY)
                out[len++] = array_argument(ev, p, args[at], run[i], at + 1);
            else
                out[len++] = first;
        }
    }
    *ret_len = len;
    return out;
}

const struct value *signature_check(struct ev *ev, const struct sig_param *params, size_t nparams,
                                    const struct value *args, size_t nargs, struct value context,
                                    size_t *ret_len)
{
    /* Most calls: every argument fits the parameter in its place, the rest is optional. */
    bool simple = nargs <= nparams;
    for (size_t i = 0; i < nparams && simple; i++) {
        const struct sig_param *p = &params[i];
        if (i >= nargs)
            simple = p->flags == SIG_OPTIONAL;
        else
            simple = (bits_of(args[i]) & p->types) && !(p->flags & SIG_MORE) &&
                     (!(p->flags & SIG_ARRAY) ||
                      (v_is_arr(args[i]) &&
                       (!p->member || members_fit(ev, args[i], type_bits(p->member)))));
    }
    if (simple) {
        *ret_len = nargs;
        return args;
    }
    return slow_check(ev, params, nparams, args, nargs, context, ret_len);
}
