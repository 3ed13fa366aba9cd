/* One monotonic clock, replaceable in tests, and deadlines computed once. */
#ifndef WEFTI_BASE_CLOCK_H
#define WEFTI_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define WEFTI_NO_DEADLINE INT64_MAX
#define WEFTI_NS_PER_MS 1000000

typedef int64_t wefti_deadline; /* absolute monotonic nanoseconds, or WEFTI_NO_DEADLINE */

int64_t wefti_now_ns(void);
int64_t wefti_now_coarse_ns(void); /* the same clock as of the kernel's last tick, at most 10 ms behind; an eighth of the cost */
wefti_deadline wefti_deadline_after_ms(uint32_t ms); /* 0 and UINT32_MAX: no deadline */
wefti_deadline wefti_deadline_earlier(wefti_deadline a, wefti_deadline b);
bool wefti_deadline_passed(wefti_deadline deadline);
/* For poll(2): rounded up, -1 for none, never negative otherwise. */
int wefti_deadline_poll_ms(wefti_deadline deadline);
/* Tests: replaces the source (NULL restores it). */
void wefti_clock_replace(int64_t (*source_ns)(void));

#endif
