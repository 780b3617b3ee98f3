/* A script of tests/cases/histories while it runs: its lines, the names it gave, and what came of
 * its last command. */
#pragma once

#include "fake_s3.h"

enum { NAMES_MAX = 32, EXECUTIONS_MAX = 32 };

struct script {
    const char *file;
    FILE *in;
    unsigned line;
    struct world w;
    struct fake_s3 s3;
    bool opened, kill;
    bool concurrent; /* the order of events depends on how long one runs before the next */
    bool failed;

    struct {
        char name[32];
        char *token; /* owned */
    } tokens[NAMES_MAX];
    size_t tokens_len;
    struct {
        char machine[81], name[81];
    } executions[EXECUTIONS_MAX];
    size_t executions_len;

    char *result; /* of the last command, as => compares it; owned */
    bool checked; /* it was compared, or has nothing to compare */
    unsigned result_line;
    struct call call; /* the last one */
};

static inline void complain(struct script *s, const char *format, ...) PRINTF_LIKE(2, 3);

static inline void complain(struct script *s, const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "%s:%u: %s", s->file, s->line,
            s->kill ? s->w.steps ? "(killed at every step) " : "(killed) " : "");
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    s->failed = true;
}

/* ---- reading ---- */

/* The next line without white space at its end; NULL at the end of the file; owned by the
 * caller. */
static inline char *read_line(struct script *s)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = getline(&line, &cap, s->in);

    if (len < 0) {
        free(line);
        return NULL;
    }
    s->line++;
    while (len > 0 && strchr(" \r\n", line[len - 1]))
        line[--len] = '\0';
    return line;
}

/* The next word of *at, which moves behind it; "" when there is none. */
static inline char *word(char **at)
{
    char *start = *at + strspn(*at, " ");
    size_t len = strcspn(start, " ");

    *at = start + len;
    if (**at) {
        **at = '\0';
        ++*at;
    }
    *at += strspn(*at, " ");
    return start;
}

/* The lines up to "end", joined by newlines. */
static inline char *read_block(struct script *s)
{
    struct strbuf sb;
    char *line;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    while ((line = read_line(s)) && strcmp(line, "end") != 0) {
        if (sb.len > 0)
            strbuf_addc(&sb, '\n');
        strbuf_adds(&sb, line);
        free(line);
    }
    if (!line)
        complain(s, "a block without end");
    free(line);
    return strbuf_take(&sb, NULL);
}

/* ---- results ---- */

static inline const char *outcome_text(enum engine_outcome outcome)
{
    static const char *const texts[] = {
        [ENGINE_OK] = "ok",
        [ENGINE_NO_MACHINE] = "no machine",
        [ENGINE_MACHINE_DELETING] = "machine deleting",
        [ENGINE_MACHINE_EXISTS] = "machine exists",
        [ENGINE_MACHINE_LIMIT] = "machine limit",
        [ENGINE_BAD_DEFINITION] = "bad definition",
        [ENGINE_NOTHING_TO_UPDATE] = "nothing to update",
        [ENGINE_NO_EXECUTION] = "no execution",
        [ENGINE_EXECUTION_EXISTS] = "execution exists",
        [ENGINE_EXECUTION_LIMIT] = "execution limit",
        [ENGINE_NOT_REDRIVABLE] = "not redrivable",
        [ENGINE_NO_ACTIVITY] = "no activity",
        [ENGINE_ACTIVITY_EXISTS] = "activity exists",
        [ENGINE_ACTIVITY_LIMIT] = "activity limit",
        [ENGINE_WORKER_LIMIT] = "worker limit",
        [ENGINE_BAD_TOKEN] = "bad token",
        [ENGINE_TASK_CLOSED] = "closed",
        [ENGINE_TOO_MANY_TAGS] = "too many tags",
        [ENGINE_STOPPING] = "stopping",
    };

    return texts[outcome];
}

/* What was not compared has to be "ok". */
static inline void settle_result(struct script *s)
{
    if (s->result && !s->checked && strcmp(s->result, "ok") != 0) {
        unsigned line = s->line;

        s->line = s->result_line;
        complain(s, "came to: %s", s->result);
        s->line = line;
    }
    free_p(&s->result);
    s->checked = true;
}

static inline void set_result(struct script *s, char *result /* takes */)
{
    free_p(&s->result);
    s->result = result;
    s->result_line = s->line;
    s->checked = false;
}

static inline void done(struct script *s, enum engine_outcome outcome)
{
    if (outcome == ENGINE_NOT_REDRIVABLE)
        set_result(
            s, xasprintf("not redrivable: %s", redrive_reason_text(s->call.c.u.redrive.reason)));
    else if (outcome == ENGINE_TASK_CLOSED)
        set_result(s, xasprintf("closed %s", s->call.resource));
    else
        set_result(s, xstrdup(outcome_text(outcome)));
    world_settle(&s->w);
}

/* => TEXT, => input TEXT, => at DATE */
static inline void command_result(struct script *s, char *rest)
{
    char date[ISO_TIME_SIZE];

    s->checked = true;
    if (strncmp(rest, "at ", 3) == 0) {
        iso_time_format(s->call.c.u.redrive.date_ms, date);
        if (strcmp(s->result, "ok") != 0 || strcmp(date, rest + 3) != 0)
            complain(s, "came to: %s at %s", s->result, date);
    } else if (strncmp(rest, "input ", 6) == 0) {
        if (!s->call.input || strcmp(s->call.input, rest + 6) != 0)
            complain(s, "the task's input is %s", s->call.input ? s->call.input : "-");
        s->checked = strcmp(s->result, "ok") == 0;
    } else if (strcmp(s->result, rest) != 0) {
        complain(s, "came to: %s", s->result);
    }
}

/* ---- names ---- */

static inline const char *machine_of(struct script *s, const char *execution)
{
    for (size_t i = 0; i < s->executions_len; i++)
        if (strcmp(s->executions[i].name, execution) == 0)
            return s->executions[i].machine;
    complain(s, "no execution was started under the name %s", execution);
    return "";
}

static inline const char *token_of(struct script *s, const char *name)
{
    for (size_t i = s->tokens_len; i-- > 0;)
        if (strcmp(s->tokens[i].name, name) == 0)
            return s->tokens[i].token;
    complain(s, "no token has the name %s", name);
    return "";
}

static inline void keep_token(struct script *s, const char *name, const char *token)
{
    assert_true(s->tokens_len < NAMES_MAX);
    snprintf(s->tokens[s->tokens_len].name, sizeof(s->tokens[0].name), "%s", name);
    s->tokens[s->tokens_len++].token = xstrdup(token);
}
