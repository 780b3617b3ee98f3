/* What a Map Run asks S3 for: the items of an ItemReader, the files of a ResultWriter (reference/asl.md
 * section 9, reference/redrive.md section 6).
 *
 *     MAP_RUN_READ:  listing or manifest --> objects --> items --> rows of captured items
 *     MAP_RUN_WRITE: rows of children --> files --> manifest.json
 *
 * Each is done with one request at a time.  What is captured is never read again; what was read halfway when
 * the process died is read anew.  A file that was put is noted in the run's row, so writing goes on behind
 * it; the file that was out then is put again, under the same key. */
#pragma once

#include "engine/gunzip.h"
#include "engine/item_reader.h"
#include "engine/map_run.h"

#define MAP_SOURCE_STATE "STATE_DATA" /* $$.Map.Item.Source of the state's input */

enum result_group { RESULTS_SUCCEEDED, RESULTS_FAILED, RESULTS_PENDING, RESULT_GROUPS };

/* Where writing stands: behind what is in objects already. */
struct result_cursor {
    enum result_group group;      /* RESULT_GROUPS: only the manifest is left */
    enum execution_status status; /* FAILED: which of its statuses */
    int64_t after;                /* id of the last child; PENDING: how many children */
    int64_t items;                /* PENDING: how many items they have */
    int64_t part;                 /* number of the next file of the group */
};

struct map_request {
    uint64_t id; /* 0: none is out */
    const struct asl_resource *resource;
    char *input; /* owned; NULL: it has left */
    size_t input_len, max_bytes;
};

struct map_objects {
    struct json *reader; /* evaluated parameters, owned; NULL: nothing is read */
    int64_t max_items;   /* 0: all */
    int64_t captured;    /* items in the store; -1: they are not there, or not all of them */
    struct json *writer; /* the same as reader */
    struct result_cursor written;
    struct json
        *files[RESULT_GROUPS]; /* in objects by now: arrays of {"Key":..., "Size":...}; owned */

    struct map_request request;
    bool swept;                  /* no captured item is in the store */
    bool slot;                   /* is one of those that may have objects in memory */
    struct map_reading *reading; /* owned; NULL: not begun */
    struct map_writing *writing;

    struct json *items; /* captured ones that were looked at last: owned */
    char *source;       /* theirs, owned */
    int64_t first;      /* place of the first of them */
};

/* What came of a request; the texts are borrowed, but output, which is taken by setting it to NULL. */
struct map_answer {
    enum task_outcome outcome;
    char *output;
    size_t len;
    const char *error, *cause;
};

/* ---- map_objects.c ---- */
/* What a new run reads and writes, its fields evaluated; nothing to do without either. */
MUST_USE int map_objects_open(struct map_run *run, struct payload *input, struct asl_error *err);
/* What its row says of that. */
void map_objects_restore(struct map_run *run, const char *text);
char *map_objects_text(const struct map_objects *o) MUST_USE;
void map_objects_free(struct map_run *run);
/* Gives up what is being read or written. */
void map_objects_stop(struct map_run *run);
/* A redrive: forgets what earlier attempts wrote, and, when no child was started, what they read. */
void map_objects_reopen(struct map_run *run);
/* Deletes some captured items; true: there may be more.  For those that nobody will ask for any more, before
 * the run is closed, and for what reading left behind. */
bool map_objects_sweep(struct map_run *run);

/* Whether the run may have objects in memory; it is made runnable when it may. */
bool map_objects_enter(struct map_run *run);
/* Asks, after the commit. */
void map_objects_request(struct map_run *run, const struct asl_resource *resource,
                         char *input /* takes */, size_t len, size_t max_bytes);
void map_objects_send(struct map_run *run);
/* False: no run asked for it. */
bool map_objects_answered(struct engine *e, uint64_t id, struct map_answer *answer);

/* Items, from the store or the state's input: how many, and one of them (borrowed until the next is asked
 * for).  ret_source (may be NULL) is what $$.Map.Item.Source shows. */
int64_t map_objects_count(const struct map_run *run);
const struct json *map_objects_item(struct map_run *run, int64_t index, const char **ret_source);
/* Captures the items of the state's input, for a run whose results are written when its parent is gone. */
void map_objects_capture(struct map_run *run);

extern const struct asl_resource map_get_object, map_list_objects, map_put_object;

/* ---- map_read.c: MAP_RUN_READ ---- */
bool map_read_step(struct map_run *run);
void map_read_answered(struct map_run *run, struct map_answer *answer);
void map_reading_free(struct map_reading *r);

/* ---- map_write.c: MAP_RUN_WRITE ---- */
bool map_writes(const struct map_run *run);
bool map_write_step(struct map_run *run);
void map_write_answered(struct map_run *run, struct map_answer *answer);
void map_writing_free(struct map_writing *w);

/* ---- map_results.c: what is written ---- */
/* A child as files show it. */
void map_result_entry(struct map_run *run, const struct store_execution *child, struct strbuf *out);
/* A child that was never started. */
void map_pending_entry(struct text input, struct strbuf *out);
/* Appends an output as the transformation wants it, elements separated by `separator`; returns how many
 * elements that were. */
size_t map_result_output(enum asl_writer_transformation how, struct text output,
                         const char *separator, struct strbuf *out);
