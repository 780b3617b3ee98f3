/* Runs the scripts of tests/cases/histories: README.md there describes their language.  Every script runs
 * three times: as it is, killed and continued after every commit, and the same with a commit after every
 * single step.  Each time it has to come out the same.
 *
 *     test_histories [NAME...]     only the scripts whose names contain one of these */
#include <dirent.h>
#include <errno.h>

#include "harness.h"

enum { NAMES_MAX = 32, EXECUTIONS_MAX = 16 };

struct script {
    const char *file;
    FILE *in;
    unsigned line;
    struct world w;
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

static void complain(struct script *s, const char *format, ...) PRINTF_LIKE(2, 3);

static void complain(struct script *s, const char *format, ...)
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

/* The next line without white space at its end; NULL at the end of the file; owned by the caller. */
static char *read_line(struct script *s)
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
static char *word(char **at)
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
static char *read_block(struct script *s)
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

static const char *outcome_text(enum engine_outcome outcome)
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
static void settle_result(struct script *s)
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

static void set_result(struct script *s, char *result /* takes */)
{
    free_p(&s->result);
    s->result = result;
    s->result_line = s->line;
    s->checked = false;
}

static void done(struct script *s, enum engine_outcome outcome)
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
static void command_result(struct script *s, char *rest)
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

static const char *machine_of(struct script *s, const char *execution)
{
    for (size_t i = 0; i < s->executions_len; i++)
        if (strcmp(s->executions[i].name, execution) == 0)
            return s->executions[i].machine;
    complain(s, "no execution was started under the name %s", execution);
    return "";
}

static const char *token_of(struct script *s, const char *name)
{
    for (size_t i = s->tokens_len; i-- > 0;)
        if (strcmp(s->tokens[i].name, name) == 0)
            return s->tokens[i].token;
    complain(s, "no token has the name %s", name);
    return "";
}

static void keep_token(struct script *s, const char *name, const char *token)
{
    assert_true(s->tokens_len < NAMES_MAX);
    snprintf(s->tokens[s->tokens_len].name, sizeof(s->tokens[0].name), "%s", name);
    s->tokens[s->tokens_len++].token = xstrdup(token);
}

/* ---- commands ---- */

static void command_limit(struct script *s, char *rest)
{
    char *name = word(&rest);

    if (s->opened || limits_set(&s->w.limits, name, rest) < 0)
        complain(s, "not a limit that can be set here");
}

static void command_concurrent(struct script *s, char *rest)
{
    (void)rest;
    s->concurrent = true;
}

static void command_machine(struct script *s, char *rest)
{
    char *name = word(&rest);
    CLEANUP(free_p) char *definition = read_block(s);
    struct asl_options options = {.type = ASL_STANDARD};
    struct asl_diagnostics d;
    struct asl_machine *m = NULL;

    asl_diagnostics_init(&d);
    if (asl_compile((struct text){definition, strlen(definition)}, &options, &m, &d) < 0) {
        struct strbuf sb;

        strbuf_init(&sb, 65536);
        asl_diagnostics_text(&d, &sb);
        complain(s, "bad definition: %s", sb.data);
        strbuf_done(&sb);
    }
    asl_machine_unref(m);
    asl_diagnostics_done(&d);
    done(s, world_create(&s->w, name, definition));
}

static void command_update(struct script *s, char *rest)
{
    char *name = word(&rest);
    CLEANUP(free_p) char *definition = read_block(s);

    call_machine(&s->call, ENGINE_UPDATE_MACHINE, name, definition);
    done(s, world_do(&s->w, &s->call));
}

static void command_delete(struct script *s, char *rest)
{
    call_init(&s->call, ENGINE_DELETE_MACHINE, word(&rest));
    done(s, world_do(&s->w, &s->call));
}

static void command_activity(struct script *s, char *rest)
{
    done(s, world_create_activity(&s->w, word(&rest)));
}

static void command_delete_activity(struct script *s, char *rest)
{
    call_init(&s->call, ENGINE_DELETE_ACTIVITY, word(&rest));
    done(s, world_do(&s->w, &s->call));
}

static void command_start(struct script *s, char *rest)
{
    char *machine = word(&rest);
    char *name = word(&rest);

    assert_true(s->executions_len < EXECUTIONS_MAX);
    snprintf(s->executions[s->executions_len].machine, 81, "%s", machine);
    snprintf(s->executions[s->executions_len++].name, 81, "%s", name);
    done(s, world_start(&s->w, machine, name, *rest ? rest : "{}"));
}

static void command_stop(struct script *s, char *rest)
{
    char *name = word(&rest);
    char *error = word(&rest);

    done(s,
         world_stop(&s->w, machine_of(s, name), name, *error ? error : NULL, *rest ? rest : NULL));
}

static void command_redrive(struct script *s, char *rest)
{
    char *name = word(&rest);
    char *token = word(&rest);

    done(s, world_redrive(&s->w, machine_of(s, name), name, *token ? token : NULL, &s->call));
}

/* poll ACTIVITY [as WORKER] -> TOKEN */
static void command_poll(struct script *s, char *rest)
{
    char *activity = word(&rest);
    char *next = word(&rest);
    char *worker = NULL;

    if (strcmp(next, "as") == 0) {
        worker = word(&rest);
        next = word(&rest);
    }

    enum engine_outcome outcome = world_poll(&s->w, activity, worker, &s->call);

    if (outcome == ENGINE_OK && !s->call.token)
        set_result(s, xstrdup("no task"));
    else
        done(s, outcome);
    if (s->call.token)
        keep_token(s, strcmp(next, "->") == 0 ? rest : "", s->call.token);
}

static void task_command(struct script *s, enum engine_command_type type, const char *token,
                         const char *first, const char *second)
{
    done(s, world_task(&s->w, type, token_of(s, token), first, second, &s->call));
}

static void command_success(struct script *s, char *rest)
{
    char *token = word(&rest);

    task_command(s, ENGINE_TASK_SUCCESS, token, *rest ? rest : "{}", NULL);
}

static void command_failure(struct script *s, char *rest)
{
    char *token = word(&rest);
    char *error = word(&rest);

    task_command(s, ENGINE_TASK_FAILURE, token, *error ? error : NULL, *rest ? rest : NULL);
}

static void command_heartbeat(struct script *s, char *rest)
{
    task_command(s, ENGINE_TASK_HEARTBEAT, word(&rest), NULL, NULL);
}

/* success JSON, failure [ERROR [CAUSE]], never */
static struct fake_outcome read_outcome(struct script *s, char *rest)
{
    char *kind = word(&rest);

    if (strcmp(kind, "never") == 0)
        return (struct fake_outcome){0};
    if (strcmp(kind, "success") == 0)
        return (struct fake_outcome){.kind = FAKE_SUCCESS, .output = rest};
    if (strcmp(kind, "failure") != 0)
        complain(s, "success, failure or never");

    char *error = word(&rest);

    return (struct fake_outcome){
        .kind = FAKE_FAILURE, .error = *error ? error : NULL, .cause = *rest ? rest : NULL};
}

static void command_task(struct script *s, char *rest)
{
    struct fake_outcome o = read_outcome(s, rest);

    world_outcome(&s->w, o.kind, o.output, o.error, o.cause);
}

/* Request NUMBER, from 1, ends now. */
static void command_finish(struct script *s, char *rest)
{
    size_t number = (size_t)strtoul(word(&rest), NULL, 10);
    struct fake_outcome o = read_outcome(s, rest);

    if (number < 1 || number > s->w.requests_len) {
        complain(s, "there were %zu requests", s->w.requests_len);
        return;
    }

    struct fake_request *r = &s->w.requests[number - 1];

    fake_finish(&s->w, s->w.engine, r, &o);
    note_answers(&s->w);
    (void)world_tick(&s->w);
    world_settle(&s->w);
}

/* request NUMBER TEXT: what the engine asked for; request NUMBER cancelled; request NUMBER -> TOKEN */
static void command_request(struct script *s, char *rest)
{
    size_t number = (size_t)strtoul(word(&rest), NULL, 10);

    if (number < 1 || number > s->w.requests_len) {
        complain(s, "there were %zu requests", s->w.requests_len);
        return;
    }

    struct fake_request *r = &s->w.requests[number - 1];

    if (strcmp(rest, "cancelled") == 0) {
        if (r->open) /* neither answered, nor cancelled, nor lost with its process */
            complain(s, "the request is still open");
    } else if (strncmp(rest, "-> ", 3) == 0) {
        keep_token(s, rest + 3, r->token);
    } else if (strcmp(rest, r->input) != 0) {
        complain(s, "asked for: %s", r->input);
    }
}

static void command_requests(struct script *s, char *rest)
{
    if ((size_t)strtoul(rest, NULL, 10) != s->w.requests_len)
        complain(s, "there were %zu requests", s->w.requests_len);
}

static void command_advance(struct script *s, char *rest)
{
    world_advance(&s->w, (int64_t)(strtod(rest, NULL) * 1000 + 0.5));
}

static void command_restart(struct script *s, char *rest)
{
    (void)rest;
    world_kill(&s->w);
    world_settle(&s->w);
}

/* ---- history ---- */

/* Prints an event as a script would have it. */
static void print_event(const struct seen_event *ev)
{
    const struct event_type_info *info = event_type_info(ev->type);
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addf(&sb, "%lld %s <-%lld @%.3f ", (long long)ev->id, info->name,
                (long long)ev->previous, (double)(ev->time_ms - START) / 1000);
    if (strcmp(ev->details, "{}") != 0 || ev->payload) {
        strbuf_add(&sb, ev->details, strlen(ev->details) - 1);
        if (ev->payload) {
            strbuf_addf(&sb, "%s\"%s\":", sb.data[sb.len - 1] == '{' ? "" : ",", info->payload);
            strbuf_add_json(&sb, ev->payload, strlen(ev->payload));
        }
        strbuf_addc(&sb, '}');
    }
    fprintf(stderr, "    %s\n", sb.data);
    strbuf_done(&sb);
}

/* A member that the event shows as text: given as text, or as the JSON that the text is. */
static bool same_text(const struct json *expected, const char *text)
{
    CLEANUP(free_p) char *printed = NULL;

    if (json_is(expected, JSON_STRING))
        return strcmp(json_str(expected, NULL), text) == 0;
    printed = json_text(expected, LIMIT_VALUE_BYTES, NULL);
    return strcmp(printed, text) == 0;
}

/* Compares the members given; exactly: there must be no others. */
static bool same_details(const struct seen_event *ev, const struct json *expected, bool exactly)
{
    const struct event_type_info *info = event_type_info(ev->type);
    CLEANUP(json_unref_p)
    struct json *details =
        json_parse(ev->details, strlen(ev->details), JSON_PARSE_REJECT_DUPLICATES, NULL);
    size_t members = json_len(details) + (ev->payload ? 1 : 0);

    assert_non_null(details);
    for (size_t i = 0; i < json_len(expected); i++) {
        const char *key = json_str(json_key_at(expected, i), NULL);
        const struct json *want = json_member_at(expected, i);
        const struct json *have = json_gets(details, key);

        if (ev->payload && strcmp(key, info->payload) == 0) {
            if (!same_text(want, ev->payload))
                return false;
        } else if (!have || (json_is(have, JSON_STRING) ? !same_text(want, json_str(have, NULL))
                                                        : !json_equal(have, want))) {
            return false;
        }
    }
    return !exactly || members == json_len(expected);
}

/* ID TYPE <-PREVIOUS [@SECONDS] [DETAILS | =DETAILS]; returns false with the reason told. */
static bool check_event(struct script *s, char *line, const struct seen_event *ev)
{
    char *id = word(&line);
    char *type = word(&line);
    char *previous = word(&line);
    char expected[64];

    snprintf(expected, sizeof(expected), "<-%lld", (long long)ev->previous);
    if (strtoll(id, NULL, 10) != ev->id || strcmp(type, event_type_info(ev->type)->name) != 0 ||
        strcmp(previous, expected) != 0) {
        complain(s, "expected %s %s %s", id, type, previous);
        return false;
    }
    if (*line == '@') {
        char *at = word(&line) + 1;

        if (START + (int64_t)(strtod(at, NULL) * 1000 + 0.5) != ev->time_ms) {
            complain(s, "expected %s at %s s", type, at);
            return false;
        }
    }
    if (!*line)
        return true;

    bool exactly = *line == '=';
    const char *text = exactly ? line + 1 : line;
    CLEANUP(json_unref_p)
    struct json *details = json_parse(text, strlen(text), JSON_PARSE_REJECT_DUPLICATES, NULL);

    if (!json_is(details, JSON_OBJECT)) {
        complain(s, "not an object: %s", text);
        return false;
    }
    if (!same_details(ev, details, exactly)) {
        complain(s, "expected %s %s %s", id, type, line);
        return false;
    }
    return true;
}

/* history EXECUTION [from ID] */
static void command_history(struct script *s, char *rest)
{
    char *name = word(&rest);
    int64_t from = 1;
    struct arena a;
    struct store_execution row;
    struct seen_history h = {0};
    size_t at = 0;
    bool good = true;
    char *line;

    if (strcmp(word(&rest), "from") == 0)
        from = strtoll(rest, NULL, 10);
    arena_init(&a);
    if (!world_execution(&s->w, &a, machine_of(s, name), name, &row))
        complain(s, "there is no execution %s", name);
    else
        world_history(&s->w, row.id, from, &h);
    while ((line = read_line(s)) && strcmp(line, "end") != 0) {
        if (*line && *line != '#' && good) {
            if (at == h.len)
                complain(s, "the history ends before this event");
            good = at < h.len && check_event(s, line, &h.events[at]);
            at++;
        }
        free(line);
    }
    free(line);
    if (good && at < h.len) {
        complain(s, "the history goes on");
        good = false;
    }
    if (!good) {
        fprintf(stderr, "  the history is:\n");
        for (size_t i = 0; i < h.len; i++)
            print_event(&h.events[i]);
    }
    seen_history_done(&h);
    arena_done(&a);
}

/* ---- describe ---- */

struct description {
    struct script *s;
    struct arena *a;
    const struct store_execution *row;
    enum machine_status machine;
};

static const char *date_text(struct description *d, int64_t ms)
{
    char date[ISO_TIME_SIZE];

    return ms ? arena_printf(d->a, "%s", iso_time_format(ms, date)) : "-";
}

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static const char *show_status(struct description *d)
{
    return execution_status_name(d->row->status);
}

static const char *show_redrive_count(struct description *d)
{
    return arena_printf(d->a, "%lld", (long long)d->row->redrive_count);
}

static const char *show_start_date(struct description *d)
{
    return date_text(d, d->row->start_ms);
}

static const char *show_stop_date(struct description *d)
{
    return date_text(d, d->row->stop_ms);
}

static const char *show_redrive_date(struct description *d)
{
    return date_text(d, d->row->redrive_ms);
}

static const char *show_error(struct description *d)
{
    return or_dash(d->row->error);
}

static const char *show_cause(struct description *d)
{
    return or_dash(d->row->cause);
}

static const char *show_input(struct description *d)
{
    return or_dash(d->row->input.text.data);
}

static const char *show_output(struct description *d)
{
    return or_dash(d->row->output.text.data);
}

static enum redrive_reason reason_of(struct description *d)
{
    return redrive_check(d->row, d->machine, clock_now(d->s->w.clock), &d->s->w.limits);
}

static const char *show_redrive_status(struct description *d)
{
    return reason_of(d) == REDRIVE_OK ? "REDRIVABLE" : "NOT_REDRIVABLE";
}

static const char *show_redrive_reason(struct description *d)
{
    return or_dash(redrive_reason_text(reason_of(d)));
}

static const char *show_events(struct description *d)
{
    return arena_printf(d->a, "%lld", (long long)d->row->event_count);
}

static const char *show_checkpoints(struct description *d)
{
    struct store_branch *rows;
    size_t len;

    assert_int_equal(store_list_branches(d->s->w.store, d->a, d->row->id, &rows, &len), 0);
    return arena_printf(d->a, "%zu", len);
}

static const struct {
    const char *name;
    const char *(*show)(struct description *d);
} fields[] = {
    {"status", show_status},
    {"redriveCount", show_redrive_count},
    {"startDate", show_start_date},
    {"stopDate", show_stop_date},
    {"redriveDate", show_redrive_date},
    {"error", show_error},
    {"cause", show_cause},
    {"input", show_input},
    {"output", show_output},
    {"redriveStatus", show_redrive_status},
    {"redriveStatusReason", show_redrive_reason},
    {"events", show_events},
    {"checkpoints", show_checkpoints},
};

static void check_field(struct description *d, char *line)
{
    char *name = word(&line);

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (strcmp(fields[i].name, name) == 0) {
            const char *shown = fields[i].show(d);

            if (strcmp(shown, line) != 0)
                complain(d->s, "%s is %s", name, shown);
            return;
        }
    complain(d->s, "no such field: %s", name);
}

/* The lines up to end, or the one line behind the name. */
static void command_describe(struct script *s, char *rest)
{
    char *name = word(&rest);
    struct arena a;
    struct store_machine m;
    struct store_execution row;
    struct description d = {.s = s, .a = &a, .row = &row};
    bool found;
    char *line;

    arena_init(&a);
    found = world_execution(&s->w, &a, machine_of(s, name), name, &row) &&
            store_get_machine(s->w.store, &a, ACCOUNT, REGION, machine_of(s, name), &m) == 0;
    if (found)
        d.machine = m.status;
    if (strcmp(rest, "gone") == 0) {
        if (found)
            complain(s, "the execution is still there");
        arena_done(&a);
        return;
    }
    if (!found)
        complain(s, "there is no execution %s", name);
    if (*rest) {
        if (found)
            check_field(&d, rest);
        arena_done(&a);
        return;
    }
    while ((line = read_line(s)) && strcmp(line, "end") != 0) {
        if (found && *line && *line != '#')
            check_field(&d, line);
        free(line);
    }
    free(line);
    arena_done(&a);
}

/* ---- running ---- */

static const struct {
    const char *name;
    void (*run)(struct script *s, char *rest);
    bool before_open, looks_back;
} commands[] = {
    {"limit", command_limit, true, false},
    {"concurrent", command_concurrent, true, false},
    {"machine", command_machine, false, false},
    {"update", command_update, false, false},
    {"delete", command_delete, false, false},
    {"activity", command_activity, false, false},
    {"delete-activity", command_delete_activity, false, false},
    {"start", command_start, false, false},
    {"stop", command_stop, false, false},
    {"redrive", command_redrive, false, false},
    {"poll", command_poll, false, false},
    {"success", command_success, false, false},
    {"failure", command_failure, false, false},
    {"heartbeat", command_heartbeat, false, false},
    {"task", command_task, false, false},
    {"finish", command_finish, false, false},
    {"request", command_request, false, false},
    {"requests", command_requests, false, false},
    {"advance", command_advance, false, false},
    {"restart", command_restart, false, false},
    {"history", command_history, false, false},
    {"describe", command_describe, false, false},
    {"=>", command_result, false, true},
};

static void run_line(struct script *s, char *line)
{
    char *rest = line;
    char *name = word(&rest);

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (!commands[i].before_open && !s->opened) {
            s->w.kill = s->kill;
            if (s->concurrent)
                s->w.steps = 0;
            world_open(&s->w);
            s->opened = true;
        }
        if (!commands[i].looks_back) {
            settle_result(s);
            call_done(&s->call);
        }
        commands[i].run(s, rest);
        return;
    }
    complain(s, "no such command: %s", name);
}

static bool run_script(const char *file, bool kill, uint64_t steps)
{
    struct script s = {.file = file, .kill = kill, .checked = true};
    char *line;

    s.in = fopen(file, "r");
    if (!s.in)
        fail_msg("%s: %s", file, strerror(errno));
    world_init(&s.w);
    world_use_file(&s.w);
    s.w.steps = steps;
    while ((line = read_line(&s))) {
        char *text = line + strspn(line, " ");

        if (*text && *text != '#' && !s.failed)
            run_line(&s, text);
        free(line);
    }
    settle_result(&s);
    call_done(&s.call);
    if (!s.opened)
        complain(&s, "the script does nothing");
    for (size_t i = 0; i < s.tokens_len; i++)
        free(s.tokens[i].token);
    fclose(s.in);
    world_done(&s.w);
    return !s.failed;
}

static void test_script(void **state)
{
    const char *file = *state;
    bool good = run_script(file, false, 0);

    good = good && run_script(file, true, 0);
    good = good && run_script(file, true, 1);
    assert_true(good);
}

/* ---- finding ---- */

static const char *const folder = "tests/cases/histories";

static int is_script(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int len = scandir(folder, &entries, is_script, alphasort);

    if (len <= 0) {
        fprintf(stderr, "no scripts in %s\n", folder);
        return 1;
    }

    struct CMUnitTest *tests = xcalloc((size_t)len, sizeof(*tests));
    size_t count = 0;

    for (int i = 0; i < len; i++)
        if (is_wanted(entries[i]->d_name, argc, argv)) {
            tests[count++] = (struct CMUnitTest){
                .name = entries[i]->d_name,
                .test_func = test_script,
                .initial_state = xasprintf("%s/%s", folder, entries[i]->d_name),
            };
        }

    int failed = count ? _cmocka_run_group_tests("histories", tests, count, NULL, NULL) : 1;

    for (size_t i = 0; i < count; i++)
        free(tests[i].initial_state);
    free_p(&tests);
    for (int i = 0; i < len; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
