#include "tasks/log_group.h"

#include <string.h>

/* What stands before the next colon; *at moves behind it.  TEXT_NONE when there is none. */
static struct text next_part(const char **at)
{
    const char *colon = strchr(*at, ':');

    if (!colon)
        return TEXT_NONE;

    struct text part = {*at, (size_t)(colon - *at)};

    *at = colon + 1;
    return part;
}

static bool equals(struct text t, const char *s)
{
    return t.data && t.len == strlen(s) && memcmp(t.data, s, t.len) == 0;
}

bool log_group_parse(const char *arn, struct log_group *ret_group)
{
    const char *at = arn;
    bool good = equals(next_part(&at), "arn");

    (void)next_part(&at); /* the partition */
    good &= equals(next_part(&at), "logs");

    struct text region = next_part(&at);
    struct text account = next_part(&at);

    good &= equals(next_part(&at), "log-group");

    struct text name = next_part(&at);

    if (!good || !region.len || !account.len || !name.len || strcmp(at, "*") != 0)
        return false;
    *ret_group = (struct log_group){region, account, name};
    return true;
}
