/* The functions Step Functions adds (reference/asl.md section 6). */
#include <math.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"
#include "jsonata/fn.h"

FN(partition)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    double size = args[1].tag ? floor(v_double(args[1])) : 0;
    if (!(size >= 1))
        jn_throw(ev, D3150, .value = args[1]);
    size_t n = v_len(args[0]), step = size > (double)n ? n : (size_t)size;
    struct arr *out = arr_new(ev, n ? (n + step - 1) / step : 0, 0);
    jn_charge(ev, n);
    for (size_t i = 0; i < n; i += step) {
        struct arr *part = arr_new(ev, MIN(step, n - i), 0);
        for (size_t k = i; k < MIN(i + step, n); k++)
            arr_push(ev, part, v_at(args[0], k));
        arr_push(ev, out, v_arr(part));
    }
    return v_arr(out);
}

FN(range)
{
    (void)nargs;
    if (!args[0].tag || !args[1].tag)
        return UNDEF;
    double first = v_double(args[0]), last = v_double(args[1]);
    double step = args[2].tag ? v_double(args[2]) : 1;
    double n = step == 0 ? 0 : floor((last - first) / step) + 1;
    if (!(n >= 1))
        return v_arr(arr_new(ev, 0, 0));
    if (n > 1e7)
        jn_throw(ev, D2014, .value = v_num(n));
    struct arr *out = arr_new(ev, (size_t)n, A_SEQ);
    jn_charge(ev, (size_t)n);
    for (size_t i = 0; i < (size_t)n; i++)
        arr_push(ev, out, v_num(first + (double)i * step));
    return v_arr(out);
}

FN(hash)
{
    (void)nargs;
    static const struct {
        const char *name, *digest;
    } algorithms[] = {
        {"MD5", "MD5"},        {"SHA-1", "SHA1"},     {"SHA-256", "SHA256"},
        {"SHA-384", "SHA384"}, {"SHA-512", "SHA512"},
    };
    if (!args[0].tag)
        return UNDEF;
    const char *digest = NULL;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        if (v_str_is(args[1], algorithms[i].name))
            digest = algorithms[i].digest;
    const EVP_MD *md = digest ? EVP_get_digestbyname(digest) : NULL;
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!md || EVP_Digest(args[0].str, args[0].len, bytes, &len, md, NULL) != 1)
        jn_throw(ev, D3150, .value = args[1]);
    jn_charge(ev, args[0].len / 16);
    char *hex = jn_alloc(ev, (size_t)len * 2);
    for (unsigned i = 0; i < len; i++) {
        hex[i * 2] = "0123456789abcdef"[bytes[i] >> 4];
        hex[i * 2 + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return v_str(hex, (size_t)len * 2);
}

FN(uuid)
{
    (void)args, (void)nargs;
    char *text = jn_alloc(ev, UUID_SIZE);
    return v_str(uuid4(text), UUID_SIZE - 1);
}

/* Bytes a parsed value may take for each byte of its text, for the memory limit. */
enum { PARSED_FACTOR = 24 };

FN(parse)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    size_t cost = (size_t)args[0].len * PARSED_FACTOR;
    if (cost > ev->heap.limit - MIN(ev->heap.total, ev->heap.limit))
        jn_heap_overflow(&ev->heap);
    ev->heap.total += cost;
    jn_charge(ev, args[0].len / 8);
    GROW(ev->parsed, ev->parsed_len, ev->parsed_cap);
    struct json *json = json_parse(args[0].str, args[0].len, JSON_PARSE_DEFAULT, NULL);
    if (!json)
        jn_throw(ev, D3150, .value = args[0]);
    ev->parsed[ev->parsed_len++] = json;
    struct value v = v_json(json);
    if (v.tag == V_JNUM && json_double(json) == 0)
        return v_num(0);
    return v;
}
