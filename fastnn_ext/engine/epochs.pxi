# A run over the data: weights are kept in case it fails, and Ctrl-C is looked for between its pieces.


cdef object epoch(TrainingSetup training, object progress):
    if training.steps_given:
        raise ValueError("a training with steps_given=True is for apply_gradients alone")
    save_weights(training)
    try:
        return epoch_unguarded(training, progress)
    except NonFiniteDataError:
        # Bad data in the only batch are found before its step.
        restore_weights(training, training.samples > training.run.batch_size)
        raise
    except FloatingPointError:
        restore_weights(training, True)
        raise


cdef object epoch_unguarded(TrainingSetup training, object progress):
    cdef Run* run = &training.run
    cdef Py_ssize_t batch = run.batch_size
    cdef double batch_work = work(training, 1.0) * batch
    cdef Py_ssize_t stride = batch if run.calls_python else \
        max(1, <Py_ssize_t> (WORK_BETWEEN_SIGNAL_CHECKS / batch_work)) * batch
    cdef Py_ssize_t timed = min(stride, max(1, <Py_ssize_t> (WORK_TIMED / batch_work)) * batch)
    cdef ThreadTimes* times
    cdef int h
    if training.beside != NULL:
        # The other thread begins and ends at any time.
        stride = timed
    run.outcome.total_loss = 0
    for h in range(run.head_count):
        run.heads[h].total_loss = 0
    run.outcome.bad_sample = run.outcome.failed = -1
    run.data.start = 0
    while run.data.start < training.samples:
        times = &training.times[training.beside != NULL and training.beside[0] != 0]
        run.data.stop = min(training.samples, run.data.start + (timed if times.trying else stride))
        run.first.moved, run.first.stays = run.data.start > 0, run.data.stop < training.samples
        run_samples(training, times)
        if run.outcome.error != NULL:
            raise_kept(run)
        if run.outcome.bad_sample >= 0:
            raise NonFiniteDataError(run.outcome.bad_sample)
        if run.outcome.failed >= 0:
            place = first_non_finite(training, min(batch, training.samples - run.outcome.failed))
            raise NonFiniteError(run.outcome.failed // batch, place)
        run.data.start = run.data.stop
        try:
            PyErr_CheckSignals()
            if progress is not None:
                progress(run.data.start, run.outcome.total_loss)
        except BaseException:
            # No samples, but the first layer's weights go back to where the model has them.
            run.first.moved, run.first.stays = run.first.stays, False
            run_samples(training, times)
            raise
    run.data.check = False
    if not run.inference:
        check_weights(training)
    return run.outcome.total_loss / training.samples + (training.penalty() if run.inference else 0)


cdef int run_samples(TrainingSetup training, ThreadTimes* times) except -1:
    # Those from data.start to data.stop.
    cdef Run* run = &training.run
    cdef int place = number_to_try(times), threads = times.numbers[place]
    cdef long long began
    with nogil:
        if times.trying and threads > 1 and not training.streaming:
            # Threads that slept while one worked are woken outside of the trial: between trials they do not sleep.
            pool_run(do_nothing, NULL, threads)
        began = fastnn_nanoseconds()
        if threads == 1:
            training.kernels.train(run, 0, 1)
        else:
            barrier_init(&run.barrier)
            pool_run(training.kernels.train, run, threads)
        if times.count > 1 and run.data.start < run.data.stop:
            note_time(times, place, <double> (fastnn_nanoseconds() - began), run.data.stop - run.data.start)
    return 0


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
