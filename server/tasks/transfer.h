/* One request on its way: a libcurl handle, and the response as far as it has come. */
#pragma once

#include "base/strbuf.h"
#include "tasks/calls.h"
#include "tasks/curl_api.h"
#include "tasks/sockets.h"

struct transfer;

/* Makes the handle; `owner` is what transfer_owner returns.  request must stay valid until
 * transfer_free, sockets until the multi handle is gone.  ret_transfer unset and ERR_IO when
 * libcurl refuses the request. */
MUST_USE int transfer_new(const struct curl_api *api, const struct call_request *request,
                          void *owner, struct sockets *sockets, struct transfer **ret_transfer,
                          struct err *err);
/* The handle must not be in a multi handle any more. */
void transfer_free(struct transfer *t);

CURL *transfer_handle(struct transfer *t);
void *transfer_owner(const struct curl_api *api, CURL *handle);

/* What came of it, once libcurl said that it ended with `code`; valid while t lives. */
void transfer_response(struct transfer *t, CURLcode code, struct call_response *ret_response);
