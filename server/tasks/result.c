#include "tasks/result.h"

#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "base/utf8.h"

/* The first max_chars characters of t. */
static struct text cut(struct text t, size_t max_chars)
{
    size_t at = 0;

    if (t.len <= max_chars)
        return t;
    for (size_t chars = 0; at < t.len && chars < max_chars; chars++) {
        size_t size;

        (void)utf8_decode(t.data + at, t.len - at, &size);
        at += size;
    }
    return (struct text){t.data, at};
}

void result_fail_text(struct arena *a, struct task_result *ret, struct text error,
                      struct text cause)
{
    error = cut(error, LIMIT_ERROR_CHARS);
    cause = cut(cause, LIMIT_CAUSE_CHARS);
    *ret = (struct task_result){
        .outcome = TASK_FAILED,
        .error = arena_memdup(a, error.data, error.len),
        .cause = {arena_memdup(a, cause.data, cause.len), cause.len},
    };
}

void result_fail(struct arena *a, struct task_result *ret, const char *error, const char *format,
                 ...)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    va_list ap;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    va_start(ap, format);
    strbuf_vaddf(&sb, format, ap);
    va_end(ap);
    result_fail_text(a, ret, (struct text){error, strlen(error)}, (struct text){sb.data, sb.len});
}

void result_too_large(struct arena *a, struct task_result *ret, const char *what)
{
    result_fail(a, ret, "States.DataLimitExceeded",
                "The state/task '%s' returned a result with a size exceeding the maximum number of "
                "bytes service limit.",
                what);
}
