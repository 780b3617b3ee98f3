/* Date and time pictures: "[Y0001]-[M01]-[D01]". */
#pragma once

#include "jsonata/picture.h"

enum date_names { NAMES_NONE, NAMES_LOWER, NAMES_UPPER, NAMES_TITLE };

struct date_part {
    struct value literal; /* V_UNDEF: a marker */
    char component;
    enum date_names names;
    bool traditional; /* modifier t: Z for UTC */
    bool has_max;     /* a maximum width was given */
    unsigned max, n;  /* n: digits of a year, month or day; 0: any number */
    bool has_integer;
    struct picture_integer integer;
};

struct date_picture {
    struct date_part *parts;
    size_t len;
};

void date_analyse(struct ev *ev, struct value picture, struct date_picture *ret);

extern const char *const date_months[12];
extern const char *const date_days[8]; /* from 1, Monday */

/* A moment taken apart. */
struct date_time {
    int64_t ms; /* since the epoch */
    int64_t year;
    int month, day, hour, minute, second, milli; /* month from 1 */
};

/* Times a Date of JavaScript can hold. */
#define DATE_MAX 8.64e15

int64_t date_days_from_civil(int64_t year, int64_t month, int64_t day); /* month from 1 */
void date_split(int64_t ms, struct date_time *ret);
/* The value of a component: 'Y', 'M', 'D', 'd', 'F', 'W', 'w', 'X', 'x', 'H', 'h', 'm', 's', 'f', 'P'
 * (0 or 1). */
double date_component(const struct date_time *t, char component);
