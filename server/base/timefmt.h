/* Dates as text: ISO 8601 as the service prints it, HTTP's form of a date, RFC 3339 as it reads it, ISO durations. */
#pragma once

#include "base/base.h"

#define ISO_TIME_SIZE 32 /* room for iso_time_format, NUL included */

/* "2026-09-24T02:56:17.620Z", always three decimals and Z.  Returns buf. */
char *iso_time_format(int64_t epoch_ms, char buf[ISO_TIME_SIZE]);

#define HTTP_TIME_SIZE 48 /* room for http_time_format, NUL included */

/* "Thu, 24 Sep 2026 02:56:17 GMT", as the header Date has it (RFC 9110 section 5.6.7).  Returns buf. */
char *http_time_format(int64_t epoch_ms, char buf[HTTP_TIME_SIZE]);

/* Reads an RFC 3339 date and time with seconds, any number of fraction digits and Z or an offset
 * (lower-case t and z refused, as the service does).  Fraction beyond milliseconds is cut.
 * Returns 0 or ERR_INVALID. */
MUST_USE int iso_time_parse(const char *s, size_t len, int64_t *ret_epoch_ms);

/* Reads an ISO 8601 duration of weeks, days, hours, minutes, seconds ("P14D", "PT1H30M", "P2W");
 * years and months are refused.  Returns 0 or ERR_INVALID. */
MUST_USE int iso_duration_parse(const char *s, size_t len, int64_t *ret_ms);
