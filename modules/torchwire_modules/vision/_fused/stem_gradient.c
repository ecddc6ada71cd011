/* The gradient by the weights of a network's first convolution, 7 x 7 at every second pixel of few channels, in
   bfloat16, from that of the max pool behind its norm and ReLU.

   The gradient by the convolution's result, the largest of all activations, is made two rows at a time and used while
   it is in the cache. Products are summed over pairs of positions beside each other: a tap sees values of a line that
   are two pixels apart, so lines are paired with themselves, moved by two pixels. */

#ifdef __AVX512BF16__

#include "pairs.h"

#define SIDE 7

/* Of kernels.c. */
void relu_pool_gradient_row_bf16(const bf16 *x, const uint8_t *which, const bf16 *dy, const float *scale,
                                 const float *mean, const float *offset, const float *slope, bf16 *dx, ptrdiff_t row,
                                 ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels);

/* Pairs of positions of a row, PANEL columns after PANEL columns; a missing last position is zero. */
static void row_paired(const bf16 *row, ptrdiff_t width, ptrdiff_t columns, pair *to) {
  ptrdiff_t pairs = (width + 1) / 2;
  for (ptrdiff_t p = 0; p < pairs; p++)
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      const bf16 *from = row + 2 * p * columns + c;
      __m256i one = _mm256_loadu_si256((const __m256i *)from), two = _mm256_setzero_si256();
      if (2 * p + 1 < width) two = _mm256_loadu_si256((const __m256i *)(from + columns));
      _mm512_storeu_si512(to + (c / PANEL * pairs + p) * PANEL + c % PANEL, paired(one, two));
    }
}

/* Each value of a line beside that `apart` further on; zero beyond the line. */
static void line_paired(const bf16 *line, ptrdiff_t length, ptrdiff_t apart, pair *to) {
  for (ptrdiff_t i = 0; i < length; i++) to[i] = line[i] | (i + apart < length ? (pair)line[i + apart] << 16 : 0);
}

/* dw[tap][column]: the gradient by the weights, of images with zeros around them, (images, height, line) values,
   `channels` to a pixel; SIDE lines of SIDE pixels are taps. The rest as in relu_pool_gradient of kernels.c: x is the
   convolution's result, (images, rows, width, columns). Returns 0, or -1 without memory. */
int stem_gradient(const bf16 *given, ptrdiff_t height, ptrdiff_t line, ptrdiff_t channels, const bf16 *x,
                  const uint8_t *which, const bf16 *dy, const float *scale, const float *mean, const float *offset,
                  const float *slope, float *dw, ptrdiff_t images, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t columns,
                  int threads) {
  ptrdiff_t pooled = (rows + 1) / 2, pairs = (width + 1) / 2, size = SIDE * SIDE * channels * columns;
  float *sums = calloc((size_t)threads * size, sizeof(float));
  int missing = 0;
#pragma omp parallel num_threads(threads) reduction(+ : missing)
  {
    ptrdiff_t begin, end;
    float *own = sums ? sums + omp_get_thread_num() * size : NULL;
    bf16 *dx = room(2 * width * columns * sizeof(bf16));
    pair *paired_row = room(pairs * columns * sizeof(pair)), *lines = room(SIDE * line * sizeof(pair));
    share(images * pooled, &begin, &end);
    missing = !sums || !dx || !paired_row || !lines;
    for (ptrdiff_t at = begin; at < end && !missing; at++) {
      relu_pool_gradient_row_bf16(x, which, dy, scale, mean, offset, slope, dx, at, rows, width, columns);
      for (ptrdiff_t row = at % pooled * 2; row < lesser(at % pooled * 2 + 2, rows); row++) {
        row_paired(dx + row % 2 * width * columns, width, columns, paired_row);
        for (ptrdiff_t i = 0; i < SIDE; i++)
          line_paired(given + (at / pooled * height + 2 * row + i) * line, line, 2 * channels, lines + i * line);
        for (ptrdiff_t c = 0; c < columns; c += PANEL)
          for (ptrdiff_t i = 0; i < SIDE; i++)
            for (ptrdiff_t tap = 0; tap < SIDE * channels; tap += SIDE)
              pairs_summed(own + (i * SIDE * channels + tap) * columns + c, columns, lines + i * line + tap, NULL,
                           4 * channels, paired_row + c * pairs, pairs, SIDE);
      }
    }
    free(dx);
    free(paired_row);
    free(lines);
  }
  for (ptrdiff_t i = 0; i < size && !missing; i++) {
    dw[i] = 0;
    for (int t = 0; t < threads; t++) dw[i] += sums[t * size + i];
  }
  free(sums);
  return missing ? -1 : 0;
}

#endif
