/* Runs the scripts of tests/cases/histories: README.md there describes their language.  Every
 * script runs three times: as it is, killed and continued after every commit, and the same with
 * a commit after every single step.  Each time it has to come out the same.
 *
 *     test_histories [NAME...]     only the scripts whose names contain one of these */
#include <dirent.h>
#include <errno.h>

#include "script_checks.h"

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

/* execution MACHINE EXECUTION: one that a task started. */
static void command_execution(struct script *s, char *rest)
{
    char *machine = word(&rest);

    assert_true(s->executions_len < EXECUTIONS_MAX);
    snprintf(s->executions[s->executions_len].machine, 81, "%s", machine);
    snprintf(s->executions[s->executions_len++].name, 81, "%s", word(&rest));
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

/* request NUMBER TEXT: what the engine asked for; request NUMBER cancelled; request NUMBER ->
 * TOKEN */
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

/* object BUCKET/KEY TEXT */
static void command_object(struct script *s, char *rest)
{
    char *name = word(&rest);

    s3_puts(&s->s3, name, rest);
}

/* refuse [PART] */
static void command_refuse(struct script *s, char *rest)
{
    s3_refuse_names(&s->s3, *rest ? rest : NULL);
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
    {"execution", command_execution, false, false},
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
    {"object", command_object, false, false},
    {"refuse", command_refuse, false, false},
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
    s3_init(&s.s3, &s.w);
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
    if (kill && s.w.kills == 0)
        complain(&s, "the server was never killed");
    for (size_t i = 0; i < s.tokens_len; i++)
        free(s.tokens[i].token);
    fclose(s.in);
    world_done(&s.w);
    s3_done(&s.s3);
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
