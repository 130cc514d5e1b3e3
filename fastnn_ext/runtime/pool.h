/* The process's one thread pool. Included by pool.pyx alone: a second copy would be a second pool.
 *
 * Workers are detached and never end. They touch nothing but static memory and the task of a run that is under way, so
 * that leaving the process with workers parked, or in the middle of a run, is safe. */
#ifndef FASTNN_POOL_H
#define FASTNN_POOL_H

#include "runtime/barrier.h"
#include "runtime/clock.h"

#define FASTNN_MAX_THREADS 1024

/* A thread that waits looks this often between two looks at the clock; gives its core away between looks from
 * YIELD_AFTER on, in case another thread needs it; and sleeps from PARK_AFTER on. Measured on two Zen 4 cores: a run
 * costs 0.2 microseconds before a worker parks and some 30 after, so that waiting longer than 50 buys little. Beside
 * two other busy processes, runs of 30 microseconds take 66 with yielding from 5 on, and 150 without.
 *
 * A worker that is woken may be put behind its waker on the same core, for up to 10 milliseconds: where runs are as long
 * as that, it waits for the next one for a WORTH_OF_A_RUN-th of the last, up to PARK_AT_LAST. On two Zen 3 cores one of
 * six predictions of 6 milliseconds, one behind the other, took twice as long; all together they take 0.85 to 0.95 of
 * the time that they took with PARK_AFTER alone. */
#define FASTNN_LOOKS 32
#define FASTNN_YIELD_AFTER_NS 5000
#define FASTNN_PARK_AFTER_NS 50000
#define FASTNN_PARK_AT_LAST_NS 1000000
#define FASTNN_WORTH_OF_A_RUN 4

typedef void (*fastnn_task)(void *context, int thread, int threads);

#ifdef _WIN32
#define FASTNN_EXPORT __declspec(dllexport)
#ifdef _MSC_VER
#define FASTNN_THREAD_LOCAL __declspec(thread)
#else
#define FASTNN_THREAD_LOCAL __thread
#endif
typedef SRWLOCK fastnn_mutex;
typedef CONDITION_VARIABLE fastnn_condition;

static void fastnn_mutex_init(fastnn_mutex *mutex) { InitializeSRWLock(mutex); }
static void fastnn_lock(fastnn_mutex *mutex) { AcquireSRWLockExclusive(mutex); }
static void fastnn_unlock(fastnn_mutex *mutex) { ReleaseSRWLockExclusive(mutex); }
static void fastnn_condition_init(fastnn_condition *condition) { InitializeConditionVariable(condition); }
static void fastnn_signal(fastnn_condition *condition) { WakeConditionVariable(condition); }
static void fastnn_sleep(fastnn_condition *condition, fastnn_mutex *mutex) {
    SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}
#elif defined(FASTNN_NO_THREADS)
#define FASTNN_EXPORT __attribute__((visibility("default")))
#define FASTNN_THREAD_LOCAL
typedef int fastnn_mutex;
typedef int fastnn_condition;

/* The one thread that there is finds nobody before it, and waits for nobody. */
static void fastnn_mutex_init(fastnn_mutex *mutex) { *mutex = 0; }
static void fastnn_lock(fastnn_mutex *mutex) { (void)mutex; }
static void fastnn_unlock(fastnn_mutex *mutex) { (void)mutex; }
static void fastnn_condition_init(fastnn_condition *condition) { *condition = 0; }
static void fastnn_signal(fastnn_condition *condition) { (void)condition; }
static void fastnn_sleep(fastnn_condition *condition, fastnn_mutex *mutex) { (void)condition, (void)mutex; }
#else
#include <pthread.h>
#include <signal.h>

#define FASTNN_EXPORT __attribute__((visibility("default")))
#define FASTNN_THREAD_LOCAL __thread
typedef pthread_mutex_t fastnn_mutex;
typedef pthread_cond_t fastnn_condition;

static void fastnn_mutex_init(fastnn_mutex *mutex) { pthread_mutex_init(mutex, NULL); }
static void fastnn_lock(fastnn_mutex *mutex) { pthread_mutex_lock(mutex); }
static void fastnn_unlock(fastnn_mutex *mutex) { pthread_mutex_unlock(mutex); }
static void fastnn_condition_init(fastnn_condition *condition) { pthread_cond_init(condition, NULL); }
static void fastnn_signal(fastnn_condition *condition) { pthread_cond_signal(condition); }
static void fastnn_sleep(fastnn_condition *condition, fastnn_mutex *mutex) { pthread_cond_wait(condition, mutex); }
#endif

/* A value that one thread waits for another to change. The gaps keep bells off each other's cache lines. */
typedef struct {
    fastnn_atomic value;
    fastnn_atomic parked;
    char gap[64];
    fastnn_mutex mutex;
    fastnn_condition condition;
    char end[64];
} fastnn_bell;

static struct {
    fastnn_atomic wanted;     /* what set_num_threads asked for */
    fastnn_atomic started;    /* workers alive */
    fastnn_atomic refused;    /* the system started no more: do not ask it at every run */
    fastnn_atomic registered; /* the handler of fork */
    char gap[64];
    fastnn_atomic busy; /* a run is under way: held by its caller, which alone writes what follows */
    fastnn_task task;
    void *context;
    int threads;
    char end[64];
    fastnn_atomic unfinished;
    fastnn_bell done;
    fastnn_bell workers[FASTNN_MAX_THREADS - 1];
} fastnn_pool;

static FASTNN_THREAD_LOCAL int fastnn_inside = 0;

static void fastnn_bell_init(fastnn_bell *bell) {
    fastnn_store(&bell->value, 0);
    fastnn_store(&bell->parked, 0);
    fastnn_mutex_init(&bell->mutex);
    fastnn_condition_init(&bell->condition);
}

static void fastnn_bell_ring(fastnn_bell *bell) {
    /* Ordered against the waiter, which says that it parks and then looks again: one of the two sees the other. */
    fastnn_add(&bell->value, 1);
    if (fastnn_load_ordered(&bell->parked)) {
        fastnn_lock(&bell->mutex);
        fastnn_unlock(&bell->mutex);
        fastnn_signal(&bell->condition);
    }
}

static int fastnn_bell_spin(fastnn_bell *bell, int old, long long patience) {
    long long start = 0, waited;
    int look, value;
    for (;;) {
        for (look = 0; look < FASTNN_LOOKS; look++) {
            value = fastnn_load(&bell->value);
            if (value != old)
                return value;
            fastnn_pause();
        }
        waited = fastnn_nanoseconds();
        if (start == 0)
            start = waited;
        waited -= start;
        if (waited > patience)
            return old;
        if (waited > FASTNN_YIELD_AFTER_NS)
            fastnn_yield();
    }
}

/* Waits until the value is no longer old, awake for so many nanoseconds, and returns it. */
static int fastnn_bell_wait(fastnn_bell *bell, int old, long long patience) {
    int value = fastnn_bell_spin(bell, old, patience);
    if (value != old)
        return value;
    fastnn_lock(&bell->mutex);
    fastnn_exchange(&bell->parked, 1);
    while ((value = fastnn_load_ordered(&bell->value)) == old)
        fastnn_sleep(&bell->condition, &bell->mutex);
    fastnn_store(&bell->parked, 0);
    fastnn_unlock(&bell->mutex);
    return value;
}

static long long fastnn_patience_after(long long run) {
    long long patience = run / FASTNN_WORTH_OF_A_RUN;
    if (patience < FASTNN_PARK_AFTER_NS)
        return FASTNN_PARK_AFTER_NS;
    return patience < FASTNN_PARK_AT_LAST_NS ? patience : FASTNN_PARK_AT_LAST_NS;
}

static void fastnn_work(fastnn_bell *bell) {
    int thread = (int)(bell - fastnn_pool.workers) + 1, seen = 0;
    long long patience = FASTNN_PARK_AFTER_NS, began;
    fastnn_inside = 1;
    for (;;) {
        seen = fastnn_bell_wait(bell, seen, patience);
        began = fastnn_nanoseconds();
        fastnn_pool.task(fastnn_pool.context, thread, fastnn_pool.threads);
        if (fastnn_add(&fastnn_pool.unfinished, -1) == 1)
            fastnn_bell_ring(&fastnn_pool.done);
        patience = fastnn_patience_after(fastnn_nanoseconds() - began);
    }
}

#ifdef _WIN32
static DWORD WINAPI fastnn_worker_main(LPVOID bell) {
    fastnn_work((fastnn_bell *)bell);
    return 0;
}

static int fastnn_start_thread(fastnn_bell *bell) {
    HANDLE thread = CreateThread(NULL, 0, fastnn_worker_main, bell, 0, NULL);
    if (thread == NULL)
        return 0;
    CloseHandle(thread);
    return 1;
}
#elif defined(FASTNN_NO_THREADS)
static int fastnn_start_thread(fastnn_bell *bell) { return (void)bell, 0; }
#else
static void *fastnn_worker_main(void *bell) {
    fastnn_work((fastnn_bell *)bell);
    return NULL;
}

static int fastnn_start_thread(fastnn_bell *bell) {
    pthread_t thread;
    sigset_t all, before;
    int failed;
    /* A worker takes no signal, so that Ctrl-C interrupts the thread that Python expects; it keeps its own crashes. */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGABRT);
    sigdelset(&all, SIGTRAP);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return 0;
    failed = pthread_create(&thread, NULL, fastnn_worker_main, bell);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return 0;
    pthread_detach(thread);
    return 1;
}

/* A child of fork has none of its parent's workers. Their locks are made anew when it starts its own. */
static void fastnn_pool_after_fork(void) {
    fastnn_store(&fastnn_pool.started, 0);
    fastnn_store(&fastnn_pool.refused, 0);
    fastnn_store(&fastnn_pool.busy, 0);
}
#endif

/* Called when the module is imported: a fork before the first run must find its handler in place. */
static void fastnn_pool_register(void) {
#if !defined(_WIN32) && !defined(FASTNN_NO_THREADS)
    if (fastnn_exchange(&fastnn_pool.registered, 1) == 0)
        pthread_atfork(NULL, NULL, fastnn_pool_after_fork);
#endif
}

/* Brings the pool to so many workers; returns how many of them there are. Only for the holder of busy. */
static int fastnn_pool_start(int workers) {
    int started = fastnn_load(&fastnn_pool.started);
    if (started == 0)
        fastnn_bell_init(&fastnn_pool.done);
    while (started < workers && !fastnn_load(&fastnn_pool.refused)) {
        fastnn_bell_init(&fastnn_pool.workers[started]);
        if (!fastnn_start_thread(&fastnn_pool.workers[started]))
            fastnn_store(&fastnn_pool.refused, 1);
        else
            fastnn_store(&fastnn_pool.started, ++started);
    }
    return started < workers ? started : workers;
}

static int fastnn_pool_run(fastnn_task task, void *context, int threads) {
    int i, done, before = fastnn_inside;
    if (threads > FASTNN_MAX_THREADS)
        threads = FASTNN_MAX_THREADS;
    fastnn_inside = 1;
    if (threads > 1 && !before && !fastnn_load(&fastnn_pool.busy) && fastnn_exchange(&fastnn_pool.busy, 1) == 0) {
        threads = 1 + fastnn_pool_start(threads - 1);
        fastnn_pool.task = task;
        fastnn_pool.context = context;
        fastnn_pool.threads = threads;
        fastnn_store(&fastnn_pool.unfinished, threads - 1);
        done = fastnn_load(&fastnn_pool.done.value);
        for (i = 0; i < threads - 1; i++)
            fastnn_bell_ring(&fastnn_pool.workers[i]);
        task(context, 0, threads);
        if (threads > 1)
            fastnn_bell_wait(&fastnn_pool.done, done, FASTNN_PARK_AFTER_NS);
        fastnn_store(&fastnn_pool.busy, 0);
    } else {
        threads = 1;
        task(context, 0, 1);
    }
    fastnn_inside = before;
    return threads;
}

/* Exported by name for threadpoolctl. */
FASTNN_EXPORT int fastnn_pool_get_num_threads(void) { return fastnn_load(&fastnn_pool.wanted); }

FASTNN_EXPORT void fastnn_pool_set_num_threads(int threads) {
    threads = threads < 1 ? 1 : threads > FASTNN_MAX_THREADS ? FASTNN_MAX_THREADS : threads;
    fastnn_store(&fastnn_pool.wanted, threads);
    fastnn_store(&fastnn_pool.refused, 0);
}

static int fastnn_pool_started(void) { return fastnn_load(&fastnn_pool.started); }

#endif
