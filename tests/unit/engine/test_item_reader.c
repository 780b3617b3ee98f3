/* The formats of an ItemReader: reference/asl.md section 9, ItemReader and CSV rules. */
#include "harness.h"

#include "engine/gunzip.h"
#include "engine/item_reader.h"

/* Items, compact and separated by a space; an error instead of what would follow. */
static char *items_of(const struct item_format *format, const char *data, size_t len)
{
    struct item_reader *r = item_reader_new(format, xmemdup(data, len), len);
    struct asl_error err = {0};
    struct json *item;
    struct strbuf sb;
    int k;

    strbuf_init(&sb, 1 << 20);
    while ((k = item_reader_next(r, &item, &err)) > 0) {
        if (sb.len > 0)
            strbuf_addc(&sb, ' ');
        json_print(item, &sb);
        json_unref(item);
    }
    if (k < 0) {
        assert_string_equal(err.name, "States.ItemReaderFailed");
        strbuf_addf(&sb, "! %s", err.cause);
    }
    asl_error_done(&err);
    item_reader_free(r);
    return strbuf_take(&sb, NULL);
}

static void expect_bytes(const struct item_format *format, const char *data, size_t len,
                         const char *expected)
{
    CLEANUP(free_p) char *got = items_of(format, data, len);
    size_t error = strcspn(expected, "!");

    /* Of what a parser says only its being there is compared. */
    if (expected[error] && !expected[error + 1] ? strncmp(got, expected, error + 1) != 0
                                                : strcmp(got, expected) != 0)
        fail_msg("%s\ngives %s\nnot %s", data, got, expected);
}

#define EXPECT(format, data, expected) expect_bytes(&(format), data, strlen(data), expected)

static void test_json(void **state)
{
    static const char not_list[] = "! Attempting to map over non-iterable node.";
    struct item_format f = {.kind = ITEMS_JSON};

    (void)state;
    EXPECT(f, "[1, {\"a\":[2]} ,\"]\\\"[\",null]\n", "1 {\"a\":[2]} \"]\\\"[\" null");
    EXPECT(f, "\xEF\xBB\xBF [ ] ", "");
    EXPECT(f, "[[],{}]", "[] {}");
    EXPECT(f, "[1.0,1e400,9007199254740993]", "1.0 1e400 9007199254740993");
    EXPECT(f, "{\"Hello\": \"world\"}", not_list); /* recorded */
    EXPECT(f, "7", not_list);
    EXPECT(f, "", "!");
    EXPECT(f, "[1,2",
           "1! Unexpected end-of-input: expected close marker for Array (start marker "
           "at [Source: (String)\"[1,2\"; line: 1, column: 1])");
    EXPECT(f, "[1,]", "1!");
    EXPECT(f, "[1 2]", "!");
    EXPECT(f, "[1]x", "!");
    EXPECT(f, "[,1]", "!");
    EXPECT(f, "[x]", "!");
    EXPECT(f, "[\"abc", "!");
    EXPECT(f, "[\"\xFF\"]", "!");
    EXPECT(f, "[{\"a\":1]", "!");
    EXPECT(f, "\x28\xB5\x2F\xFD", "! zstd compression is not supported by this server.");
}

static void test_pointer(void **state)
{
    static const char not_list[] = "! Attempting to map over non-iterable node.";
    static const char data[] = "{\"x\":{\"l\":[9],\"\":[8]},\"a/b\":[0,{\"m~n\":[7,6]}],"
                               "\"o\":{\"k\":1,\"l\":[2]},\"e\":{},\"s\":\"t\"}";
    struct item_format f = {.kind = ITEMS_JSON};

    (void)state;
    f.pointer = "/x/l";
    EXPECT(f, data, "9");
    f.pointer = "/x/";
    EXPECT(f, data, "8");
    f.pointer = "/a~1b/1/m~0n";
    EXPECT(f, data, "7 6");
    f.pointer = "/o";
    EXPECT(f, data, "{\"Key\":\"k\",\"Value\":1} {\"Key\":\"l\",\"Value\":[2]}");
    f.pointer = "/e";
    EXPECT(f, data, "");
    f.pointer = "";
    EXPECT(f, "[5]", "5");

    static const char *const nowhere[] = {
        "/y", "/x/l/1", "/x/l/01x", "/s", "/a~1b/2", "x/l", "/s/0", "/x/l/-1", "/a~1b/99999999999"};

    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++) {
        f.pointer = nowhere[i];
        EXPECT(f, data, not_list);
    }
    f.pointer = "/a";
    EXPECT(f, "{\"a\":[1,2", "1!");
    EXPECT(f, "{\"a\":{\"k\" 1}}", "!");
    EXPECT(f, "{\"b\" 1,\"a\":[1]}", "!");
}

static void test_lines(void **state)
{
    struct item_format f = {.kind = ITEMS_JSONL};

    (void)state;
    EXPECT(f, "{\"a\":1}\r\n\n [2]\n \t\n3", "{\"a\":1} [2] 3");
    EXPECT(f, "1\nx\n", "1!");
    EXPECT(f, "1 2\n", "!");
    EXPECT(f, "", "");
    EXPECT(f, "\n\r\n", "");
}

static void test_csv(void **state)
{
    CLEANUP(json_unref_p) struct json *given = json_parse("[\"h\",\"i\"]", 9, 0, NULL);
    struct item_format f = {.kind = ITEMS_CSV, .delimiter = ','};

    (void)state;
    /* Recorded: the first two rows, and the one of three spaces. */
    EXPECT(f, "C,D\n,,,\nNull,None,\n   \n",
           "{\"C\":\"\",\"D\":\"\"} {\"C\":\"Null\",\"D\":\"None\"} {\"C\":\"   \",\"D\":\"\"}");
    EXPECT(f, "\xEF\xBB\xBF\r\na,b\r\n\r\n1\r\n2,3,4\n\"x,\"\"y\"\"\n\",\\q\\\"\\\\\n",
           "{\"a\":\"1\",\"b\":\"\"} {\"a\":\"2\",\"b\":\"3\"} "
           "{\"a\":\"x,\\\"y\\\"\\n\",\"b\":\"q\\\"\\\\\"}");
    EXPECT(f, "a\n1\r2\n", "{\"a\":\"1\\r2\"}");
    EXPECT(f, "a\n\\,x\n", "{\"a\":\",x\"}");
    EXPECT(f, "a,b", "");
    EXPECT(f, "", "");
    EXPECT(f, "a,a\n1,2", "! CSV headers cannot contain duplicates.");
    EXPECT(f, "a\n\xC3\n", "! The CSV file is not valid UTF-8.");
    f.headers = given;
    f.delimiter = '|';
    EXPECT(f, "1|2,3\n", "{\"h\":\"1\",\"i\":\"2,3\"}");
    f.delimiter = '\t';
    EXPECT(f, "1\t2\n", "{\"h\":\"1\",\"i\":\"2\"}");
}

/* At the ceiling of a header and of an item, and one past. */
static void test_sizes(void **state)
{
    struct item_format csv = {.kind = ITEMS_CSV, .delimiter = ','};
    struct item_format lines = {.kind = ITEMS_JSONL};
    struct item_format list = {.kind = ITEMS_JSON};
    char *data = xmalloc(LIMIT_ITEM_BYTES + 16);

    (void)state;
    memset(data, 'a', LIMIT_CSV_HEADER_BYTES + 1);
    data[LIMIT_CSV_HEADER_BYTES] = '\n';
    expect_bytes(&csv, data, LIMIT_CSV_HEADER_BYTES + 1, "");
    data[LIMIT_CSV_HEADER_BYTES] = 'a';
    data[LIMIT_CSV_HEADER_BYTES + 1] = '\n';
    expect_bytes(&csv, data, LIMIT_CSV_HEADER_BYTES + 2,
                 "! CSV headers cannot be longer than 10240 bytes.");

    memset(data, 'a', LIMIT_ITEM_BYTES + 16);
    memcpy(data, "h\n", 2);
    expect_bytes(&csv, data, LIMIT_ITEM_BYTES + 16, "! An item is larger than 8388608 bytes.");
    memcpy(data, "[\"", 2);
    memcpy(data + LIMIT_ITEM_BYTES + 14, "\"]", 2);
    expect_bytes(&list, data, LIMIT_ITEM_BYTES + 16, "! An item is larger than 8388608 bytes.");
    expect_bytes(&lines, data, LIMIT_ITEM_BYTES + 16, "! An item is larger than 8388608 bytes.");
    memset(data, ' ', LIMIT_ITEM_BYTES);
    data[1] = '1';
    expect_bytes(&lines, data, LIMIT_ITEM_BYTES, "1");
    free(data);
}

/* ---- listings and manifests ---- */

static void test_listing(void **state)
{
    static const char page[] =
        "{\"Contents\":[{\"Key\":\"a\",\"LastModified\":\"2024-01-01T00:00:00Z\",\"ETag\":\"e\","
        "\"Size\":3,\"StorageClass\":\"STANDARD\",\"Owner\":{}},{\"Key\":\"d/\",\"LastModified\":"
        "1704067200}],\"IsTruncated\":true,\"NextContinuationToken\":\"t\"}";
    struct object_listing l;
    struct asl_error err = {0};

    (void)state;
    assert_int_equal(read_listing((struct text){page, strlen(page)}, &l, &err), 0);

    CLEANUP(free_p) char *items = json_text(l.items, 4096, NULL);
    CLEANUP(json_unref_p) struct json *objects = listing_objects(l.items, "b");
    CLEANUP(free_p) char *names = json_text(objects, 4096, NULL);

    assert_string_equal(items,
                        "[{\"Etag\":\"e\",\"Key\":\"a\",\"LastModified\":1704067200,\"Size\":3,"
                        "\"StorageClass\":\"STANDARD\"},{\"Key\":\"d/\",\"LastModified\":"
                        "1704067200}]");
    assert_string_equal(names, "[{\"Bucket\":\"b\",\"Key\":\"a\"}]");
    assert_string_equal(l.token, "t");
    object_listing_done(&l);
    assert_int_equal(read_listing(TEXT("{}"), &l, &err), 0);
    assert_int_equal(json_len(l.items), 0);
    assert_null(l.token);
    object_listing_done(&l);
    assert_int_equal(read_listing(TEXT("<"), &l, &err), ERR_INVALID);
    asl_error_done(&err);
}

static void test_manifests(void **state)
{
    struct json *objects = NULL, *headers = NULL;
    struct asl_error err = {0};

    (void)state;
    assert_int_equal(
        read_inventory(TEXT("{\"destinationBucket\":\"arn:aws:s3:::d\",\"fileFormat\":\"CSV\","
                            "\"fileSchema\":\"Bucket, Key,Size\",\"files\":[{\"key\":\"k.gz\"}]}"),
                       &objects, &headers, &err),
        0);

    CLEANUP(free_p) char *names = json_text(objects, 4096, NULL);
    CLEANUP(free_p) char *columns = json_text(headers, 4096, NULL);

    assert_string_equal(names, "[{\"Bucket\":\"d\",\"Key\":\"k.gz\"}]");
    assert_string_equal(columns, "[\"Bucket\",\"Key\",\"Size\"]");
    json_unref(objects);
    json_unref(headers);
    assert_int_equal(
        read_inventory(TEXT("{\"destinationBucket\":\"d\",\"fileFormat\":\"ORC\",\"fileSchema\":"
                            "\"x\",\"files\":[]}"),
                       &objects, &headers, &err),
        ERR_INVALID);
    assert_non_null(strstr(err.cause, "ORC"));
    assert_int_equal(read_inventory(TEXT("[]"), &objects, &headers, &err), ERR_INVALID);

    assert_int_equal(read_athena_manifest(TEXT("s3://b/k/1\r\n\n \"S3://c/2\"\n"), &objects, &err),
                     0);

    CLEANUP(free_p) char *data = json_text(objects, 4096, NULL);

    assert_string_equal(data,
                        "[{\"Bucket\":\"b\",\"Key\":\"k/1\"},{\"Bucket\":\"c\",\"Key\":\"2\"}]");
    json_unref(objects);
    assert_int_equal(read_athena_manifest(TEXT("s3://b/\n"), &objects, &err), ERR_INVALID);
    assert_int_equal(read_athena_manifest(TEXT("k"), &objects, &err), ERR_INVALID);
    assert_int_equal(read_athena_manifest(TEXT("s3://b/\xFF"), &objects, &err), ERR_INVALID);
    asl_error_done(&err);
}

/* ---- gzip ---- */

/* "hello hello hello\n" */
static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                       0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x5c,
                                       0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00};

static int unpack(const void *data, size_t len, size_t max, char **ret_data)
{
    struct gunzip *g = gunzip_new(xmemdup(data, len), len, max);
    int k;

    while ((k = gunzip_step(g)) > 0)
        ;
    *ret_data = gunzip_take(g, NULL);
    gunzip_free(g);
    return k;
}

static void test_gunzip(void **state)
{
    unsigned char twice[2 * sizeof(packed)];
    char *data;

    (void)state;
    assert_true(gunzip_wanted((const char *)packed, sizeof(packed)));
    assert_false(gunzip_wanted("\x1F", 1));
    assert_int_equal(unpack(packed, sizeof(packed), 18, &data), 0);
    assert_string_equal(data, "hello hello hello\n");
    free(data);
    assert_int_equal(unpack(packed, sizeof(packed), 17, &data), ERR_LIMIT);
    free(data);
    assert_int_equal(unpack(packed, sizeof(packed) - 9, 100, &data), ERR_INVALID);
    free(data);
    memcpy(twice, packed, sizeof(packed));
    memcpy(twice + sizeof(packed), packed, sizeof(packed));
    assert_int_equal(unpack(twice, sizeof(twice), 100, &data), 0);
    assert_string_equal(data, "hello hello hello\nhello hello hello\n");
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),      cmocka_unit_test(test_pointer),
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_csv),
        cmocka_unit_test(test_sizes),     cmocka_unit_test(test_listing),
        cmocka_unit_test(test_manifests), cmocka_unit_test(test_gunzip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
