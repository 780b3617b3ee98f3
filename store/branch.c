/* The checkpoints of running and unsuccessful executions. */
#include "store/internal.h"

static void bind_branch_range(sqlite3_stmt *st, int64_t execution)
{
    bind_int(st, 1, number_key(execution, 0));
    bind_int(st, 2, number_key(execution + 1, 0));
}

int store_put_branch(struct store *s, int64_t execution, const struct store_branch *b)
{
    sqlite3_stmt *st = statement_get(s, STMT_PUT_BRANCH);

    CHECK(b->number < 1U << NUMBER_KEY_BITS);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, number_key(execution, b->number));
    bind_int(st, 2, b->parent);
    bind_int(st, 3, b->slot);
    bind_int(st, 4, b->status);
    bind_int(st, 5, b->phase);
    bind_str(st, 6, b->state);
    bind_int(st, 7, b->entered_event);
    bind_int(st, 8, b->entered_ms);
    bind_int(st, 9, b->previous);
    bind_store_text(st, 10, &b->input);
    bind_store_text(st, 11, &b->work);
    bind_store_text(st, 12, &b->output);
    bind_str(st, 13, b->variables);
    bind_str(st, 14, b->details);
    return statement_run(s, st);
}

int store_delete_branch(struct store *s, int64_t execution, uint32_t number)
{
    return statement_run_for(s, STMT_DELETE_BRANCH, number_key(execution, number));
}

int store_delete_branches(struct store *s, int64_t execution)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_BRANCHES);

    if (!st)
        return ERR_DB;

    bind_branch_range(st, execution);
    return statement_run(s, st);
}

static int read_branch(struct store *s, sqlite3_stmt *st, struct arena *a, int64_t execution,
                       struct store_branch *ret_branch)
{
    struct store_branch b = {
        .number = (uint32_t)(sqlite3_column_int64(st, 0) & ((1 << NUMBER_KEY_BITS) - 1)),
        .parent = (uint32_t)sqlite3_column_int64(st, 1),
        .slot = sqlite3_column_int64(st, 2),
        .status = sqlite3_column_int(st, 3),
        .phase = sqlite3_column_int(st, 4),
        .state = column_str(st, 5, a),
        .entered_event = sqlite3_column_int64(st, 6),
        .entered_ms = sqlite3_column_int64(st, 7),
        .previous = sqlite3_column_int64(st, 8),
        .variables = column_str(st, 12, a),
        .details = column_str(st, 13, a),
    };
    struct store_text *texts[] = {&b.input, &b.work, &b.output};

    for (int i = 0; i < (int)ARRAY_LEN(texts); i++) {
        int r = column_store_text(s, st, 9 + i, a, execution, texts[i]);

        if (r < 0)
            return r;
    }
    *ret_branch = b;
    return 0;
}

int store_list_branches(struct store *s, struct arena *a, int64_t execution,
                        struct store_branch **ret_branches, size_t *ret_len)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_BRANCHES);
    struct store_branch *branches = NULL;
    size_t len = 0;
    size_t cap = 0;
    int r;

    if (!st)
        return ERR_DB;

    bind_branch_range(st, execution);
    while ((r = statement_row(s, st)) > 0) {
        branches = array_grow(a, branches, len, &cap, sizeof(*branches));
        r = read_branch(s, st, a, execution, &branches[len]);
        if (r < 0) {
            (void)sqlite3_reset(st);
            return r;
        }
        len++;
    }
    if (r < 0)
        return r;

    *ret_branches = branches;
    *ret_len = len;
    return 0;
}
