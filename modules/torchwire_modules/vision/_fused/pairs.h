/* What the kernels for pairs of bfloat16 share. For processors that multiply such pairs in vectors (AVX-512 BF16). */

#include <immintrin.h>
#include <omp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STRIP 12 /* rows whose products fill the registers, */
#define PANEL 32 /* by columns */
#define LANES 16 /* float32 values of a vector */

#define INLINED static inline __attribute__((always_inline))

typedef uint16_t bf16;
typedef uint32_t pair __attribute__((may_alias));

static inline __m512 load(const bf16 *p) {
  return (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16);
}
static inline __m256i rounded(__m512 v) { return (__m256i)_mm512_cvtneps_pbh(v); }
static inline void store(bf16 *p, __m512 v) { _mm256_storeu_si256((__m256i *)p, rounded(v)); }
static inline __m512bh both(const void *p) { return (__m512bh)_mm512_loadu_si512(p); }
static inline __m512bh spread(const void *p) { return (__m512bh)_mm512_set1_epi32((int)*(const pair *)p); }
/* Keeps NaN. */
static inline __m512 relu(__m512 v) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NLE_UQ), v);
}
/* Two rows' channels side by side. */
static inline __m512i paired(__m256i one, __m256i two) {
  return _mm512_or_si512(_mm512_cvtepu16_epi32(one), _mm512_slli_epi32(_mm512_cvtepu16_epi32(two), 16));
}

/* This thread's part, in a parallel region. There may be fewer threads than were asked for. */
static void share(ptrdiff_t count, ptrdiff_t *begin, ptrdiff_t *end) {
  *begin = count * omp_get_thread_num() / omp_get_num_threads();
  *end = count * (omp_get_thread_num() + 1) / omp_get_num_threads();
}
static ptrdiff_t lesser(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
static void *room(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

/* sums[g] += for each pair of rows, one value of the first operand's times PANEL of the second's, for `group` g (a
   constant, 8 at most). The first operand's pairs are `step` apart, or each `at` some of those places. */
INLINED void pairs_summed(float *sums, ptrdiff_t stride, const pair *one, const ptrdiff_t *at, ptrdiff_t step,
                          const pair *two, ptrdiff_t pairs, int group) {
  __m512 made[8][2];
#pragma GCC unroll 8
  for (int g = 0; g < group; g++) {
    made[g][0] = _mm512_loadu_ps(sums + g * stride);
    made[g][1] = _mm512_loadu_ps(sums + g * stride + LANES);
  }
  for (ptrdiff_t p = 0; p < pairs; p++) {
    const pair *from = one + (at ? at[p] : p) * step;
    __m512bh left = both(two + p * PANEL), right = both(two + p * PANEL + LANES);
#pragma GCC unroll 8
    for (int g = 0; g < group; g++) {
      __m512bh value = spread(from + g);
      made[g][0] = _mm512_dpbf16_ps(made[g][0], value, left);
      made[g][1] = _mm512_dpbf16_ps(made[g][1], value, right);
    }
  }
#pragma GCC unroll 8
  for (int g = 0; g < group; g++) {
    _mm512_storeu_ps(sums + g * stride, made[g][0]);
    _mm512_storeu_ps(sums + g * stride + LANES, made[g][1]);
  }
}
