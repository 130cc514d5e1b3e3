# How many threads a training takes is found by trying: pieces of an epoch are timed with each number of threads, and
# the one with the least time a sample goes on. Every number gives the same bits, so that nothing else depends on it.
# Between the same two processors a cache line takes 50 ns or 500, minutes apart: trials come again, for a hundredth of
# the time.


cdef int start_timing(ThreadTimes* times, int threads, bint fixed) except -1:
    # From all threads down by halves to one; one number alone where it was asked for.
    times.count, times.chosen, times.warm = 0, 0, False
    while True:
        times.numbers[times.count] = threads
        times.count += 1
        if threads == 1 or fixed:
            break
        threads //= 2
    start_trials(times)
    return 0


cdef void start_trials(ThreadTimes* times) noexcept nogil:
    cdef int i
    times.trying, times.trial_time, times.time_since = times.count > 1, 0, 0
    for i in range(times.count):
        times.tries[i] = 0


cdef int number_to_try(const ThreadTimes* times) noexcept nogil:
    # The place of the next piece's number of threads.
    cdef int i, place = 0
    if not times.trying or not times.warm:
        return times.chosen
    for i in range(1, times.count):
        if times.tries[i] < times.tries[place]:
            place = i
    return place


cdef void note_time(ThreadTimes* times, int place, double nanoseconds, Py_ssize_t samples) noexcept nogil:
    cdef double time = nanoseconds / samples
    if not times.warm:
        # What a first piece brings into the caches is no matter of threads.
        times.warm = True
        return
    if not times.trying:
        times.time_since += nanoseconds
        if times.time_since > TIME_FOR_A_TRIAL * times.trial_time:
            start_trials(times)
        return
    times.trial_time += nanoseconds
    if times.tries[place] == 0 or time < times.fastest[place]:
        times.fastest[place] = time
    times.tries[place] += 1
    if is_decided(times):
        times.trying = False


cdef bint is_decided(ThreadTimes* times) noexcept nogil:
    # The fastest is chosen as soon as all were tried, if it is so by far, or else after three trials of each.
    cdef int i, fewest = times.tries[0], best = 0
    cdef bint by_far = True
    for i in range(times.count):
        fewest = min(fewest, times.tries[i])
        if times.tries[i] == 0:
            return False
        if times.fastest[i] < times.fastest[best]:
            best = i
    for i in range(times.count):
        by_far = by_far and (i == best or times.fastest[i] > FASTER_BY_FAR * times.fastest[best])
    times.chosen = best
    return by_far or fewest >= TRIALS


cdef void do_nothing(void* context, int thread, int threads) noexcept nogil:
    pass


def numbers_of_threads(int threads, times, int pieces):
    """The numbers of threads that pieces of a training take one after the other, if a piece takes ``times(number)``.

    >>> numbers_of_threads(2, {2: 1.0, 1: 1.5}.get, 6)
    [2, 2, 1, 2, 2, 2]
    """
    cdef ThreadTimes state
    cdef int place
    if not 1 <= threads <= MAXIMUM_THREADS:
        raise ValueError(f"threads must be from 1 to {MAXIMUM_THREADS}, but it is {threads}")
    start_timing(&state, threads, False)
    cdef list numbers = []
    for _ in range(pieces):
        place = number_to_try(&state)
        numbers.append(state.numbers[place])
        note_time(&state, place, times(state.numbers[place]), 1)
    return numbers
