#include "engine/names.h"

#include <string.h>

#include "base/utf8.h"

bool name_is_valid(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len;) {
        size_t size;
        uint32_t c = utf8_decode(name + i, len - i, &size);
        if (c <= 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xFFFE || c == 0xFFFF || c == 0x10FFFF)
            return false;
        if (c < 0x80 && strchr("<>{}[]?*\"#%\\^|~`$&,;:/", (int)c))
            return false;
        i += size;
    }
    return true;
}
