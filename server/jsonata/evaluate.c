/* The entry point: limits, the jump's target, and the way back to JSON values. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "jsonata/eval.h"
#include "jsonata/regex.h"
#include "jsonata/report.h"

const struct jsonata_limits jsonata_limits_default = {
    .time_ms = 1000,
    .steps = 0,
    .depth = 2000,
    .stack_bytes = (size_t)3 * 1024 * 1024,
    .memory_bytes = (size_t)128 * 1024 * 1024,
    .result_bytes = 0,
};

/* ---- limits ---- */

void jn_refuel(struct ev *ev)
{
    ev->steps += (uint64_t)(JN_FUEL - ev->fuel);
    ev->fuel = JN_FUEL;
    bool late = ev->deadline && clock_monotonic() >= ev->deadline;
    if (late || (ev->steps_max && ev->steps >= ev->steps_max)) {
        ev->failed_time = true;
        jn_throw(ev, D1012, .value = v_num((double)ev->time_ms));
    }
}

void jn_stack_overflow(struct ev *ev)
{
    ev->failed_stack = true;
    jn_throw(ev, D1011, 0);
}

static void memory_full(struct jn_heap *h)
{
    struct ev *ev = (struct ev *)((char *)h - offsetof(struct ev, heap));
    ev->failed_memory = true;
    jn_throw(ev, U1001, 0);
}

/* ---- values back to JSON ---- */

struct exporter {
    struct ev *ev;
    size_t bytes; /* taken outside of the heap so far */
    enum jn_code code;
    bool failed;
};

static struct json *export_value(struct exporter *x, struct value v, unsigned depth);

static struct json *export_fail(struct exporter *x, enum jn_code code)
{
    x->failed = true;
    x->code = code;
    return NULL;
}

static struct json *export_array(struct exporter *x, struct value v, unsigned depth)
{
    struct json_array b;
    json_array_init(&b);
    for (size_t i = 0, n = v_len(v); i < n; i++) {
        struct json *item = export_value(x, v_at(v, i), depth + 1);
        if (!item) {
            json_array_done(&b);
            return NULL;
        }
        json_array_add(&b, item);
    }
    return json_array_finish(&b);
}

static struct json *export_object(struct exporter *x, const struct obj *o, unsigned depth)
{
    struct json_object *b = json_object_new();
    for (uint32_t i = 0; i < o->len; i++) {
        struct json *value = export_value(x, o->members[i].value, depth + 1);
        if (!value) {
            json_object_free(b);
            return NULL;
        }
        x->bytes += o->members[i].key_len + 48;
        json_object_add(b, json_string(o->members[i].key, o->members[i].key_len), value);
    }
    return json_object_finish(b);
}

static struct json *export_value(struct exporter *x, struct value v, unsigned depth)
{
    x->bytes += 48 + (v.tag == V_STR ? v.len : 0);
    if (x->bytes > x->ev->heap.limit)
        return export_fail(x, JN_U1001);
    if (depth > LIMIT_JSON_DEPTH)
        return export_fail(x, JN_D1011);
    switch (v.tag) {
    case V_BOOL:
        return json_bool(v.yes);
    case V_NUM:
        return isfinite(v.num) ? json_number(v.num + 0.0) : export_fail(x, JN_D1001);
    case V_STR:
        return json_string(v.str, v.len);
    case V_ARR:
        return export_array(x, v, depth);
    case V_OBJ:
        return export_object(x, v.obj, depth);
    case V_FUNC:
        return json_string("", 0);
    case V_JNUM:
    case V_JARR:
    case V_JOBJ:
        return json_ref(v.json);
    default:
        return json_null();
    }
}

/* ---- the evaluation ---- */

static struct value evaluate_root(struct ev *ev)
{
    const struct jsonata *p = ev->p;
    ev->globals = jn_alloc(ev, p->globals_len * sizeof(*ev->globals));
    for (uint32_t i = 0; i < p->globals_len; i++)
        ev->globals[i].tag = V_UNSET;
    struct value input = ev->root = v_json(ev->call->input);
    if (v_is_arr(input)) {
        struct arr *outer = arr_new(ev, 1, A_SEQ | A_OUTER);
        arr_push(ev, outer, input);
        input = v_arr(outer);
    }
    struct frame *env = p->root_frame ? frame_new(ev, NULL, p->root_frame) : NULL;
    return jn_eval(ev, p->root, input, env);
}

/* Apart from the caller, so that no local of it lives across the jump. */
static bool try_evaluate(struct ev *ev, struct value *ret)
{
    if (setjmp(ev->t.target))
        return false;
    *ret = evaluate_root(ev);
    return true;
}

static enum jsonata_kind failure_kind(const struct ev *ev)
{
    if (ev->failed_time)
        return JSONATA_TIMEOUT;
    if (ev->failed_memory)
        return JSONATA_MEMORY;
    return ev->failed_stack ? JSONATA_STACK : JSONATA_EVALUATION;
}

static enum jsonata_outcome fail(struct ev *ev, struct jsonata_error *err)
{
    if (err)
        report_fault(ev->p, &ev->t.fault, failure_kind(ev), err);
    return JSONATA_FAILED;
}

static enum jsonata_outcome fail_export(struct ev *ev, enum jn_code code, double value,
                                        struct jsonata_error *err)
{
    ev->t.fault = (struct fault){.code = code, .value = v_num(value)};
    ev->failed_memory = code == JN_U1001;
    ev->failed_stack = code == JN_D1011;
    enum jsonata_outcome outcome = fail(ev, err);
    if (err && code == JN_U1002)
        err->kind = JSONATA_SIZE;
    return outcome;
}

static enum jsonata_outcome hand_over(struct ev *ev, struct value v, size_t result_max,
                                      struct json **ret_value, struct jsonata_error *err)
{
    struct exporter x = {.ev = ev};
    if (v.tag == V_UNDEF)
        return JSONATA_UNDEFINED;
    if (v.tag == V_FUNC)
        return JSONATA_FUNCTION;
    struct json *json = export_value(&x, v, 0);
    if (!json)
        return fail_export(ev, x.code, INFINITY, err);
    if (result_max && json_text_size(json, result_max + 1) > result_max) {
        json_unref(json);
        return fail_export(ev, JN_U1002, (double)result_max, err);
    }
    *ret_value = json;
    return JSONATA_VALUE;
}

enum jsonata_outcome jsonata_evaluate(const struct jsonata *p, const struct jsonata_call *call,
                                      struct json **ret_value, struct jsonata_error *err,
                                      struct jsonata_usage *ret_usage)
{
    const struct jsonata_limits *limits = call->limits ? call->limits : &jsonata_limits_default;
    struct ev ev;
    memset(&ev, 0, offsetof(struct ev, untouched));
    ev.p = p;
    ev.call = call;
    ev.fuel = limits->steps && limits->steps < JN_FUEL ? (int)limits->steps : JN_FUEL;
    ev.steps_max = limits->steps;
    ev.depth_max = limits->depth;
    ev.stack_floor = (const char *)__builtin_frame_address(0) - limits->stack_bytes;
    ev.time_ms = limits->time_ms;
    ev.deadline = limits->time_ms ? clock_monotonic() + limits->time_ms : 0;
    jn_heap_init(&ev.heap, 0, limits->memory_bytes, memory_full);

    struct value v = UNDEF;
    enum jsonata_outcome outcome = try_evaluate(&ev, &v)
                                       ? hand_over(&ev, v, limits->result_bytes, ret_value, err)
                                       : fail(&ev, err);
    if (ret_usage)
        *ret_usage = (struct jsonata_usage){.memory_bytes =
                                                ev.heap.total - (size_t)(ev.heap.end - ev.heap.at),
                                            .steps = ev.steps + (uint64_t)(JN_FUEL - ev.fuel)};
    jn_heap_done(&ev.heap);
    regex_state_free(ev.match);
    regex_free_all(ev.regexes);
    for (size_t i = 0; i < ev.parsed_len; i++)
        json_unref(ev.parsed[i]);
    free(ev.parsed);
    return outcome;
}
