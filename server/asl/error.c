#include "asl/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

void asl_error_done(struct asl_error *e)
{
    if (!e)
        return;
    free(e->name);
    free(e->cause);
    free(e->location);
    *e = (struct asl_error){0};
}

void asl_error_set(struct asl_error *e, const char *name, const char *cause_format, ...)
{
    struct asl_error set = {.name = name ? xstrdup(name) : NULL};
    if (cause_format) {
        va_list ap;
        va_start(ap, cause_format);
        int n = vasprintf(&set.cause, cause_format, ap);
        va_end(ap);
        CHECK(n >= 0); /* as everywhere, running out of memory ends the program */
    }
    asl_error_done(e);
    *e = set;
}

void asl_error_move(struct asl_error *to, struct asl_error *from)
{
    if (to == from)
        return;
    asl_error_done(to);
    *to = *from;
    *from = (struct asl_error){0};
}

void asl_error_prefix(struct asl_error *e, const char *state, int64_t entered_event)
{
    if (e->no_prefix || !e->cause)
        return;
    char *cause =
        xasprintf("An error occurred while executing the state '%s' (entered at the event "
                  "id #%lld). %s",
                  state, (long long)entered_event, e->cause);
    free(e->cause);
    e->cause = cause;
}

/* Names that States.TaskFailed does not stand for: timeouts, and what only other states raise. */
static const char *const not_task_failures[] = {
    "States.Timeout",          "States.HeartbeatTimeout",
    "States.BranchFailed",     "States.ExceedToleratedFailureThreshold",
    "States.ItemReaderFailed", "States.ResultWriterFailed",
    "States.NoChoiceMatched",
};

static bool is_task_failure(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(not_task_failures); i++)
        if (!strcmp(name, not_task_failures[i]))
            return false;
    return true;
}

bool asl_error_matches(const struct asl_error *e, const char *const *names, size_t count)
{
    if (e->name && !strcmp(e->name, "States.Runtime"))
        return false; /* never handled, not even by its own name: reference/asl.md 11 */
    for (size_t i = 0; i < count; i++) {
        if (e->name && !strcmp(names[i], e->name))
            return true;
        if (!strcmp(names[i], "States.ALL"))
            return true;
        if (!strcmp(names[i], "States.TaskFailed") && is_task_failure(e->name))
            return true;
        if (e->heartbeat && !strcmp(names[i], "States.HeartbeatTimeout"))
            return true;
    }
    return false;
}

static void cut(char *text, size_t chars)
{
    size_t len = text ? strlen(text) : 0;
    size_t at = 0;

    while (at < len && chars > 0) {
        size_t size;

        (void)utf8_decode(text + at, len - at, &size);
        at += size;
        chars--;
    }
    if (at < len)
        text[at] = '\0';
}

void asl_error_cut(struct asl_error *e)
{
    cut(e->name, LIMIT_ERROR_CHARS);
    cut(e->cause, LIMIT_CAUSE_CHARS);
}
