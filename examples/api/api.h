/* What core.c and server.c offer to the programs that try them. */
#ifndef API_H
#define API_H

#include "models.h"

#include <stdio.h>

void busiest_domains(weft_session *s);
weft_status import_keywords(weft_connection *c, const Keyword *words, size_t count, weft_error *error);
weft_status vacuum_soft_deleted(weft_connection *c, int64_t before, int64_t *deleted, weft_error *error);
User_list search(weft_session *s, const char *name, int64_t min_age);

weft_status server_start(const char *url, weft_error *error);
int list_users(FILE *out);
int post_transfer(int64_t from, int64_t to);

#endif
