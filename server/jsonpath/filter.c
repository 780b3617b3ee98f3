/* What a filter accepts: comparison of values, and the tree of a filter applied to one item. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "jsonpath/path.h"

/* ---- numbers, strings ---- */

/* Orders two ints of any length by their digits. */
static int compare_long_ints(const struct json *a, const struct json *b)
{
    char a_buf[32], b_buf[32];
    const char *x = json_number_text(a, a_buf);
    const char *y = json_number_text(b, b_buf);
    int sign = *x == '-' ? -1 : 1;

    if ((*x == '-') != (*y == '-'))
        return sign;
    size_t x_len = strlen(x), y_len = strlen(y);
    if (x_len != y_len)
        return x_len > y_len ? sign : -sign;
    int order = strcmp(x, y);
    return order > 0 ? sign : order < 0 ? -sign : 0;
}

/* Orders two numbers exactly, but for a decimal beside an int of more than 64 bits: -1, 0 or 1. */
static int compare_numbers(const struct json *a, const struct json *b)
{
    int64_t x, y;
    bool a_fits = json_int64(a, &x);
    bool b_fits = json_int64(b, &y);

    if (a_fits && b_fits)
        return (x > y) - (x < y);
    if (json_is_int(a) && json_is_int(b))
        return compare_long_ints(a, b);
    /* A long double holds every int of 64 bits and every double. */
    long double left = a_fits ? (long double)x : (long double)json_double(a);
    long double right = b_fits ? (long double)y : (long double)json_double(b);
    return (left > right) - (left < right);
}

/* UTF-16 order of the first bytes that differ: characters of four bytes are surrogate pairs there,
 * which stand before U+E000. */
static int utf16_weight(unsigned char byte)
{
    return byte >= 0xF0 ? 0xED00 + byte : byte << 8;
}

/* Orders two strings as Java does. */
static int compare_strings(const struct json *a, const struct json *b)
{
    size_t a_len, b_len;
    const unsigned char *x = (const unsigned char *)json_str(a, &a_len);
    const unsigned char *y = (const unsigned char *)json_str(b, &b_len);
    size_t len = MIN(a_len, b_len);
    size_t i = 0;

    while (i < len && x[i] == y[i])
        i++;
    if (i == len)
        return (a_len > b_len) - (a_len < b_len);
    return utf16_weight(x[i]) > utf16_weight(y[i]) ? 1 : -1;
}

/* ---- operators ---- */

/* What looking at a whole value counts as. */
static bool charge_value(struct path_run *run, const struct json *v)
{
    size_t amount = 1;
    switch (json_type(v)) {
    case JSON_STRING:
        (void)json_str(v, &amount);
        amount = amount / 64 + 1;
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        amount = json_text_size(v, (size_t)PATH_WORK_MAX * 64) / 64 + 1;
        break;
    default:
        break;
    }
    return path_run_charge(run, amount);
}

static int op_eq(struct path_run *run, const struct json *left, const struct json *right)
{
    if (!left || !right)
        return 0;
    if (json_type(left) != json_type(right))
        return 0;
    return charge_value(run, left) ? json_equal(left, right) : ERR_LIMIT;
}

static int negate(int r)
{
    return r < 0 ? r : !r;
}

static int op_ne(struct path_run *run, const struct json *left, const struct json *right)
{
    return negate(op_eq(run, left, right));
}

/* Whether two values of one ordered type have the wanted order; others have none. */
static int ordered(struct path_run *run, const struct json *left, const struct json *right,
                   int sign, bool or_equal)
{
    int order;

    if (json_is(left, JSON_NUMBER) && json_is(right, JSON_NUMBER)) {
        order = compare_numbers(left, right);
    } else if (json_is(left, JSON_STRING) && json_is(right, JSON_STRING)) {
        if (!charge_value(run, left))
            return ERR_LIMIT;
        order = compare_strings(left, right);
    } else {
        return 0;
    }
    return order == 0 ? or_equal : order == sign;
}

static int op_lt(struct path_run *run, const struct json *left, const struct json *right)
{
    return ordered(run, left, right, -1, false);
}

static int op_le(struct path_run *run, const struct json *left, const struct json *right)
{
    return ordered(run, left, right, -1, true);
}

static int op_gt(struct path_run *run, const struct json *left, const struct json *right)
{
    return ordered(run, left, right, 1, false);
}

static int op_ge(struct path_run *run, const struct json *left, const struct json *right)
{
    return ordered(run, left, right, 1, true);
}

/* 1 when the array has an item equal to v, 0 when not or when it is no array. */
static int has(struct path_run *run, const struct json *array, const struct json *v)
{
    if (!json_is(array, JSON_ARRAY))
        return 0;
    for (size_t i = 0; i < json_len(array); i++) {
        int r = path_run_charge(run, 1) ? op_eq(run, v, json_at(array, i)) : ERR_LIMIT;
        if (r != 0)
            return r;
    }
    return 0;
}

static int op_in(struct path_run *run, const struct json *left, const struct json *right)
{
    return has(run, right, left);
}

static int op_nin(struct path_run *run, const struct json *left, const struct json *right)
{
    return negate(has(run, right, left));
}

static int op_contains(struct path_run *run, const struct json *left, const struct json *right)
{
    if (!json_is(left, JSON_STRING) || !json_is(right, JSON_STRING))
        return right ? has(run, left, right) : 0;

    size_t len, part_len;
    const char *s = json_str(left, &len);
    const char *part = json_str(right, &part_len);
    if (!charge_value(run, left))
        return ERR_LIMIT;
    return memmem(s, len, part, part_len) != NULL;
}

/* Counts the items of `items` that `array` has; stops at the first that is (`stop_at` 1) or is
 * not (0) there.  Returns 1 when it stopped, 0 when not, or ERR_LIMIT. */
static int find_item(struct path_run *run, const struct json *items, const struct json *array,
                     int stop_at)
{
    for (size_t i = 0; i < json_len(items); i++) {
        int r = has(run, array, json_at(items, i));
        if (r < 0 || r == stop_at)
            return r < 0 ? r : 1;
    }
    return 0;
}

static bool are_arrays(const struct json *a, const struct json *b)
{
    return json_is(a, JSON_ARRAY) && json_is(b, JSON_ARRAY);
}

static int op_all(struct path_run *run, const struct json *left, const struct json *right)
{
    return are_arrays(left, right) ? negate(find_item(run, right, left, 0)) : 0;
}

static int op_subsetof(struct path_run *run, const struct json *left, const struct json *right)
{
    return are_arrays(left, right) ? negate(find_item(run, left, right, 0)) : 0;
}

static int op_anyof(struct path_run *run, const struct json *left, const struct json *right)
{
    return are_arrays(left, right) ? find_item(run, left, right, 1) : 0;
}

static int op_noneof(struct path_run *run, const struct json *left, const struct json *right)
{
    return are_arrays(left, right) ? negate(find_item(run, left, right, 1)) : 0;
}

/* Characters of a string, items of an array, members of an object; false for other values. */
static bool size_of(const struct json *v, size_t *ret_size)
{
    const char *s;
    size_t len;

    if (!v)
        return false;
    switch (json_type(v)) {
    case JSON_STRING:
        s = json_str(v, &len);
        *ret_size = utf8_utf16_length(s, len);
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        *ret_size = json_len(v);
        return true;
    default:
        return false;
    }
}

static int op_size(struct path_run *run, const struct json *left, const struct json *right)
{
    size_t size;
    int64_t wanted;
    if (left && !charge_value(run, left))
        return ERR_LIMIT;
    return size_of(left, &size) && json_is(right, JSON_NUMBER) && json_int64(right, &wanted) &&
           wanted >= 0 && size == (size_t)wanted;
}

static int op_empty(struct path_run *run, const struct json *left, const struct json *right)
{
    size_t size;
    if (left && !charge_value(run, left))
        return ERR_LIMIT;
    return size_of(left, &size) && json_is_bool(right) && (size == 0) == json_is(right, JSON_TRUE);
}

static const struct {
    const char *name;
    filter_operator op;
} operators[] = {
    {"==", op_eq},
    {"!=", op_ne},
    {"<", op_lt},
    {"<=", op_le},
    {">", op_gt},
    {">=", op_ge},
    {"===", op_eq},
    {"!==", op_ne},
    {"in", op_in},
    {"nin", op_nin},
    {"contains", op_contains},
    {"all", op_all},
    {"subsetof", op_subsetof},
    {"anyof", op_anyof},
    {"noneof", op_noneof},
    {"size", op_size},
    {"empty", op_empty},
};

filter_operator filter_operator_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (strlen(operators[i].name) == len && strncasecmp(operators[i].name, name, len) == 0)
            return operators[i].op;
    return NULL;
}

/* ---- the tree ---- */

/* The operand's value, NULL when its path has no result.  Returns 0 or ERR_LIMIT. */
static int find_operand(const struct operand *o, struct path_run *run, const struct json *item,
                        bool strict, struct found *ret_found)
{
    *ret_found = (struct found){.value = o->literal};
    if (!o->path)
        return 0;

    int r =
        path_find(o->path, run, o->path->relative ? item : run->document, strict, ret_found, NULL);
    if (r == ERR_NOT_FOUND) {
        *ret_found = (struct found){0};
        r = 0;
    }
    return r;
}

static int compare(const struct filter_node *f, struct path_run *run, const struct json *item)
{
    struct found left, right;
    int r = find_operand(&f->left, run, item, false, &left);
    if (r < 0)
        return r;

    r = find_operand(&f->right, run, item, false, &right);
    if (r == 0) {
        r = f->compare(run, left.value, right.value);
        json_unref(right.owned);
    }
    json_unref(left.owned);
    return r;
}

static int exists(const struct filter_node *f, struct path_run *run, const struct json *item)
{
    struct found found;
    int r = find_operand(&f->left, run, item, true, &found);
    if (r < 0)
        return r;

    json_unref(found.owned);
    return (found.value != NULL) == (f->kind == FILTER_EXISTS);
}

int filter_accepts(const struct filter_node *f, struct path_run *run, const struct json *item)
{
    if (!path_run_charge(run, 1))
        return ERR_LIMIT;

    switch (f->kind) {
    case FILTER_COMPARE:
        return compare(f, run, item);
    case FILTER_EXISTS:
    case FILTER_ABSENT:
        return exists(f, run, item);
    case FILTER_NOT:
        return negate(filter_accepts(f->child, run, item));
    case FILTER_AND:
    case FILTER_OR:
        break;
    }

    /* An AND ends at the first 0, an OR at the first 1. */
    int end = f->kind == FILTER_OR;
    int r = !end;
    for (const struct filter_node *child = f->child; child && r != end && r >= 0;
         child = child->sibling)
        r = filter_accepts(child, run, item);
    return r;
}
