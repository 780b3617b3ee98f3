/* ValidateStateMachineDefinition. */
#include <string.h>

#include "api/actions.h"
#include "asl/asl.h"

enum { DIAGNOSTICS_DEFAULT = 100 };

static void write_diagnostic(struct strbuf *out, const struct asl_diagnostic *d)
{
    reply_key(out, NULL);
    reply_open(out);
    reply_string(out, "code", d->code);
    reply_string(out, "location", d->location);
    reply_string(out, "message", d->message);
    reply_string(out, "severity", d->severity == ASL_ERROR ? "ERROR" : "WARNING");
    reply_close(out);
}

enum api_step action_validate_definition(struct api *api, struct api_call *call)
{
    const char *definition = request_string(call, "definition");
    const char *type = request_string(call, "type");
    const char *severity = request_string(call, "severity");
    size_t max = (size_t)request_int(call, "maxResults", 0);
    if (max == 0)
        max = DIAGNOSTICS_DEFAULT;

    struct asl_options options = {
        .type = type && strcmp(type, "EXPRESS") == 0 ? ASL_EXPRESS : ASL_STANDARD,
        .warnings = severity && strcmp(severity, "WARNING") == 0,
        .definition_bytes = api->limits.definition_bytes,
    };
    struct asl_machine *machine = NULL;
    struct asl_diagnostics diagnostics;
    asl_diagnostics_init(&diagnostics);
    struct text text = {definition, strlen(definition)};
    if (asl_compile(text, &options, &machine, &diagnostics) == 0)
        asl_machine_unref(machine);

    struct strbuf *out = &call->reply;
    strbuf_adds(out, "{\"diagnostics\":[");
    for (size_t i = 0; i < MIN(diagnostics.len, max); i++)
        write_diagnostic(out, &diagnostics.items[i]);
    strbuf_addc(out, ']');
    reply_string(out, "result", diagnostics.errors ? "FAIL" : "OK");
    reply_bool(out, "truncated", diagnostics.len > max);
    reply_close(out);
    asl_diagnostics_done(&diagnostics);
    return API_REPLIED;
}
