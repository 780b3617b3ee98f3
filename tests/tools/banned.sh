#!/bin/sh
# Functions that are easy to misuse have no place here; see the list.  Prints offenders.
set -u
found=$(grep -rnwE '(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets|localtime|gmtime|rand|alloca)[[:space:]]*\(' \
    --include='*.c' --include='*.h' server store tests | grep -v '^[^:]*:[0-9]*: *\*')
clock=$(grep -rnE '\b(clock_gettime|gettimeofday|nanosleep|usleep|sleep|time)[[:space:]]*\(' --include='*.c' \
    --include='*.h' server store | grep -v '^server/base/clock' | grep -vE ':[[:space:]]*(/?\*|//)' | grep -vE '[a-z_]time \(')
[ -z "$found$clock" ] && exit 0
[ -n "$found" ] && printf '%s\n' "$found"
[ -n "$clock" ] && printf 'only base/clock.c asks for the time or sleeps:\n%s\n' "$clock"
exit 1
