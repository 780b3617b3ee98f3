/* The built-in functions, each in the file named after its kind. */
#pragma once

#include "jsonata/eval.h"

#define FN(name) struct value fn_##name(struct ev *ev, const struct value *args, size_t nargs)

/* fn_string.c */
FN(string);
FN(length);
FN(substring);
FN(substring_before);
FN(substring_after);
FN(uppercase);
FN(lowercase);
FN(trim);
FN(pad);
FN(join);
/* fn_encode.c */
FN(base64encode);
FN(base64decode);
FN(encode_url);
FN(encode_url_component);
FN(decode_url);
FN(decode_url_component);
/* fn_regex.c */
FN(contains);
FN(match);
FN(replace);
FN(split);
/* fn_number.c */
FN(number);
FN(abs);
FN(floor);
FN(ceil);
FN(round);
FN(sqrt);
FN(power);
FN(random);
FN(format_base);
FN(sum);
FN(max);
FN(min);
FN(average);
/* picture_number.c, picture_integer.c */
FN(format_number);
FN(format_integer);
FN(parse_integer);
/* fn_array.c */
FN(count);
FN(append);
FN(sort);
FN(reverse);
FN(shuffle);
FN(distinct);
FN(zip);
/* fn_object.c */
FN(keys);
FN(lookup);
FN(spread);
FN(merge);
FN(sift);
FN(each);
FN(clone);
FN(type);
FN(error);
FN(assert);
FN(boolean);
FN(not );
FN(exists);
/* fn_hof.c */
FN(map);
FN(filter);
FN(single);
FN(reduce);
/* fn_date.c, fn_date_parse.c */
FN(now);
FN(millis);
FN(from_millis);
FN(to_millis);
/* fn_service.c: what Step Functions adds */
FN(partition);
FN(range);
FN(hash);
FN(uuid);
FN(parse);

/* The position of a regex match in UTF-16 units, and back. */
size_t text_unit_offset(const char *s, size_t len, size_t units);
