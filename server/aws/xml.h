/* Reading XML: the answers of services that speak it, and no more of the language than those use.
 *
 * Elements, attributes, text, CDATA, comments and processing instructions are read; a document type
 * is refused, and with it every entity but the five of XML itself and references to characters.
 * Prefixes of names are dropped. */
#pragma once

#include "base/arena.h"

#define XML_DEPTH 64     /* of elements in each other */
#define XML_NODES 100000 /* elements and attributes of a document */

struct xml_attribute {
    struct text name, value;
    struct xml_attribute *next;
};

struct xml_node {
    struct text name;
    struct text text; /* of an element that holds no others; never TEXT_NONE */
    struct xml_attribute *attributes;
    struct xml_node *first, *next; /* the first child, the next sibling */
};

/* The root, all of it from the arena (names: from t); NULL when t is no such XML, or exceeds one of
 * the limits. */
struct xml_node *xml_parse(struct arena *a, struct text t) MUST_USE;

/* The first child of that name; NULL when there is none, or node is NULL. */
const struct xml_node *xml_child(const struct xml_node *node, struct text name);
