/* Values in the shape of Java's toString, which shows in messages and in States.Format:
 * {Arg1=1, Arg2=[a, null]}. */
#pragma once

#include "json/json.h"

void java_text(const struct json *v, struct strbuf *out);
