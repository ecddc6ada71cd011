/* Batch normalisation and ReLU in as few passes over memory as there can be, on channels-last activations.

   An activation is `pixels` rows of `channels` values; row i begins at data + i * stride, so that a row may be the
   leading part of a wider one. All arithmetic is in float32; values are stored as float32 or bfloat16 (the upper half
   of a float32, rounded to the nearest, ties to even). Channels are a multiple of 16.

   Sums are split over threads by rows, in the same way for the same number of threads, so that a result repeats to
   the last bit. This file includes itself once for each of the two types. */

#ifndef TYPE
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

typedef float f16v __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t u16v __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t h16v __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint8_t b8v __attribute__((vector_size(16), aligned(1), may_alias));

#define LANES 16
#define ROWS 64 /* rows summed in float32 before they join a double */
#define NONE 255 /* of nine positions */
#define STEP 4  /* rows taken at once, so that sums are read and written a quarter as often */

static inline f16v load_f32(const float *p) { return *(const f16v *)p; }
static inline void store_f32(float *p, f16v v) { *(f16v *)p = v; }
#ifdef __AVX512BF16__
static inline f16v load_bf16(const uint16_t *p) {
  return (f16v)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16);
}
static inline void store_bf16(uint16_t *p, f16v v) {
  _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh((__m512)v));
}
static inline u16v load_bytes(const uint8_t *p) {
  return (u16v)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
}
#else
static inline f16v load_bf16(const uint16_t *p) {
  return (f16v)(__builtin_convertvector(*(const h16v *)p, u16v) << 16);
}
static inline void store_bf16(uint16_t *p, f16v v) {
  u16v bits = (u16v)v, number = (u16v)(v == v);
  bits = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  bits = (bits & number) | (0x7fc0 & ~number);
  *(h16v *)p = __builtin_convertvector(bits, h16v);
}
static inline u16v load_bytes(const uint8_t *p) { return __builtin_convertvector(*(const b8v *)p, u16v); }
#endif
/* Keeps NaN, as torch's ReLU does, so that a diverged training is seen. */
static inline f16v relu(f16v v) { return (f16v)((u16v)v & ~(u16v)(v <= 0)); }

/* Moves sums of float32 into those of double, and starts them anew. */
static void join(float *sums, double *totals, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) {
    totals[i] += sums[i];
    sums[i] = 0;
  }
}

/* Room for each thread's sums: `count` doubles, and as many floats behind them. All zero. */
static double *room(int threads, ptrdiff_t count) { return calloc((size_t)threads * count, sizeof(double) * 2); }

/* This thread's part, in a parallel region. There may be fewer threads than were asked for. */
static void share(ptrdiff_t rows, ptrdiff_t *begin, ptrdiff_t *end) {
  *begin = rows * omp_get_thread_num() / omp_get_num_threads();
  *end = rows * (omp_get_thread_num() + 1) / omp_get_num_threads();
}

#define TYPE float
#define BITS u16v
#define MAGNITUDE 0x7fffffffu
#define LOAD load_f32
#define STORE store_f32
#define NAME(name) name##_f32
#include __FILE__
#undef TYPE
#undef BITS
#undef MAGNITUDE
#undef LOAD
#undef STORE
#undef NAME
#define TYPE uint16_t
#define BITS h16v
#define MAGNITUDE (uint16_t)0x7fff
#define LOAD load_bf16
#define STORE store_bf16
#define NAME(name) name##_bf16
#include __FILE__

#else

/* Copies rows (unless `to` is NULL) and finds each channel's mean and biased variance over them.
   Deviations are summed from the first row's values, so that a large mean costs no digits. Returns 0, or -1 without
   memory. */
int NAME(statistics)(const TYPE *from, ptrdiff_t from_stride, TYPE *to, ptrdiff_t to_stride, ptrdiff_t rows,
                     ptrdiff_t channels, float *mean, float *variance, int threads) {
  double *totals = room(threads, 2 * channels);
  if (!totals) return -1;
#pragma omp parallel num_threads(threads)
  {
    ptrdiff_t begin, end;
    double *mine = totals + (size_t)omp_get_thread_num() * channels * 4;
    float *sums = (float *)(mine + 2 * channels), *squares = sums + channels;
    share(rows, &begin, &end);
    for (ptrdiff_t row = begin; row < end; row += STEP) {
      ptrdiff_t more = row + STEP <= end ? STEP : end - row;
      for (ptrdiff_t c = 0; c < channels; c += LANES) {
        f16v first = LOAD(from + c), sum = load_f32(sums + c), square = load_f32(squares + c);
        for (ptrdiff_t r = row; r < row + more; r++) {
          f16v value = LOAD(from + r * from_stride + c), off = value - first;
          sum += off;
          square += off * off;
          if (to) STORE(to + r * to_stride + c, value);
        }
        store_f32(sums + c, sum);
        store_f32(squares + c, square);
      }
      if ((row - begin) % ROWS == ROWS - STEP) join(sums, mine, 2 * channels);
    }
    join(sums, mine, 2 * channels);
  }
  for (ptrdiff_t c = 0; c < channels; c += LANES) {
    f16v first = LOAD(from + c);
    for (int lane = 0; lane < LANES; lane++) {
      double sum = 0, square = 0;
      for (int t = 0; t < threads; t++) {
        sum += totals[(size_t)t * channels * 4 + c + lane];
        square += totals[(size_t)t * channels * 4 + channels + c + lane];
      }
      double off = sum / rows, spread = square / rows - off * off;
      mean[c + lane] = (float)(first[lane] + off);
      variance[c + lane] = (float)(spread > 0 ? spread : spread == spread ? 0 : spread);
    }
  }
  free(totals);
  return 0;
}

/* y = relu(x * scale + shift + other), channel by channel; `other` may be NULL. */
void NAME(scale_relu)(const TYPE *x, ptrdiff_t x_stride, const float *scale, const float *shift, const TYPE *other,
                      ptrdiff_t other_stride, TYPE *y, ptrdiff_t y_stride, ptrdiff_t rows, ptrdiff_t channels,
                      int threads) {
#pragma omp parallel num_threads(threads)
  {
    ptrdiff_t begin, end;
    share(rows, &begin, &end);
    for (ptrdiff_t row = begin; row < end; row++)
      for (ptrdiff_t c = 0; c < channels; c += LANES) {
        f16v value = LOAD(x + row * x_stride + c) * load_f32(scale + c) + load_f32(shift + c);
        if (other) value += LOAD(other + row * other_stride + c);
        STORE(y + row * y_stride + c, relu(value));
      }
  }
}

/* dy where y > 0, else zero. */
static inline f16v NAME(passed)(f16v x, f16v scale, f16v shift, const TYPE *other, const TYPE *dy) {
  f16v value = x * scale + shift;
  if (other) value += LOAD(other);
  return (f16v)((u16v)LOAD(dy) & ~(u16v)(value <= 0));
}

/* What the gradient of y = relu(batch_norm(x) + other) needs first: `sums` receives sum(g) and then
   sum(g * (x - mean)) by channel, g being dy where y > 0. Returns 0, or -1 without memory. */
int NAME(relu_norm_sums)(const TYPE *x, ptrdiff_t x_stride, const TYPE *other, ptrdiff_t other_stride, const TYPE *dy,
                         ptrdiff_t dy_stride, const float *scale, const float *shift, const float *mean, float *sums,
                         ptrdiff_t rows, ptrdiff_t channels, int threads) {
  double *totals = room(threads, 2 * channels);
  if (!totals) return -1;
#pragma omp parallel num_threads(threads)
  {
    ptrdiff_t begin, end;
    double *mine = totals + (size_t)omp_get_thread_num() * channels * 4;
    float *plain = (float *)(mine + 2 * channels), *weighted = plain + channels;
    share(rows, &begin, &end);
    for (ptrdiff_t row = begin; row < end; row += STEP) {
      ptrdiff_t more = row + STEP <= end ? STEP : end - row;
      for (ptrdiff_t c = 0; c < channels; c += LANES) {
        f16v a = load_f32(scale + c), b = load_f32(shift + c), m = load_f32(mean + c);
        f16v sum = load_f32(plain + c), product = load_f32(weighted + c);
        for (ptrdiff_t r = row; r < row + more; r++) {
          f16v value = LOAD(x + r * x_stride + c);
          f16v g = NAME(passed)(value, a, b, other ? other + r * other_stride + c : NULL, dy + r * dy_stride + c);
          sum += g;
          product += g * (value - m);
        }
        store_f32(plain + c, sum);
        store_f32(weighted + c, product);
      }
      if ((row - begin) % ROWS == ROWS - STEP) join(plain, mine, 2 * channels);
    }
    join(plain, mine, 2 * channels);
  }
  for (ptrdiff_t c = 0; c < 2 * channels; c++) {
    double sum = 0;
    for (int t = 0; t < threads; t++) sum += totals[(size_t)t * channels * 4 + c];
    sums[c] = (float)sum;
  }
  free(totals);
  return 0;
}

/* dx = scale * g + offset + slope * (x - mean), added to what `dx` holds when `add` is set; `d_other`, where it is not
   NULL, receives g. */
void NAME(relu_norm_gradient)(const TYPE *x, ptrdiff_t x_stride, const TYPE *other, ptrdiff_t other_stride,
                              const TYPE *dy, ptrdiff_t dy_stride, const float *scale, const float *shift,
                              const float *mean, const float *offset, const float *slope, TYPE *dx,
                              ptrdiff_t dx_stride, int add, TYPE *d_other, ptrdiff_t d_other_stride, ptrdiff_t rows,
                              ptrdiff_t channels, int threads) {
#pragma omp parallel num_threads(threads)
  {
    ptrdiff_t begin, end;
    share(rows, &begin, &end);
    for (ptrdiff_t row = begin; row < end; row++)
      for (ptrdiff_t c = 0; c < channels; c += LANES) {
        f16v value = LOAD(x + row * x_stride + c), a = load_f32(scale + c);
        f16v g = NAME(passed)(value, a, load_f32(shift + c), other ? other + row * other_stride + c : NULL,
                              dy + row * dy_stride + c);
        if (d_other) STORE(d_other + row * d_other_stride + c, g);
        f16v d = a * g + load_f32(offset + c) + load_f32(slope + c) * (value - load_f32(mean + c));
        if (add) d += LOAD(dx + row * dx_stride + c);
        STORE(dx + row * dx_stride + c, d);
      }
  }
}

/* The largest of 3 x 3 positions at every second position of `count` images, with nothing around them. No value is
   below zero, so that the order of their bits is their own; NaN comes last and stays. */
void NAME(max_pool)(const TYPE *x, TYPE *y, ptrdiff_t count, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels,
                    int threads) {
  ptrdiff_t rows = (height + 1) / 2, columns = (width + 1) / 2;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t row = 0; row < count * rows; row++) {
    const TYPE *image = x + row / rows * height * width * channels;
    ptrdiff_t middle = row % rows * 2, top = middle ? middle - 1 : 0;
    ptrdiff_t bottom = middle + 1 < height ? middle + 1 : middle;
    for (ptrdiff_t column = 0; column < columns; column++) {
      ptrdiff_t left = column ? column * 2 - 1 : 0, right = column * 2 + 1 < width ? column * 2 + 1 : column * 2;
      for (ptrdiff_t c = 0; c < channels; c += LANES) {
        BITS most = {0};
        for (ptrdiff_t i = top; i <= bottom; i++)
          for (ptrdiff_t j = left; j <= right; j++) {
            BITS value = *(const BITS *)(image + (i * width + j) * channels + c) & MAGNITUDE;
            BITS more = (BITS)(value > most);
            most = (value & more) | (most & ~more);
          }
        *(BITS *)(y + (row * columns + column) * channels + c) = most;
      }
    }
  }
}

/* y = the largest of 3 x 3 positions, at every second position of `count` images, of relu(x * scale + shift). Which it
   was (0 to 8, line by line; the first of equals; NONE if it is zero) is written to `which`, and x there to `picked`.
   NaN is the largest. */
void NAME(relu_pool)(const TYPE *x, const float *scale, const float *shift, TYPE *y, TYPE *picked, uint8_t *which,
                     ptrdiff_t count, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, int threads) {
  ptrdiff_t rows = (height + 1) / 2, columns = (width + 1) / 2;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t row = 0; row < count * rows; row++)
    for (ptrdiff_t column = 0; column < columns; column++) {
      const TYPE *at[9];
      uint32_t number[9]; /* one that lies outside is another time one inside */
      for (ptrdiff_t k = 0; k < 9; k++) {
        ptrdiff_t line = row % rows * 2 + k / 3 - 1, place = column * 2 + k % 3 - 1;
        ptrdiff_t i = line < 0 || line >= height ? 1 : k / 3, j = place < 0 || place >= width ? 1 : k % 3;
        line = row / rows * height + row % rows * 2 + i - 1;
        at[k] = x + (line * width + column * 2 + j - 1) * channels;
        number[k] = (uint32_t)(3 * i + j);
      }
      for (ptrdiff_t c = 0; c < channels; c += LANES) {
        f16v a = load_f32(scale + c), b = load_f32(shift + c), of = LOAD(at[0] + c), most = of * a + b;
        u16v where = number[0] + (u16v){0};
#pragma GCC unroll 8
        for (int k = 1; k < 9; k++) {
          f16v value = LOAD(at[k] + c), z = value * a + b;
          u16v more = (u16v)(most == most) & ~(u16v)(z <= most);
          most = (f16v)(((u16v)z & more) | ((u16v)most & ~more));
          of = (f16v)(((u16v)value & more) | ((u16v)of & ~more));
          where = (number[k] & more) | (where & ~more);
        }
        ptrdiff_t to = (row * columns + column) * channels + c;
        STORE(y + to, relu(most));
        STORE(picked + to, of);
        *(b8v *)(which + to) = __builtin_convertvector(where | (u16v)(most <= 0), b8v);
      }
    }
}

/* The gradient of that by x, of batch_norm: as relu_norm_gradient's, g being the sum of dy of the places that picked a
   position. This is the part of one row of places: two rows of dx. The four positions between four places are computed
   at once. */
void NAME(relu_pool_gradient_row)(const TYPE *x, const uint8_t *which, const TYPE *dy, const float *scale,
                                  const float *mean, const float *offset, const float *slope, TYPE *dx, ptrdiff_t row,
                                  ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels) {
  ptrdiff_t rows = (height + 1) / 2, columns = (width + 1) / 2;
  uint8_t absent[channels];
  TYPE nowhere[channels];
  memset(absent, NONE, (size_t)channels);
  x += (row / rows * height + row % rows * 2) * width * channels;
  for (ptrdiff_t column = 0; column < columns; column++) {
    const uint8_t *which_at[4];
    const TYPE *dy_at[4], *x_at[4];
    TYPE *dx_at[4];
    for (ptrdiff_t k = 0; k < 4; k++) {
      ptrdiff_t i = row % rows + k / 2, j = column + k % 2, line = row % rows * 2 + k / 2, place = column * 2 + k % 2;
      ptrdiff_t from = ((row / rows * rows + i) * columns + j) * channels, to = (k / 2 * width + place) * channels;
      int missing = i == rows || j == columns, outside = line >= height || place >= width;
      which_at[k] = missing ? absent : which + from;
      dy_at[k] = missing ? dy : dy + from;
      x_at[k] = outside ? x : x + to;
      dx_at[k] = outside ? nowhere : dx + to;
    }
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
      u16v place[4];
      f16v given[4], g[4], a = load_f32(scale + c), m = load_f32(mean + c);
      f16v constant = load_f32(offset + c), multiple = load_f32(slope + c);
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) {
        place[k] = load_bytes(which_at[k] + c);
        given[k] = LOAD(dy_at[k] + c);
      }
#define PICKED(k, number) ((f16v)((u16v)given[k] & (u16v)(place[k] == number)))
      g[0] = PICKED(0, 4);
      g[1] = PICKED(0, 5) + PICKED(1, 3);
      g[2] = PICKED(0, 7) + PICKED(2, 1);
      g[3] = PICKED(0, 8) + PICKED(1, 6) + PICKED(2, 2) + PICKED(3, 0);
#undef PICKED
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) STORE(dx_at[k] + c, a * g[k] + constant + multiple * (LOAD(x_at[k] + c) - m));
    }
  }
}

/* All of it. */
void NAME(relu_pool_gradient)(const TYPE *x, const uint8_t *which, const TYPE *dy, const float *scale,
                              const float *mean, const float *offset, const float *slope, TYPE *dx, ptrdiff_t count,
                              ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, int threads) {
  ptrdiff_t rows = (height + 1) / 2;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t row = 0; row < count * rows; row++)
    NAME(relu_pool_gradient_row)(x, which, dy, scale, mean, offset, slope,
                                 dx + (row / rows * height + row % rows * 2) * width * channels, row, height, width,
                                 channels);
}

/* Copies rows of one stride to rows of another. */
void NAME(copy)(const TYPE *from, ptrdiff_t from_stride, TYPE *to, ptrdiff_t to_stride, ptrdiff_t rows,
                ptrdiff_t channels, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t row = 0; row < rows; row++)
    memcpy(to + row * to_stride, from + row * from_stride, (size_t)channels * sizeof(TYPE));
}

#endif
