/* Reading XML: what answers use, what is refused, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/xml.h"
#include "base/strbuf.h"

/* Writes a tree as name(attributes)[children] or name=text. */
static void show(struct strbuf *sb, const struct xml_node *n)
{
    strbuf_add(sb, n->name.data, n->name.len);
    for (const struct xml_attribute *a = n->attributes; a; a = a->next)
        strbuf_addf(sb, "(%.*s=%.*s)", (int)a->name.len, a->name.data, (int)a->value.len,
                    a->value.data);
    if (!n->first)
        strbuf_addf(sb, "=%.*s", (int)n->text.len, n->text.data);
    for (const struct xml_node *c = n->first; c; c = c->next) {
        strbuf_addc(sb, c == n->first ? '[' : ' ');
        show(sb, c);
    }
    if (n->first)
        strbuf_addc(sb, ']');
}

static void test_trees(void **state)
{
    static const struct {
        const char *text, *shown; /* NULL: refused */
    } cases[] = {
        {"<a/>", "a="},
        {"<a></a>", "a="},
        {"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- c --><a>t</a>\n<!-- d -->", "a=t"},
        {"<n:a xmlns:n='u'><n:b>1</n:b>\n <c x=\"&lt;2&gt;\"/></n:a>", "a(n=u)[b=1 c(x=<2>)=]"},
        {"<a>x&amp;y&#65;&#x42;&quot;&apos;<![CDATA[<&]]>z</a>", "a=x&yAB\"'<&z"},
        {"<a>1<!-- 2 -->3<?p?>4</a>", "a=134"},
        {"<a>lost<b>kept</b>lost</a>", "a[b=kept]"},
        {"<a>\xc3\xa4&#x1f600;</a>", "a=\xc3\xa4\xf0\x9f\x98\x80"},
        {"", NULL},
        {"text", NULL},
        {"<a>", NULL},
        {"<a></b>", NULL},
        {"</a>", NULL},
        {"<a/><b/>", NULL},
        {"<a/>x", NULL},
        {"<a b></a>", NULL},
        {"<a b=c></a>", NULL},
        {"<a b='c></a>", NULL},
        {"<a>&nbsp;</a>", NULL},
        {"<a>&#0;</a>", NULL},
        {"<a>&#xd800;</a>", NULL},
        {"<a>&#x110000;</a>", NULL},
        {"<a>&lt</a>", NULL},
        {"<a>& b</a>", NULL},
        {"<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", NULL},
        {"<a><!ELEMENT b></a>", NULL},
        {"<a>\xff</a>", NULL},
        {"<", NULL},
        {"<a><![CDATA[x</a>", NULL},
        {"<a><!-- x</a>", NULL},
        {"<:/>", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a;
        CLEANUP(strbuf_done) struct strbuf sb;

        arena_init(&a);
        strbuf_init(&sb, 4096);

        const struct xml_node *n =
            xml_parse(&a, (struct text){cases[i].text, strlen(cases[i].text)});

        if (n)
            show(&sb, n);
        if (cases[i].shown)
            assert_string_equal(sb.data, cases[i].shown);
        else if (n)
            fail_msg("read: %s", cases[i].text);
        arena_done(&a);
    }
}

static bool parses(const struct strbuf *sb)
{
    struct arena a;
    bool good;

    arena_init(&a);
    good = xml_parse(&a, (struct text){sb->data, sb->len}) != NULL;
    arena_done(&a);
    return good;
}

static void test_limits(void **state)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    (void)state;
    strbuf_init(&sb, (size_t)8 << 20);
    for (size_t depth = XML_DEPTH; depth <= XML_DEPTH + 1; depth++) {
        strbuf_clear(&sb);
        for (size_t i = 0; i < depth; i++)
            strbuf_adds(&sb, "<a>");
        for (size_t i = 0; i < depth; i++)
            strbuf_adds(&sb, "</a>");
        assert_int_equal(parses(&sb), depth == XML_DEPTH);
    }
    for (size_t nodes = XML_NODES; nodes <= XML_NODES + 1; nodes++) {
        strbuf_clear(&sb);
        strbuf_adds(&sb, "<a>");
        for (size_t i = 1; i < nodes; i++)
            strbuf_adds(&sb, "<b/>");
        strbuf_adds(&sb, "</a>");
        assert_int_equal(parses(&sb), nodes == XML_NODES);
    }
}

static void test_nul(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    assert_null(xml_parse(&a, (struct text){"<a>\0</a>", 8}));
    assert_null(xml_parse(&a, TEXT_NONE));
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
