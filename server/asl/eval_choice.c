/* Choice rules of JSONPath mode (reference/asl.md section 8). */
#include <string.h>

#include "asl/compile.h"
#include "base/mem.h"
#include "base/timefmt.h"

/* ---- orders ---- */

/* Strings compare by UTF-16 code units.  In UTF-8 that is the order of bytes, but for the
 * characters from U+E000 to U+FFFF (lead bytes 0xEE, 0xEF), which come behind those beyond (0xF0
 * to 0xF4). */
static int unit_rank(unsigned char byte)
{
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

static int order_strings(const struct json *a, const struct json *b)
{
    size_t a_len;
    size_t b_len;
    const char *x = json_str(a, &a_len);
    const char *y = json_str(b, &b_len);
    for (size_t i = 0; i < MIN(a_len, b_len); i++)
        if (x[i] != y[i])
            return unit_rank((unsigned char)x[i]) - unit_rank((unsigned char)y[i]);
    return (a_len > b_len) - (a_len < b_len);
}

static int order_numbers(const struct json *a, const struct json *b)
{
    int64_t x;
    int64_t y;
    if (json_int64(a, &x) && json_int64(b, &y))
        return (x > y) - (x < y);
    double u = json_double(a);
    double v = json_double(b);
    return (u > v) - (u < v);
}

/* Digits behind the second: "123" of "...:59.123Z". */
static struct text fraction_of(const struct json *timestamp)
{
    size_t len;
    const char *s = json_str(timestamp, &len);
    const char *point = memchr(s, '.', len);
    if (!point)
        return (struct text){s, 0};
    struct text t = {point + 1, 0};
    while (t.data + t.len < s + len && t.data[t.len] >= '0' && t.data[t.len] <= '9')
        t.len++;
    return t;
}

/* Milliseconds first, then the digits beyond them. */
static int order_timestamps(const struct json *a, int64_t a_ms, const struct json *b, int64_t b_ms)
{
    if (a_ms != b_ms)
        return a_ms < b_ms ? -1 : 1;
    struct text x = fraction_of(a);
    struct text y = fraction_of(b);
    for (size_t i = 3; i < MAX(x.len, y.len); i++) {
        char p = i < x.len ? x.data[i] : '0';
        char q = i < y.len ? y.data[i] : '0';
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

static bool timestamp_of(const struct json *v, int64_t *ret_ms)
{
    size_t len;
    if (!json_is(v, JSON_STRING))
        return false;
    const char *s = json_str(v, &len);
    return iso_time_parse(s, len, ret_ms) == 0;
}

/* False when the two are not both of the operand's type. */
static bool order_values(enum asl_operand operand, const struct json *a, const struct json *b,
                         int *ret_order)
{
    int64_t x;
    int64_t y;
    switch (operand) {
    case ASL_OF_STRING:
        if (!json_is(a, JSON_STRING) || !json_is(b, JSON_STRING))
            return false;
        *ret_order = order_strings(a, b);
        return true;
    case ASL_OF_NUMBER:
        if (!json_is(a, JSON_NUMBER) || !json_is(b, JSON_NUMBER))
            return false;
        *ret_order = order_numbers(a, b);
        return true;
    case ASL_OF_TIMESTAMP:
        if (!timestamp_of(a, &x) || !timestamp_of(b, &y))
            return false;
        *ret_order = order_timestamps(a, x, b, y);
        return true;
    case ASL_OF_BOOLEAN:
        if (!json_is_bool(a) || !json_is_bool(b))
            return false;
        *ret_order = json_type(a) == json_type(b) ? 0 : 1;
        return true;
    case ASL_OF_ANY:
        break;
    }
    return false;
}

/* ---- StringMatches ---- */

/* Reads a piece of the pattern up to the next bare '*' into piece, without its escapes.  Returns
 * whether a '*' ended it. */
static bool take_piece(struct text *pattern, struct strbuf *piece)
{
    strbuf_clear(piece);
    while (pattern->len) {
        char ch = *pattern->data++;
        pattern->len--;
        if (ch == '*')
            return true;
        if (ch == '\\' && pattern->len) {
            ch = *pattern->data++;
            pattern->len--;
        }
        strbuf_addc(piece, ch);
    }
    return false;
}

/* Pieces between stars are found from left to right; each as early as possible, so one pass is
 * enough. */
static bool wildcard_matches(struct text s, struct text pattern)
{
    CLEANUP(strbuf_done) struct strbuf piece;
    strbuf_init(&piece, pattern.len);
    bool star = take_piece(&pattern, &piece);
    if (s.len < piece.len || memcmp(s.data, piece.data, piece.len) != 0)
        return false;
    s = (struct text){s.data + piece.len, s.len - piece.len};
    if (!star)
        return s.len == 0;
    while (take_piece(&pattern, &piece)) {
        const char *found = memmem(s.data, s.len, piece.data, piece.len);
        if (!found)
            return false;
        s.len -= (size_t)(found - s.data) + piece.len;
        s.data = found + piece.len;
    }
    return s.len >= piece.len && !memcmp(s.data + s.len - piece.len, piece.data, piece.len);
}

static bool string_matches(const struct json *v, const struct json *pattern)
{
    struct text s;
    struct text p;
    if (!json_is(v, JSON_STRING) || !json_is(pattern, JSON_STRING))
        return false;
    s.data = json_str(v, &s.len);
    p.data = json_str(pattern, &p.len);
    return wildcard_matches(s, p);
}

/* ---- comparisons ---- */

static bool has_type(enum asl_compare compare, const struct json *v)
{
    int64_t ms;
    switch (compare) {
    case ASL_IS_NULL:
        return json_is(v, JSON_NULL);
    case ASL_IS_NUMERIC:
        return json_is(v, JSON_NUMBER);
    case ASL_IS_STRING:
        return json_is(v, JSON_STRING);
    case ASL_IS_BOOLEAN:
        return json_is_bool(v);
    case ASL_IS_TIMESTAMP:
        return timestamp_of(v, &ms);
    default:
        return false;
    }
}

static bool compare_values(const struct asl_condition *c, const struct json *v,
                           const struct json *other)
{
    int order;
    if (c->compare == ASL_MATCHES)
        return string_matches(v, other);
    if (c->operand == ASL_OF_ANY)
        return has_type(c->compare, v) == json_is(other, JSON_TRUE);
    if (!order_values(c->operand, v, other, &order))
        return false;
    switch (c->compare) {
    case ASL_EQUALS:
        return order == 0;
    case ASL_LESS:
        return order < 0;
    case ASL_GREATER:
        return order > 0;
    case ASL_LESS_EQUALS:
        return order <= 0;
    case ASL_GREATER_EQUALS:
        return order >= 0;
    default:
        return false;
    }
}

/* Returns 0, ERR_NOT_FOUND (err is filled all the same) or ERR_INVALID. */
static int read_operand(const struct jsonpath *path, const struct asl_env *env,
                        struct json **ret_value, struct asl_error *err)
{
    struct jsonpath_env paths = {
        .input = env->input, .context = env->context, .variable = env->variable, .arg = env->arg};
    int r = jsonpath_eval(path, &paths, ret_value, NULL);
    if (r == 0)
        return 0;
    asl_error_set(
        err, "States.Runtime",
        "Invalid path '%s': The choice state's condition path references an invalid value.",
        jsonpath_text(path));
    return r == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_INVALID;
}

static int eval_comparison(const struct asl_condition *c, const struct asl_env *env,
                           bool *ret_match, struct asl_error *err)
{
    CLEANUP(json_unref_p) struct json *v = NULL;
    CLEANUP(json_unref_p) struct json *other = NULL;
    int r = read_operand(c->variable, env, &v, err);
    if (c->compare == ASL_IS_PRESENT && (r == 0 || r == ERR_NOT_FOUND)) {
        if (r < 0)
            asl_error_done(err);
        *ret_match = (r == 0) == json_is(c->value, JSON_TRUE);
        return 0;
    }
    if (r < 0)
        return ERR_INVALID;
    if (c->value_path && read_operand(c->value_path, env, &other, err) < 0)
        return ERR_INVALID;
    *ret_match = compare_values(c, v, c->value_path ? other : c->value);
    return 0;
}

/* As deep as the definition's JSON at most (LIMIT_JSON_DEPTH). */
int asl_eval_condition(const struct asl_condition *c, const struct asl_env *env, bool *ret_match,
                       struct asl_error *err)
{
    if (c->kind == ASL_COMPARE)
        return eval_comparison(c, env, ret_match, err);

    bool match = false;
    for (size_t i = 0; i < c->len; i++) {
        int r = asl_eval_condition(c->children[i], env, &match, err);
        if (r < 0)
            return r;
        if (c->kind == ASL_AND ? !match : match)
            break; /* what comes behind is not looked at: it may not even exist */
    }
    *ret_match = c->kind == ASL_NOT ? !match : match;
    return 0;
}
