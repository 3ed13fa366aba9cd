/* Loading strategies: how relationships get from the database into objects. The one header that others see of load: src/weft.c puts
 * these functions into wefti_loading, through which orm calls them. See wefti_load_hooks for what each does. */
#ifndef WEFTI_LOAD_LOAD_H
#define WEFTI_LOAD_LOAD_H

#include "orm/orm.h"

weft_status wefti_load_query(weft_session *session, const wefti_select *select, const weft_query_options *options, weft_list *list);
weft_status wefti_load_present(weft_session *session, const wefti_table *table, wefti_object *const *objects, size_t count,
                               const weft_loader *const *loaders);
weft_status wefti_load_lazy(weft_session *session, wefti_object *object, const wefti_relation *relation, wefti_lazy_how how);

#endif
