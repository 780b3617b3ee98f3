/* Which fields a state has, by type and language, as a table (reference/asl.md section 2). */
#include <string.h>

#include "asl/compile.h"

enum {
    TASK = 1 << ASL_TASK,
    WAIT = 1 << ASL_WAIT,
    PASS = 1 << ASL_PASS,
    SUCCEED = 1 << ASL_SUCCEED,
    FAIL = 1 << ASL_FAIL,
    CHOICE = 1 << ASL_CHOICE,
    PARALLEL = 1 << ASL_PARALLEL,
    MAP = 1 << ASL_MAP,
    ALL = (1 << ASL_STATE_TYPES) - 1,
    WORK = TASK | PARALLEL | MAP, /* the types that retry and catch */
    FLOW = WORK | PASS | WAIT,    /* the types with one way out */
};

static const struct state_field {
    const char *name;
    unsigned short types[2]; /* by language: the state types that have it */
} state_fields[] = {
    /*                       JSONPath             JSONata */
    {"Type", {ALL, ALL}},
    {"Comment", {ALL, ALL}},
    {"QueryLanguage", {ALL, ALL}},
    {"Next", {FLOW, FLOW}},
    {"End", {FLOW, FLOW}},

    {"InputPath", {ALL & ~FAIL, 0}},
    {"OutputPath", {ALL & ~FAIL, 0}},
    {"Parameters", {WORK | PASS, 0}},
    {"ResultSelector", {WORK, 0}},
    {"ResultPath", {WORK | PASS, 0}},
    {"Assign", {FLOW | CHOICE, FLOW | CHOICE}},
    {"Output", {0, ALL & ~FAIL}},
    {"Arguments", {0, TASK | PARALLEL}},
    {"Retry", {WORK, WORK}},
    {"Catch", {WORK, WORK}},

    {"Result", {PASS, 0}},
    {"Resource", {TASK, TASK}},
    {"TimeoutSeconds", {TASK, TASK}},
    {"TimeoutSecondsPath", {TASK, 0}},
    {"HeartbeatSeconds", {TASK, TASK}},
    {"HeartbeatSecondsPath", {TASK, 0}},
    {"Credentials", {TASK, TASK}},
    {"Seconds", {WAIT, WAIT}},
    {"SecondsPath", {WAIT, 0}},
    {"Timestamp", {WAIT, WAIT}},
    {"TimestampPath", {WAIT, 0}},
    {"Error", {FAIL, FAIL}},
    {"ErrorPath", {FAIL, 0}},
    {"Cause", {FAIL, FAIL}},
    {"CausePath", {FAIL, 0}},
    {"Choices", {CHOICE, CHOICE}},
    {"Default", {CHOICE, CHOICE}},
    {"Branches", {PARALLEL, PARALLEL}},

    {"ItemProcessor", {MAP, MAP}},
    {"Iterator", {MAP, 0}},
    {"ItemsPath", {MAP, 0}},
    {"Items", {0, MAP}},
    {"ItemSelector", {MAP, MAP}},
    {"MaxConcurrency", {MAP, MAP}},
    {"MaxConcurrencyPath", {MAP, 0}},
    {"ItemReader", {MAP, MAP}},
    {"ItemBatcher", {MAP, MAP}},
    {"ResultWriter", {MAP, MAP}},
    {"Label", {MAP, MAP}},
    {"ToleratedFailureCount", {MAP, MAP}},
    {"ToleratedFailureCountPath", {MAP, 0}},
    {"ToleratedFailurePercentage", {MAP, MAP}},
    {"ToleratedFailurePercentagePath", {MAP, 0}},
};

static const char *const language_names[] = {
    [ASL_JSONPATH] = "JSONPath", [ASL_JSONATA] = "JSONata"};

/* `here` and `there`: whether the language in use and the other one have the field. */
static void refuse_field(struct compiler *c, struct node object, const char *name, bool there,
                         enum asl_language language)
{
    if (there)
        schema_error(
            c, object.at, NULL,
            "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' "
            "QueryLanguage",
            language_names[language], name, language_names[!language]);
    else
        schema_error(c, object.at, NULL, "Field '%s' is not supported", name);
}

void check_fields(struct compiler *c, struct node object, const struct field *fields, size_t count,
                  enum asl_language language)
{
    unsigned bit = language == ASL_JSONATA ? FIELD_JSONATA : FIELD_JSONPATH;
    for (size_t i = 0; i < json_len(object.v); i++) {
        const struct json *key = json_key_at(object.v, i);
        unsigned languages = 0;
        for (size_t f = 0; f < count && !languages; f++)
            if (json_str_eq(key, fields[f].name))
                languages = fields[f].languages;
        if (!(languages & bit))
            refuse_field(c, object, json_str(key, NULL), languages != 0, language);
    }
}

void check_state_fields(struct compiler *c, struct node state)
{
    enum asl_language language = c->state->language;
    unsigned type = 1u << c->state->type;
    for (size_t i = 0; i < json_len(state.v); i++) {
        const struct json *key = json_key_at(state.v, i);
        const struct state_field *found = NULL;
        for (size_t f = 0; f < ARRAY_LEN(state_fields) && !found; f++)
            if (json_str_eq(key, state_fields[f].name))
                found = &state_fields[f];
        if (!found || !(found->types[language] & type))
            refuse_field(c, state, json_str(key, NULL), found && (found->types[!language] & type),
                         language);
    }
}

void list_names(struct strbuf *out, const char *const *names, size_t count)
{
    strbuf_addc(out, '[');
    for (size_t i = 0; i < count; i++)
        strbuf_addf(out, "%s%s", i ? ", " : "", names[i]);
    strbuf_addc(out, ']');
}

bool require_fields(struct compiler *c, struct node object, const char *const *names, size_t count)
{
    CLEANUP(strbuf_done) struct strbuf list;
    size_t absent = 0;
    strbuf_init(&list, 4096);
    for (size_t i = 0; i < count; i++)
        if (!json_gets(object.v, names[i]))
            strbuf_addf(&list, "%s%s", absent++ ? ", " : "", names[i]);
    if (absent)
        schema_error(c, object.at, NULL, "These fields are required: [%s]", list.data);
    return absent == 0;
}

const char *choose_field(struct compiler *c, struct node object, const char *const *names,
                         size_t count, bool needed)
{
    const char *found = NULL;
    size_t there = 0;
    for (size_t i = 0; i < count; i++) {
        if (!json_gets(object.v, names[i]))
            continue;
        found = found ? found : names[i];
        there++;
    }
    if (there > 1 || (there == 0 && needed)) {
        CLEANUP(strbuf_done) struct strbuf list;
        strbuf_init(&list, 4096);
        list_names(&list, names, count);
        schema_error(c, object.at, NULL, "%s one of these fields is %s: %s",
                     needed ? "Exactly" : "Only", needed ? "required" : "allowed", list.data);
        return NULL;
    }
    return found;
}
