/* The language, one rule a line. */
#include "jsonata_check.h"

struct rule {
    const char *expr, *input, *expected;
};

static void check_rules(const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_gives(rules[i].expr, rules[i].input, rules[i].expected);
}

#define CHECK_RULES(rules) check_rules(rules, ARRAY_LEN(rules))

#define LIST "{\"a\":[{\"b\":1},{\"b\":[2,3]},{\"c\":1}]}"
#define ONE  "{\"a\":[{\"b\":1}]}"

static void test_paths(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"a.b", LIST, "[1,2,3]"},
        {"a.b", ONE, "1"},
        {"a.b[]", ONE, "[1]"},
        {"a[].b", ONE, "[1]"},
        {"a[0].b", "{\"a\":[{\"b\":[1]}]}", "[1]"},
        {"a.[b]", "{\"a\":[{\"b\":1},{\"b\":2}]}", "[[1],[2]]"},
        {"a.b[0]", "{\"a\":[{\"b\":[1,2]},{\"b\":[3]}]}", "[1,3]"},
        {"(a.b)[0]", "{\"a\":[{\"b\":[1,2]},{\"b\":[3]}]}", "1"},
        {"a[-1].c", LIST, "1"},
        {"a[5]", LIST, "undefined"},
        {"a[[0,2]]", "{\"a\":[10,20,30]}", "[10,30]"},
        {"a[$ > 10]", "{\"a\":[10,20,30]}", "[20,30]"},
        {"a[b = 1]", "{\"a\":{\"b\":1,\"c\":2}}", "{\"b\":1,\"c\":2}"},
        {"a[1.9]", "{\"a\":[10,20,30]}", "20"},
        {"**.b", "{\"a\":{\"b\":1}}", "1"},
        {"*", "{\"x\":1,\"y\":[2,[3]]}", "[1,2,3]"},
        {"*", "{\"x\":[5]}", "[5]"},
        {"$", "[1,[2]]", "[1,[2]]"},
        {"$[0]", "[1,[2]]", "1"},
        {"[1,2].$", NULL, "[1,2]"},
        {"[].a", NULL, "[]"},
        {"a.b.c", "{\"a\":null}", "undefined"},
        {"a.'b'", ONE, "1"},
        {"and.or", "{\"and\":{\"or\":2}}", "2"},
        {"`a b`.c", "{\"a b\":{\"c\":1}}", "1"},
        {"__proto__", "{}", "undefined"},
        {"[{'a':1},{'a':2}][][0].a", NULL, "[1]"},
        {"[{'a':1},{'a':2}][0][].a", NULL, "[1]"},
        {"[{'a':1},{'a':2}]^(>a)[][0]", NULL, "[{\"a\":2}]"},
        {"[{'a':1},{'a':2}][0].a", NULL, "undefined"},
    };
    CHECK_RULES(rules);
}

static void test_operators(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"1 + 2 * 3 - 4 / 2 % 3", NULL, "5"},
        {"-a", "{\"a\":1}", "-1"},
        {"nope + 1", "{}", "undefined"},
        {"1 = 1.0 and 'a' != 'b'", NULL, "true"},
        {"[1,{'a':2,'b':3}] = [1,{'b':3,'a':2}]", NULL, "true"},
        {"nope = nope", "{}", "false"},
        {"nope != 1", "{}", "false"},
        {"nope < 1", "{}", "undefined"},
        {"'\\ud83d\\ude00' < '\\uffff'", NULL, "true"}, /* by UTF-16 unit */
        {"1 in [1,2]", NULL, "true"},
        {"[1] in [[1]]", NULL, "false"},
        {"'a' & 1 & null & nope & [1,'x']", "{}", "\"a1null[1,\\\"x\\\"]\""},
        {"0.1 + 0.2 & ''", NULL, "\"0.3\""},
        {"1e21 & ' ' & 1e-7 & ' ' & 1e20", NULL, "\"1e+21 1e-7 100000000000000000000\""},
        {"false and nope.x", "{}", "false"},
        {"[] or {} or '' or 0 or null", NULL, "false"},
        {"[0] or [[0,1]]", NULL, "true"},
        {"1 > 2 ? 'x'", NULL, "undefined"},
        {"[1..3, 5, [6]]", NULL, "[1,2,3,5,[6]]"},
        {"[3..1]", NULL, "[]"},
        {"($x := 1; ($x := 2; $x); $x)", NULL, "1"},
        {"($f := function(){$x}; $x := 3; $f())", NULL, "3"},
        {"($x := 1; $f := function($c){($c ? $x := 2; $x)}; [$f(true), $f(false)])", NULL, "[2,1]"},
    };
    CHECK_RULES(rules);
}

static void test_constructors_and_order(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"a{k: v}", "{\"a\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2},{\"k\":\"x\",\"v\":3}]}",
         "{\"x\":[1,3],\"y\":2}"},
        {"{'a': nope, 'b': 1, 'b': 2}", "{}", "D1009"},
        {"{'b': 1, 'a': {'c': []}}", NULL, "{\"b\":1,\"a\":{\"c\":[]}}"},
        {"a^(b)", "{\"a\":[{\"b\":2},{},{\"b\":1}]}", "[{\"b\":1},{\"b\":2},{}]"},
        {"a^(>b)", "{\"a\":[{\"b\":2},{},{\"b\":1}]}", "[{\"b\":2},{\"b\":1},{}]"},
        {"a^(x, >y).y", "{\"a\":[{\"x\":1,\"y\":1},{\"x\":0,\"y\":2},{\"x\":1,\"y\":3}]}",
         "[2,3,1]"},
        {"a^($)", "{\"a\":[1,\"x\"]}", "T2007"},
        {"a^($)", "{\"a\":[true,false]}", "T2008"},
        {"a^(b)", "{\"a\":[{\"b\":1}]}", "{\"b\":1}"},
    };
    CHECK_RULES(rules);
}

#define SHOP                                                                          \
    "{\"orders\":[{\"id\":1,\"lines\":[{\"p\":\"x\"},{\"p\":\"y\"}]},"                \
    "{\"id\":2,\"lines\":[{\"p\":\"x\"}]}],\"products\":[{\"p\":\"x\",\"n\":\"Ex\"}," \
    "{\"p\":\"y\",\"n\":\"Why\"}]}"

static void test_joins(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"orders.lines.{'o': %.id, 'p': p}", SHOP,
         "[{\"o\":1,\"p\":\"x\"},{\"o\":1,\"p\":\"y\"},{\"o\":2,\"p\":\"x\"}]"},
        {"orders.lines@$l.%.products[p = $l.p].n", SHOP, "undefined"},
        {"orders.lines#$i.{'i': $i}", SHOP, "[{\"i\":0},{\"i\":1},{\"i\":0}]"},
        {"(orders.lines)#$i.{'i': $i}", SHOP, "[{\"i\":0},{\"i\":1},{\"i\":2}]"},
        {"orders@$o.products@$q[$q.p in $o.lines.p].($o.id & $q.n)", SHOP,
         "[\"1Ex\",\"1Why\",\"2Ex\"]"},
        {"orders@$o.$o.lines{$string($o.id): $count(p)}", SHOP, "{\"1\":2,\"2\":1}"},
        {"(orders.lines)[%.id = 2].p", SHOP, "\"x\""},
        {"orders.lines[p = 'y'].%.id", SHOP, "1"},
        {"nope@$x.y{$x.a: 1}", SHOP, "{}"},
        /* A position bound to the array constructor that begins a path binds nothing. */
        {"[{'v':5},{'v':6}]#$i.{'i':$i,'v':v}", NULL, "[{\"v\":5},{\"v\":6}]"},
        {"[{'v':5}][v=5]#$i.v", NULL, "5"},
        {"[1][2]#$i.v", NULL, "undefined"},
        {"($i := 9; [{'v':1}]#$i.{'i':$i})", NULL, "{\"i\":9}"},
    };
    CHECK_RULES(rules);
}

static void test_functions_as_values(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"($add := function($x, $y){$x + $y}; $add(?, 1)(2))", NULL, "3"},
        {"($f := $uppercase ~> $length; $f('ab'))", NULL, "2"},
        {"($f := function($a, $b){$b} ~> $exists; $f(1, 2))", NULL, "false"}, /* takes one */
        {"[1,2,3] ~> $map(function($v, $i){$v * $i})", NULL, "[0,2,6]"},
        /* A function is an object, and true; handed over in a call it is the host's, and false. */
        {"[$sum ? 1 : 2, $sum and 1, $boolean($sum), $boolean([$sum])]", NULL,
         "[1,true,false,true]"},
        {"($f := function($g){$g ? 1 : 2}; $f($sum))", NULL, "2"},
        {"[1][$sum]", NULL, "1"},
        {"/a/ ? 1 : 2", NULL, "2"},
        /* a tail call loses its group, another call does not */
        {"(function($x){$sum($x){'k': $}})([1,2])", NULL, "3"},
        {"(function($x){$x.$sum($){'k': $}})([1,2])", NULL, "{\"k\":[1,2]}"},
        /* a group is an object, whatever is kept as an array */
        {"a[]{'k': $}", "{\"a\":1}", "{\"k\":1}"},
        {"a{'k': $}[]", "{\"a\":[1,2]}", "{\"k\":[1,2]}"},
        {"($odd := function($n){$n = 0 ? false : $even($n - 1)};"
         " $even := function($n){$n = 0 ? true : $odd($n - 1)}; $even(5000))",
         NULL, "true"}, /* far deeper than the depth limit: tail calls */
        {"function($x)<n:n>{$x}('a')", NULL, "T0410"},
        {"('ab').$length()", NULL, "2"},
        {"[1..3].function($x, $y)<n-n:n>{$x * $y}(10)", NULL, "[10,20,30]"},
        {"λ($x, $y){$y}(1)", NULL, "undefined"},
        {"/a(b)/('xab').{'m': match, 's': start, 'g': groups}", NULL,
         "{\"m\":\"ab\",\"s\":1,\"g\":[\"b\"]}"},
        {"$sort([3,1,2], function($l, $r){$l < $r})", NULL, "[3,2,1]"},
        {"$reduce([1,2,3], function($a, $b){$a & $b})", NULL, "\"123\""},
        {"$sum = $sum", NULL, "true"},
        {"($f := function(){1}; f())", "{}", "T1005"},
        /* the name is looked up where the call stands, and nothing of no value is meant */
        {"($g := $g[1]#$i())", "{}", "T1006"},
        {"($g := {}; $g[1]#$i())", "{}", "T1005"},
        {"($g := 0; $g[1]#$i())", "{}", "T1006"},
        {"($i := 1; a[9]#$i())", "{}", "T1006"},
        {"($a := 1; a[9]#$i())", "{}", "T1005"},
        {"($x := \"\"; x())", "{}", "T1006"},
        {"($x := false; x(?))", "{}", "T1008"},
        {"($sum := 0; sum())", "{}", "T1006"},
        {"($f := function(){1}; f(?))", "{}", "T1007"},
        {"sum(?)", "{}", "T1007"},
        {"3(?)", NULL, "T1008"},
        {"%#$x(1)", "{}", "T1006"},
        {"$substringAfter(?, '(', 'ignored')('a(b')", NULL, "\"b\""},
    };
    CHECK_RULES(rules);
}

static void test_transform(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"$ ~> |a|{'x': b}, 'b'|", "{\"a\":[{\"b\":1},{\"b\":2}],\"k\":null}",
         "{\"a\":[{\"x\":1},{\"x\":2}],\"k\":null}"},
        {"($y := $ ~> |a|{'b': 9}|; a.b)", "{\"a\":{\"b\":1}}", "1"}, /* a copy */
        {"nope ~> |a|{}|", "{}", "undefined"},
        {"$ ~> |a|1|", "{\"a\":{}}", "T2011"},
        {"$ ~> |a|{}, 1|", "{\"a\":{}}", "T2012"},
        {"($clone := 5; $ ~> |a|{}|)", "{}", "T2013"},
        {"($clone := function($x){{'c': 1}}; $ ~> |a|{}|)", "{}", "{\"c\":1}"},
        {"$ ~> |$$.a|{'b': 2}|", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
    };
    CHECK_RULES(rules);
}

static void test_text_functions(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"$substring('hello', -3, 2)", NULL, "\"ll\""},
        {"$substring('h\\u00e9llo', 1, 1)", NULL, "\"\xC3\xA9\""},
        {"$uppercase('stra\\u00dfe')", NULL, "\"STRASSE\""},
        {"$lowercase('\\u0391\\u03a3')", NULL, "\"\xCE\xB1\xCF\x82\""},
        {"$trim('  a  \\n b ')", NULL, "\"a b\""},
        {"$pad('x', -3, 'ab')", NULL, "\"abx\""},
        {"$split('a,b,,c', ',', 3)", NULL, "[\"a\",\"b\",\"\"]"},
        {"$split('ab', '')", NULL, "[\"a\",\"b\"]"},
        {"$join('x', '-')", NULL, "\"x\""},
        {"$match('abcabc', /b(c)(d)?/)", NULL,
         "[{\"match\":\"bc\",\"index\":1,\"groups\":[\"c\",null]},"
         "{\"match\":\"bc\",\"index\":4,\"groups\":[\"c\",null]}]"},
        {"$replace('aba', /a/, '<$0>', 1)", NULL, "\"<a>ba\""},
        {"$replace('265USD', /([0-9]+)USD/, '$$$1')", NULL, "\"$265\""},
        {"$replace('abc', /x*/, '-')", NULL, "D1004"},
        {"$contains('a\\u2028b', /^b/m)", NULL, "true"},
        {"$contains('a\\u00a0b', /a\\s[^\\S]?b/)", NULL, "true"},
        {"$contains('a-', /[\\w-]+$/)", NULL, "true"},
        {"$contains('a]', /[^\\]]/)", NULL, "true"},
        {"$base64decode($base64encode('h\\u00e9'))", NULL, "\"h\xC3\xA9\""},
        {"$encodeUrlComponent('a b&\\u00e9')", NULL, "\"a%20b%26%C3%A9\""},
        {"$decodeUrl('%2F%20')", NULL, "\"%2F \""},
        {"$decodeUrl('%E0%A4%A')", NULL, "D3140"},
        {"$encodeUrl('\\ud800')", NULL, "D3140"},
        {"$string({'a': [1, 0.1 + 0.2, $sum]})", NULL, "\"{\\\"a\\\":[1,0.3,\\\"\\\"]}\""},
        {"$string([1], true)", NULL, "\"[\\n  1\\n]\""},
        {"$number('0x1F') + $number('1e2') + $number(true)", NULL, "132"},
        {"$number('1 ')", NULL, "D3030"},
    };
    CHECK_RULES(rules);
}

static void test_number_functions(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"[$round(2.5), $round(3.5), $round(-0.4), $round(2.345, 2), $round(1250, -2)]", NULL,
         "[2,4,0,2.34,1200]"},
        {"$formatBase(-255, 16)", NULL, "\"-ff\""},
        {"$formatBase(1, 37)", NULL, "D3100"},
        {"$formatNumber(-1234.5, '#,##0.00')", NULL, "\"-1,234.50\""},
        {"$formatNumber(0.5, '0%')", NULL, "\"50%\""},
        {"$formatNumber(0, '0.00e0') & $formatNumber(-42, '0e0')", NULL, "\"0.00e0-4e1\""},
        {"$formatNumber(1, '0;0;0')", NULL, "D3080"},
        {"$formatInteger(1999, 'I') & $formatInteger(28, 'A')", NULL, "\"MCMXCIXAB\""},
        {"$formatInteger(1234567, '#,##0') & $formatInteger(3, '0;o')", NULL, "\"1,234,5673rd\""},
        {"$formatInteger(1101, 'w;o')", NULL, "\"one thousand, one hundred and first\""},
        {"$parseInteger('two thousand and one', 'w') + $parseInteger('1,001', '#,##0')", NULL,
         "3002"},
        {"$power(10, 400)", NULL, "D3061"},
        {"$sqrt(-1)", NULL, "D3060"},
        {"[$sum([]), $count(nope), $exists($max([]))]", "{}", "[0,0,false]"},
    };
    CHECK_RULES(rules);
}

static void test_array_and_object_functions(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"$append(1, [2])", NULL, "[1,2]"},
        {"$distinct([1, '1', 1.0, {'a': 1}, {'a': 1}])", NULL, "[1,\"1\",{\"a\":1}]"},
        {"$zip([1,2], 'a')", NULL, "[[1,\"a\"]]"},
        {"$keys([{'a': 1}, {'b': 1, 'a': 2}])", NULL, "[\"a\",\"b\"]"},
        {"$spread({'a': 1, 'b': 2})", NULL, "[{\"a\":1},{\"b\":2}]"},
        {"$merge([{'a': 1}, {'a': 2, 'b': 3}])", NULL, "{\"a\":2,\"b\":3}"},
        {"$sift({'a': 1, 'b': 2}, function($v){$v > 5})", NULL, "undefined"},
        {"$each({'a': 1}, function($v, $k){$k & $v})", NULL, "\"a1\""},
        {"$single([1,2], function($v){$v > 1})", NULL, "2"},
        {"$single([1,2])", NULL, "D3138"},
        {"$single([])", NULL, "D3139"},
        {"$type([null, 1][0])", NULL, "\"null\""},
        {"$lookup([{'a': 1}, {'a': [2]}], 'a')", NULL, "[1,2]"},
        {"$count($shuffle([1..100]))", NULL, "100"},
        {"$reverse([1..3])", NULL, "[3,2,1]"},
        {"$sort([1, 'a'])", NULL, "D3070"},
    };
    CHECK_RULES(rules);
}

static void test_dates(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"$fromMillis(1510067557121)", NULL, "\"2017-11-07T15:12:37.121Z\""},
        {"$fromMillis(-1)", NULL, "\"1969-12-31T23:59:59.999Z\""},
        {"$fromMillis(1510067557121, '[FNn,3-3] [D1o] [MNn] [Y] [h]:[m][P] [z]', '-0500')", NULL,
         "\"Tue 7th November 2017 10:12am GMT-05:00\""},
        {"$fromMillis(1483228800000, '[X]-W[W01]-[F0] [d] [w]')", NULL, "\"2016-W52-7 1 5\""},
        {"$toMillis('2017-11-07T15:07:54.972Z')", NULL, "1510067274972"},
        {"$toMillis('2017-11-07T15:07:54+0100')", NULL, "1510063674000"},
        {"$toMillis('2017')", NULL, "1483228800000"},
        {"$toMillis('2017-13')", NULL, "D3110"},
        {"$toMillis('21 Aug 2017', '[D] [MNn,3-3] [Y0001]')", NULL, "1503273600000"},
        {"$toMillis('no date', '[Y0001]')", NULL, "undefined"},
        {"$toMillis('2017 10', '[Y0001] [s]')", NULL, "D3136"},
        {"$fromMillis(0, '[Y')", NULL, "D3135"},
        {"$fromMillis(0, '[q]')", NULL, "D3132"},
        {"$fromMillis(0, '[YN]')", NULL, "D3133"},
        {"$fromMillis(0, '[[[Y]]]')", NULL, "\"[1970]\""},
        {"$fromMillis(1e17)", NULL, "D1001"},
    };
    CHECK_RULES(rules);
}

/* reference/asl.md 6: the functions the service adds. */
static void test_service_functions(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"$partition([1,2,3], 2)", NULL, "[[1,2],[3]]"},
        {"$partition([0], 1)", NULL, "[[0]]"},
        {"$partition([], 2)", NULL, "[]"},
        {"$partition([1], 0)", NULL, "D3150"},
        {"$range(0, 10, 5)", NULL, "[0,5,10]"},
        {"$range(1, -3, -2)", NULL, "[1,-1,-3]"},
        {"$range(1, 9, 9)", NULL, "1"},
        {"$range(1, 9, 0)", NULL, "[]"},
        {"$hash('abc', 'MD5')", NULL, "\"900150983cd24fb0d6963f7d28e17f72\""},
        {"$hash('abc', 'CRC')", NULL, "D3150"},
        {"$random(80) = $random(80) and $random(80) != $random(81)", NULL, "true"},
        {"$uuid() != $uuid() and $length($uuid()) = 36", NULL, "true"},
        {"$parse('{\"a\":[1.50,-0]}')", NULL, "{\"a\":[1.5,0]}"},
        {"$parse('{')", NULL, "D3150"},
    };
    CHECK_RULES(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_constructors_and_order),
        cmocka_unit_test(test_joins),
        cmocka_unit_test(test_functions_as_values),
        cmocka_unit_test(test_transform),
        cmocka_unit_test(test_text_functions),
        cmocka_unit_test(test_number_functions),
        cmocka_unit_test(test_array_and_object_functions),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_service_functions),
    };
    return cmocka_run_group_tests_name("jsonata language", tests, NULL, NULL);
}
