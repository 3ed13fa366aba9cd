/* Visibility and language glue for the public headers. */
#ifndef WEFT_EXPORT_H
#define WEFT_EXPORT_H

#if defined(__GNUC__)
#define WEFT_API __attribute__((visibility("default")))
#define WEFT_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))
#define WEFT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define WEFT_API
#define WEFT_PRINTF(format_index, first_index)
#define WEFT_MUST_CHECK
#endif

#ifdef __cplusplus
#define WEFT_BEGIN_DECLS extern "C" {
#define WEFT_END_DECLS }
#else
#define WEFT_BEGIN_DECLS
#define WEFT_END_DECLS
#endif

#endif
