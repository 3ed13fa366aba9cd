/* How long a program's nodes and options last. <weft/expr.h> takes this header in, or <weft/weft.h> where that is what the program
 * includes. */
#ifndef WEFT_LASTING_H
#define WEFT_LASTING_H

/* A node is a literal on the stack. By the letter of C it ends with its block; programs write `if (name != NULL) where =
 * weft_eq(User, name, name);`. clang lets literals live as long as their function runs, and gcc does with this option, which
 * changes nothing else; a program that wants gcc to reuse the stack defines WEFT_REUSE_STACK and copies such nodes by weft_keep.
 * What returns the address of a literal does not compile with clang, nor with gcc where it optimizes: at -O0 gcc does not see it.
 * See docs/decisions/0035. */
#if defined(__GNUC__) && !defined(__cplusplus)
#if !defined(__clang__) && __GNUC__ >= 12 && !defined(WEFT_REUSE_STACK)
#pragma GCC optimize("stack-reuse=none")
#endif
#if defined(__clang__)
#pragma clang diagnostic error "-Wreturn-stack-address"
#else
#pragma GCC diagnostic error "-Wreturn-local-addr"
#endif
#endif

#endif
