#!/bin/sh
# Checks the layers: a module includes only itself and what the Makefile's DEPS lists reach, and each library's
# header has one user.  Arguments: MODULE=DEP,DEP ... as the Makefile computes them.
set -u
bad=0

for pair in "$@"; do
    module=${pair%%=*}
    allowed=",$module,${pair#*=},"
    dir=server/$module
    [ "$module" = store ] && dir=store
    # The small tools beside a module stand above it.
    for file in "$dir"/*.c "$dir"/*.h; do
        [ -f "$file" ] || continue
        for included in $(sed -n 's/^#include "\([a-z_]*\)\/.*"$/\1/p' "$file" | sort -u); do
            case $allowed in
            *,"$included",*) ;;
            *) echo "$file includes $included/, which lies above or beside it"; bad=1 ;;
            esac
        done
    done
done

only() { # header, folder
    users=$(grep -rlE "^#include <$1>" server store | grep -v "^$2/")
    [ -z "$users" ] || { echo "only $2 may include <$1>: $users"; bad=1; }
}
only sqlite3.h store
only microhttpd.h server/http
only 'curl/curl.h' server/tasks
only 'cjson/cJSON.h' server/api
only pcre2.h server/jsonata
only zlib.h server/engine

exit $bad
