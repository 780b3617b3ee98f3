#include "engine/arn.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/partition.h"

static const char *const kind_names[] = {
    [ARN_MACHINE] = "stateMachine", [ARN_EXECUTION] = "execution", [ARN_EXPRESS] = "express",
    [ARN_ACTIVITY] = "activity",    [ARN_MAP_RUN] = "mapRun",
};

const char *arn_kind_name(enum arn_kind kind)
{
    CHECK((size_t)kind < ARRAY_LEN(kind_names));
    return kind_names[kind];
}

/* Cuts the next part off *rest, up to the separator; NULL when there is none before the end. */
static char *cut(char **rest, char separator)
{
    char *part = *rest;
    char *end = strchr(part, separator);
    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return part;
}

/* Cuts everything behind the separator off a part; NULL when there is no separator. */
static char *cut_behind(char *part, char separator)
{
    char *at = strchr(part, separator);
    if (!at)
        return NULL;
    *at = '\0';
    return at + 1;
}

static bool parse_kind(const char *word, enum arn_kind *ret_kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (strcmp(word, kind_names[i]) == 0) {
            *ret_kind = (enum arn_kind)i;
            return true;
        }
    }
    return false;
}

static bool is_empty(const char *s)
{
    return s && !*s;
}

/* The part behind the resource type.  What the kind does not have stays NULL. */
static bool parse_resource(char *rest, struct arn *arn)
{
    if (arn->kind == ARN_MACHINE)
        arn->test_case = cut_behind(rest, '#');

    char *name = rest;
    char *behind = cut_behind(name, ':');
    if (arn->kind != ARN_ACTIVITY)
        arn->label = cut_behind(name, '/');
    arn->name = name;
    switch (arn->kind) {
    case ARN_MACHINE:
        arn->qualifier = behind;
        if (behind && arn->label)
            return false;
        break;
    case ARN_ACTIVITY:
        if (behind)
            return false;
        break;
    case ARN_EXECUTION:
    case ARN_MAP_RUN:
        arn->execution = behind;
        break;
    case ARN_EXPRESS:
        arn->execution = behind;
        if (!behind || !strchr(behind, ':'))
            return false;
        behind = NULL; /* a name and a UUID, kept together */
        break;
    }
    if (behind && strchr(behind, ':'))
        return false;
    if (arn->kind == ARN_MAP_RUN && !arn->label)
        return false;
    bool executed = arn->kind != ARN_MACHINE && arn->kind != ARN_ACTIVITY;
    return *arn->name && !is_empty(arn->label) && !is_empty(arn->qualifier) &&
           !is_empty(arn->test_case) && !is_empty(arn->execution) && (!executed || arn->execution);
}

int arn_parse(struct arena *a, const char *text, struct arn *ret_arn)
{
    if (strncmp(text, "arn:", 4) != 0)
        return ERR_INVALID;

    char *rest = arena_memdup(a, text + 4, strlen(text + 4));
    struct arn arn = {0};
    const char *partition = cut(&rest, ':');
    const char *service = partition ? cut(&rest, ':') : NULL;
    arn.region = service ? cut(&rest, ':') : NULL;
    arn.account = arn.region ? cut(&rest, ':') : NULL;
    const char *kind = arn.account ? cut(&rest, ':') : NULL;
    if (!kind || strncmp(partition, "aws", 3) != 0 || strcmp(service, "states") != 0)
        return ERR_INVALID;
    if (!*arn.region || !*arn.account || !parse_kind(kind, &arn.kind))
        return ERR_INVALID;
    if (!parse_resource(rest, &arn))
        return ERR_INVALID;

    *ret_arn = arn;
    return 0;
}

static bool is_number(const char *s)
{
    return s && s[strspn(s, "0123456789")] == '\0';
}

int64_t arn_version(const struct arn *arn)
{
    int64_t number = 0;
    if (!is_number(arn->qualifier))
        return 0;
    if (*arn->qualifier == '0')
        return INT64_MAX;
    for (const char *s = arn->qualifier; *s; s++) {
        if (number > INT64_MAX / 10 - 1)
            return INT64_MAX;
        number = number * 10 + (*s - '0');
    }
    return number;
}

const char *arn_alias(const struct arn *arn)
{
    return is_number(arn->qualifier) ? NULL : arn->qualifier;
}

enum { ACCOUNT_DIGITS = 12 };

/* Where the account of a role's ARN stands; NULL when it is none. */
static const char *role_account(const char *text)
{
    if (strncmp(text, "arn:aws", 7) != 0)
        return NULL;
    const char *at = strchr(text + 7, ':');
    if (!at || strncmp(at, ":iam::", 6) != 0)
        return NULL;
    const char *account = at + 6;
    at = account;
    for (int i = 0; i < ACCOUNT_DIGITS; i++, at++)
        if (*at < '0' || *at > '9')
            return NULL;
    return strncmp(at, ":role/", 6) == 0 && at[6] ? account : NULL;
}

bool arn_is_role(const char *text)
{
    return role_account(text) != NULL;
}

char *arn_role_account(const char *text)
{
    const char *account = role_account(text);
    return account ? xmemdup(account, ACCOUNT_DIGITS) : NULL;
}

void arn_write(struct strbuf *out, enum arn_kind kind, const char *region, const char *account,
               const char *name, const char *execution)
{
    strbuf_adds(out, "arn:");
    strbuf_adds(out, aws_partition(region));
    strbuf_adds(out, ":states:");
    strbuf_add_json_body(out, region, strlen(region));
    strbuf_addc(out, ':');
    strbuf_add_json_body(out, account, strlen(account));
    strbuf_addc(out, ':');
    strbuf_adds(out, arn_kind_name(kind));
    strbuf_addc(out, ':');
    strbuf_add_json_body(out, name, strlen(name));
    if (execution) {
        strbuf_addc(out, ':');
        strbuf_add_json_body(out, execution, strlen(execution));
    }
}
