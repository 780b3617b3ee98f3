#include "asl/asl.h"

const char *asl_expr_text(const struct asl_expr *expr)
{
    switch (expr->kind) {
    case ASL_EXPR_PATH:
        return jsonpath_text(expr->path);
    case ASL_EXPR_INTRINSIC:
        return intrinsic_text(expr->call);
    case ASL_EXPR_JSONATA:
        return expr->source;
    case ASL_EXPR_LITERAL:
    case ASL_EXPR_OBJECT:
    case ASL_EXPR_ARRAY:
        break;
    }
    return "";
}
