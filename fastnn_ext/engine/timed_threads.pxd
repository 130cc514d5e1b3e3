# How many threads work takes is found by trying: pieces of an epoch, or predictions of few rows, are timed with each
# number of threads, and the one with the least time a sample goes on. Every number gives the same bits, so that nothing
# else depends on it. Between the same two processors a cache line takes 50 ns or 500, minutes apart: trials come again,
# for a hundredth of the time. A trial is short, and may meet a moment in which another thread, such as one that reads
# ahead, leaves a processor alone: how much longer pieces took between trials counts against their number of threads,
# less and less while another one is used.


cdef extern from "runtime/clock.h" nogil:
    long long fastnn_nanoseconds() noexcept


cdef enum:
    # From MAXIMUM_THREADS down to one by halves.
    NUMBERS_OF_THREADS = 7
    # The share of all time that trials take is one in so many; by how much, in percent, a number of threads has to be
    # the fastest to be taken at once; and after how many trials of each the fastest is taken anyway.
    TIME_FOR_A_TRIAL = 100
    FASTER_BY_FAR = 125
    TRIALS = 3
    # How many times as long pieces may have taken, at most, to count against a number, as one pause is no rule; and
    # what is left of it after each trial, in percent.
    LARGEST_EXCESS = 2
    REMEMBERED = 90


cdef struct ThreadTimes:
    int numbers[NUMBERS_OF_THREADS]
    int count                       # of them; 1: there is nothing to try; 0: nothing was begun
    int tries[NUMBERS_OF_THREADS]
    double fastest[NUMBERS_OF_THREADS]  # nanoseconds of a sample, in these trials
    double excess[NUMBERS_OF_THREADS]   # how many times as long samples took between trials, at least once
    int chosen                      # the place of the number that is used between trials
    bint warm                       # a first piece has run
    bint trying
    double trial_time               # nanoseconds that the trials took, and that have gone by since
    double time_since
    double samples_since


cdef inline void start_trials(ThreadTimes* times) noexcept nogil:
    cdef int i
    for i in range(times.count):
        times.excess[i] = 1 + (times.excess[i] - 1) * REMEMBERED / 100
        times.tries[i] = 0
    if times.samples_since > 0:
        i = times.chosen
        times.excess[i] = times.time_since / times.samples_since / times.fastest[i]
        times.excess[i] = min(max(1.0, times.excess[i]), <double> LARGEST_EXCESS)
    times.trying, times.trial_time, times.time_since, times.samples_since = times.count > 1, 0, 0, 0


cdef inline void start_timing(ThreadTimes* times, int threads, bint fixed) noexcept nogil:
    # From all threads down by halves to one; one number alone where it was asked for.
    times.count, times.chosen, times.warm, times.samples_since = 0, 0, False, 0
    while True:
        times.numbers[times.count] = threads
        times.excess[times.count] = 1
        times.count += 1
        if threads == 1 or fixed:
            break
        threads //= 2
    start_trials(times)


cdef inline int number_to_try(const ThreadTimes* times) noexcept nogil:
    # The place of the next piece's number of threads.
    cdef int i, place = 0
    if not times.trying or not times.warm:
        return times.chosen
    for i in range(1, times.count):
        if times.tries[i] < times.tries[place]:
            place = i
    return place


cdef inline double usual_time(const ThreadTimes* times, int place) noexcept nogil:
    return times.fastest[place] * times.excess[place]


cdef inline bint is_decided(ThreadTimes* times) noexcept nogil:
    # The fastest is chosen as soon as all were tried, if it is so by far, or else after three trials of each.
    cdef int i, fewest = times.tries[0], best = 0
    cdef bint by_far = True
    for i in range(times.count):
        fewest = min(fewest, times.tries[i])
        if times.tries[i] == 0:
            return False
        if usual_time(times, i) < usual_time(times, best):
            best = i
    for i in range(times.count):
        if i != best and 100 * usual_time(times, i) <= FASTER_BY_FAR * usual_time(times, best):
            by_far = False
    times.chosen = best
    return by_far or fewest >= TRIALS


cdef inline void note_time(ThreadTimes* times, int place, double nanoseconds, Py_ssize_t samples) noexcept nogil:
    cdef double time = nanoseconds / samples
    if not times.warm:
        # What a first piece brings into the caches is no matter of threads.
        times.warm = True
        return
    if not times.trying:
        times.time_since += nanoseconds
        times.samples_since += samples
        if times.time_since > TIME_FOR_A_TRIAL * times.trial_time:
            start_trials(times)
        return
    times.trial_time += nanoseconds
    if times.tries[place] == 0 or time < times.fastest[place]:
        times.fastest[place] = time
    times.tries[place] += 1
    if is_decided(times):
        times.trying = False
