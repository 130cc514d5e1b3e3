/* A clock that only goes forward. */
#ifndef FASTNN_CLOCK_H
#define FASTNN_CLOCK_H

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
static inline long long fastnn_nanoseconds(void) {
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&frequency);
    return (long long)((double)ticks.QuadPart * (1e9 / (double)frequency.QuadPart));
}
#else
#include <time.h>
static inline long long fastnn_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}
#endif

#endif
