/* Which instruction sets beyond the baseline the processor has and the operating system lets programs use. */
#ifndef FASTNN_PROCESSOR_H
#define FASTNN_PROCESSOR_H

#if defined(__x86_64__) || defined(__i386__) || ((defined(_M_X64) || defined(_M_IX86)) && !defined(_M_ARM64EC))

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
static void fastnn_cpuid(unsigned leaf, unsigned registers[4]) { __cpuidex((int *)registers, (int)leaf, 0); }
static unsigned long long fastnn_saved_registers(void) { return _xgetbv(0); }
#else
#include <cpuid.h>
static void fastnn_cpuid(unsigned leaf, unsigned registers[4])
{
    registers[0] = registers[1] = registers[2] = registers[3] = 0;
    __get_cpuid_count(leaf, 0, &registers[0], &registers[1], &registers[2], &registers[3]);
}
static unsigned long long fastnn_saved_registers(void)
{
    unsigned low, high;
    __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (unsigned long long)high << 32 | low;
}
#endif

/* Intel's manual, volume 2, CPUID, and volume 1, 14.3 and 15.2: a processor's bits alone do not mean that the system
 * keeps the long registers when it gives the core to another thread. */
static int fastnn_all_bits(unsigned long long given, unsigned long long bits) { return (given & bits) == bits; }
static int fastnn_runs_avx2(void)
{
    unsigned features[4], more[4];
    fastnn_cpuid(0, features);
    if (features[0] < 7) return 0;
    fastnn_cpuid(1, features);
    fastnn_cpuid(7, more);
    /* FMA, OSXSAVE and AVX; the 16- and 32-byte registers; AVX2. */
    return fastnn_all_bits(features[2], 1u << 12 | 1u << 27 | 1u << 28) && fastnn_all_bits(fastnn_saved_registers(), 0x6)
        && fastnn_all_bits(more[1], 1u << 5);
}
static int fastnn_runs_avx512(void)
{
    unsigned more[4];
    if (!fastnn_runs_avx2()) return 0;
    fastnn_cpuid(7, more);
    /* The masks and the 64-byte registers, all 32; F, DQ, BW and VL. */
    return fastnn_all_bits(fastnn_saved_registers(), 0xe6) && fastnn_all_bits(more[1], 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31);
}

#else
static int fastnn_runs_avx2(void) { return 0; }
static int fastnn_runs_avx512(void) { return 0; }
#endif

#endif
