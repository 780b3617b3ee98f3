/* The fields of a Map in DISTRIBUTED mode (reference/asl.md section 9). */
#include <stdint.h>
#include <string.h>

#include "asl/compile.h"
#include "base/utf8.h"

static const struct field reader_fields[] = {
    {"Resource", FIELD_BOTH},
    {"Parameters", FIELD_JSONPATH},
    {"Arguments", FIELD_JSONATA},
    {"ReaderConfig", FIELD_BOTH},
};

static const struct field reader_config_fields[] = {
    {"InputType", FIELD_BOTH},        {"ManifestType", FIELD_BOTH},
    {"Transformation", FIELD_BOTH},   {"CSVHeaderLocation", FIELD_BOTH},
    {"CSVHeaders", FIELD_BOTH},       {"CSVDelimiter", FIELD_BOTH},
    {"MaxItems", FIELD_BOTH},         {"ItemsPointer", FIELD_BOTH},
    {"MaxItemsPath", FIELD_JSONPATH},
};

static const struct field batcher_fields[] = {
    {"BatchInput", FIELD_BOTH},
    {"MaxItemsPerBatch", FIELD_BOTH},
    {"MaxItemsPerBatchPath", FIELD_JSONPATH},
    {"MaxInputBytesPerBatch", FIELD_BOTH},
    {"MaxInputBytesPerBatchPath", FIELD_JSONPATH},
};

static const struct field writer_fields[] = {
    {"Resource", FIELD_BOTH},
    {"Parameters", FIELD_JSONPATH},
    {"Arguments", FIELD_JSONATA},
    {"WriterConfig", FIELD_BOTH},
};

static const struct field writer_config_fields[] = {
    {"Transformation", FIELD_BOTH},
    {"OutputType", FIELD_BOTH},
};

/* ---- Label ---- */

static bool is_label_char(uint32_t cp)
{
    if (cp <= 0x20 || (cp >= 0x7F && cp <= 0xA0) || cp == 0xFFFE || cp == 0xFFFF)
        return false;
    return cp >= 0x80 || !strchr("?*<>{}[]:;,\\|^~$#%&`\"/", (int)cp);
}

static const char *compile_label(struct compiler *c, struct node n)
{
    size_t len;
    if (!node_is(c, n, JSON_STRING))
        return NULL;
    const char *s = json_str(n.v, &len);
    if (len == 0) {
        schema_error(c, n.at, NULL, "Value cannot be empty");
        return NULL;
    }
    for (size_t i = 0, size; i < len; i += size) {
        if (!is_label_char(utf8_decode(s + i, len - i, &size))) {
            schema_error(c, n.at, NULL, "Value contains an invalid character");
            return NULL;
        }
    }
    return node_short(c, n, 40) ? s : NULL;
}

/* ---- ItemReader ---- */

static void compile_io_resource(struct compiler *c, struct node n, enum resource_use use,
                                struct asl_resource *ret_resource)
{
    const char *arn;
    if (node_string(c, n, &arn) && !resource_parse(arn, use, &c->m->arena, ret_resource))
        schema_error(
            c, n.at, NULL,
            "The resource provided %s is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region.",
            arn);
}

static const struct json *compile_headers(struct compiler *c, struct node n)
{
    if (!node_is(c, n, JSON_ARRAY))
        return NULL;
    if (json_len(n.v) == 0)
        schema_error(c, n.at, NULL, "Value cannot be empty");
    for (size_t i = 0; i < json_len(n.v); i++)
        if (!node_is(c, node_at(c, n, i), JSON_STRING))
            return NULL;
    return n.v;
}

static void compile_reader_config(struct compiler *c, struct node n, struct asl_item_reader *r)
{
    static const char *const inputs[] = {"CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"};
    static const char *const manifests[] = {"ATHENA_DATA", "S3_INVENTORY"};
    static const char *const headers[] = {"FIRST_ROW", "GIVEN"};
    static const char *const delimiters[] = {"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"};
    static const char *const transformations[] = {"NONE", "LOAD_AND_FLATTEN"};
    static const char *const given[] = {"CSVHeaders"};
    static const struct quantity max_items = {"MaxItems", "MaxItemsPath", 0, INT32_MAX, false};
    size_t word;
    if (!node_is(c, n, JSON_OBJECT))
        return;
    check_fields(c, n, reader_config_fields, ARRAY_LEN(reader_config_fields), c->state->language);
    if (node_word(c, node_get(c, n, "InputType"), inputs, ARRAY_LEN(inputs), &word))
        r->input_type = (enum asl_input_type)(ASL_CSV + word);
    if (node_word(c, node_get(c, n, "ManifestType"), manifests, ARRAY_LEN(manifests), &word))
        r->manifest_type = (enum asl_manifest_type)(ASL_ATHENA_DATA + word);
    if (node_word(c, node_get(c, n, "CSVHeaderLocation"), headers, ARRAY_LEN(headers), &word))
        r->csv_header = (enum asl_csv_header)(ASL_FIRST_ROW + word);
    if (node_word(c, node_get(c, n, "CSVDelimiter"), delimiters, ARRAY_LEN(delimiters), &word))
        r->csv_delimiter = (enum asl_csv_delimiter)(ASL_COMMA + word);
    if (node_word(c, node_get(c, n, "Transformation"), transformations, ARRAY_LEN(transformations),
                  &word))
        r->load_and_flatten = word == 1;
    r->csv_headers = compile_headers(c, node_get(c, n, "CSVHeaders"));
    if (r->csv_header == ASL_GIVEN)
        (void)require_fields(c, n, given, ARRAY_LEN(given));
    r->max_items = compile_quantity(c, n, &max_items);
    (void)node_string(c, node_get(c, n, "ItemsPointer"), &r->items_pointer);
}

static struct node parameters_of(struct compiler *c, struct node n)
{
    return node_get(c, n, c->state->language == ASL_JSONATA ? "Arguments" : "Parameters");
}

static struct asl_item_reader *compile_reader(struct compiler *c, struct node n)
{
    static const char *const required[] = {"Resource"};
    if (!node_is(c, n, JSON_OBJECT))
        return NULL;
    struct asl_item_reader *r = arena_alloc(&c->m->arena, sizeof(*r));
    check_fields(c, n, reader_fields, ARRAY_LEN(reader_fields), c->state->language);
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    compile_io_resource(c, node_get(c, n, "Resource"), RESOURCE_READER, &r->resource);
    r->parameters = compile_template(c, parameters_of(c, n), 0);
    compile_reader_config(c, node_get(c, n, "ReaderConfig"), r);
    return r;
}

/* ---- ItemBatcher and ResultWriter ---- */

static struct asl_item_batcher *compile_batcher(struct compiler *c, struct node n)
{
    static const struct quantity items = {"MaxItemsPerBatch", "MaxItemsPerBatchPath", 1, 100000000,
                                          false};
    static const struct quantity bytes = {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", 1,
                                          262144, false};
    if (!node_is(c, n, JSON_OBJECT))
        return NULL;
    struct asl_item_batcher *b = arena_alloc(&c->m->arena, sizeof(*b));
    check_fields(c, n, batcher_fields, ARRAY_LEN(batcher_fields), c->state->language);
    b->max_items = compile_quantity(c, n, &items);
    b->max_bytes = compile_quantity(c, n, &bytes);
    b->batch_input = compile_template(c, node_get(c, n, "BatchInput"), 0);
    bool bounded = false;
    for (size_t i = 1; i < ARRAY_LEN(batcher_fields); i++)
        bounded = bounded || json_gets(n.v, batcher_fields[i].name);
    if (!bounded)
        schema_error(c, n.at, NULL,
                     "At least one of these fields is required: [MaxItemsPerBatch, "
                     "MaxInputBytesPerBatch]");
    return b;
}

static struct asl_result_writer *compile_writer(struct compiler *c, struct node n)
{
    static const char *const transformations[] = {"NONE", "COMPACT", "FLATTEN"};
    static const char *const outputs[] = {"JSON", "JSONL"};
    static const char *const names[] = {"Resource", "WriterConfig"};
    size_t word;
    if (!node_is(c, n, JSON_OBJECT))
        return NULL;
    struct asl_result_writer *w = arena_alloc(&c->m->arena, sizeof(*w));
    check_fields(c, n, writer_fields, ARRAY_LEN(writer_fields), c->state->language);
    struct node resource = node_get(c, n, names[0]);
    struct node config = node_get(c, n, names[1]);
    if (!resource.v && !config.v)
        (void)require_fields(c, n, names, 1);
    w->exports = resource.v != NULL;
    compile_io_resource(c, resource, RESOURCE_WRITER, &w->resource);
    w->parameters = compile_template(c, parameters_of(c, n), 0);
    if (!node_is(c, config, JSON_OBJECT))
        return w;
    check_fields(c, config, writer_config_fields, ARRAY_LEN(writer_config_fields),
                 c->state->language);
    if (node_word(c, node_get(c, config, "Transformation"), transformations,
                  ARRAY_LEN(transformations), &word))
        w->transformation = (enum asl_writer_transformation)(ASL_WRITE_NONE + word);
    if (node_word(c, node_get(c, config, "OutputType"), outputs, ARRAY_LEN(outputs), &word))
        w->jsonl = word == 1;
    return w;
}

/* ---- the whole ---- */

void compile_distributed(struct compiler *c, struct asl_state *s, struct node n, struct node config,
                         bool express)
{
    static const struct quantity count = {"ToleratedFailureCount", "ToleratedFailureCountPath", 0,
                                          INT32_MAX, false};
    static const struct quantity percentage = {"ToleratedFailurePercentage",
                                               "ToleratedFailurePercentagePath", 0, 100, true};
    struct asl_distributed *d = arena_alloc(&c->m->arena, sizeof(*d));
    d->express = express;
    d->label = compile_label(c, node_get(c, n, "Label"));
    d->tolerated_count = compile_quantity(c, n, &count);
    d->tolerated_percentage = compile_quantity(c, n, &percentage);
    d->reader = compile_reader(c, node_get(c, n, "ItemReader"));
    d->batcher = compile_batcher(c, node_get(c, n, "ItemBatcher"));
    d->writer = compile_writer(c, node_get(c, n, "ResultWriter"));
    if (c->express)
        schema_error(c, config.at, NULL, "Express state machine does not support Distributed Map");
    s->u.map.distributed = d;
}

void refuse_distributed_fields(struct compiler *c, struct node n)
{
    static const char *const names[] = {
        "Label",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "ToleratedFailureCount",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_gets(n.v, names[i]))
            schema_error(c, n.at, NULL,
                         "Field '%s' is only supported for the 'DISTRIBUTED' mode of Map",
                         names[i]);
}
