/* Atomics, a pause and a barrier for the tasks of one run: inline, so that each module compiles its own copy. */
#ifndef FASTNN_BARRIER_H
#define FASTNN_BARRIER_H

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <sched.h>
#endif

/* WebAssembly without its threads: a run has one, and a pool that cannot start any. */
#if defined(__wasm__) && !defined(_REENTRANT)
#define FASTNN_NO_THREADS 1
#endif

/* Adding, exchanging and the ordered load are sequentially consistent; a load acquires, a store releases. */
#ifdef _MSC_VER
typedef volatile LONG fastnn_atomic;

static inline int fastnn_load(fastnn_atomic *at) { return (int)ReadAcquire(at); }
static inline void fastnn_store(fastnn_atomic *at, int value) { WriteRelease(at, (LONG)value); }
static inline int fastnn_add(fastnn_atomic *at, int value) { return (int)InterlockedExchangeAdd(at, (LONG)value); }
static inline int fastnn_exchange(fastnn_atomic *at, int value) { return (int)InterlockedExchange(at, (LONG)value); }
static inline int fastnn_load_ordered(fastnn_atomic *at) { return (int)InterlockedCompareExchange(at, 0, 0); }
#else
typedef int fastnn_atomic;

static inline int fastnn_load(fastnn_atomic *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
static inline void fastnn_store(fastnn_atomic *at, int value) { __atomic_store_n(at, value, __ATOMIC_RELEASE); }
static inline int fastnn_add(fastnn_atomic *at, int value) { return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); }
static inline int fastnn_exchange(fastnn_atomic *at, int value) {
    return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}
static inline int fastnn_load_ordered(fastnn_atomic *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
#endif

/* Counts what Python's threads do: where they have one lock in common, it orders them already. */
static inline void fastnn_count(fastnn_atomic *at, int value) {
#ifdef Py_GIL_DISABLED
    fastnn_add(at, value);
#else
    *at += value;
#endif
}

/* Tells the processor that the thread only waits. */
static inline void fastnn_pause(void) {
#ifdef _WIN32
    YieldProcessor();
#elif defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb" ::: "memory");
#else
    __asm__ __volatile__("" ::: "memory");
#endif
}

/* Lets another thread have the core, if one wants it. */
static inline void fastnn_yield(void) {
#ifdef _WIN32
    SwitchToThread();
#else
    sched_yield();
#endif
}

/* How often a thread looks at a barrier before it starts to give its core away between looks. A pause takes 25 ns on a
 * Zen 4 core, so that this is 10 microseconds: twenty times what a barrier takes when all are there. */
#define FASTNN_BARRIER_SPINS 400

/* Each counter has a cache line of its own: those who arrive do not disturb those who wait. */
typedef struct {
    fastnn_atomic arrived;
    char gap[64];
    fastnn_atomic generation;
    char end[64];
} Barrier;

static inline void barrier_init(Barrier *barrier) {
    fastnn_store(&barrier->arrived, 0);
    fastnn_store(&barrier->generation, 0);
}

static inline void barrier_wait(Barrier *barrier, int threads) {
    int generation = fastnn_load(&barrier->generation), spins = 0;
    if (fastnn_add(&barrier->arrived, 1) == threads - 1) {
        fastnn_store(&barrier->arrived, 0);
        fastnn_store(&barrier->generation, (int)((unsigned)generation + 1u));
        return;
    }
    while (fastnn_load(&barrier->generation) == generation) {
        if (++spins < FASTNN_BARRIER_SPINS)
            fastnn_pause();
        else
            fastnn_yield();
    }
}

#endif
