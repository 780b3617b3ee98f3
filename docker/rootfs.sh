#!/bin/sh
# Lays out the files of the image in a directory: the programs, the shared libraries they load
# (libcurl at its first use, so ldd does not name it), certificates for https endpoints, licences.
#
#     rootfs.sh DIRECTORY SFND HEALTHCHECK
set -eu

root=$1
sfnd=$2
healthcheck=$3

curl=$(ldconfig -p | awk '$1 == "libcurl.so.4" { print $NF; exit }')
test -n "$curl"

install -D -m 755 -s "$sfnd" "$root/usr/bin/sfnd"
install -D -m 755 -s "$healthcheck" "$root/usr/bin/healthcheck"

libraries=$({ ldd "$sfnd"; ldd "$curl"; echo "$curl"; } | grep -o '/[^ ]*' | sort -u)
for library in $libraries; do
    install -D -m 755 "$library" "$root$library"
done

# Debian moved /lib to /usr/lib, but packages may still list a library under the old name.
for library in $libraries; do
    package=$(dpkg -S "$library" "/usr$library" 2> /dev/null | head -n 1 | cut -d : -f 1)
    test -n "$package"
    install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done
if [ -e LICENSE ]; then
    install -D -m 644 LICENSE "$root/usr/share/doc/sfnd/LICENSE"
fi

install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
