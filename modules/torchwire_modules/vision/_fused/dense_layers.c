/* The convolutions of dense layers in bfloat16, each with the batch norm and ReLU before it, forwards and backwards.

   For processors that multiply pairs of bfloat16 in vectors (AVX-512 BF16) and have no matrix unit. Activations are as
   in kernels.c: rows of channels, one for each position; channels are a multiple of 16. Products are summed in float32.

   A product of rows and weights is computed in strips of STRIP rows by PANEL columns, which fill the registers.
   Weights are packed for that: for each panel, tap and pair of channels, the pairs of PANEL columns side by side.
   Columns beyond the last are zero. A convolution of 3 x 3 is nine such products, of rows that are moved by a tap;
   rows around an image are zero. Work is split over threads in the same way for the same number of threads, so that a
   result repeats to the last bit. */

#ifndef __AVX512BF16__
int pairs(void) { return 0; }
#else

#include "pairs.h"

#define TAPS 9
#define ROWS 48        /* of a tile, of which the normalised channels stay in the cache */
#define PIXELS 448     /* about as many positions share a piece of padded lines */
#define GROUP 8        /* channels whose gradients are summed at once, by PANEL columns */
#define PAIRS 96       /* pairs of rows that are packed at once */

/* Whether the functions of this file and of winograd.c are there. */
int pairs(void) { return 1; }

static inline __m512 normalised(const bf16 *x, const float *scale, const float *shift) {
  return relu(_mm512_fmadd_ps(load(x), _mm512_loadu_ps(scale), _mm512_loadu_ps(shift)));
}
static ptrdiff_t panels(ptrdiff_t columns) { return (columns + PANEL - 1) / PANEL; }

/* Packs float32 weights: w[tap * tap_stride + depth * depth_stride + column * column_stride]. */
void pack_weights(const float *w, ptrdiff_t tap_stride, ptrdiff_t depth_stride, ptrdiff_t column_stride, ptrdiff_t taps,
                  ptrdiff_t depth, ptrdiff_t columns, bf16 *packed, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t line = 0; line < panels(columns) * taps; line++) {
    ptrdiff_t first = line / taps * PANEL, count = lesser(PANEL, columns - first);
    const float *from = w + line % taps * tap_stride + first * column_stride;
    for (ptrdiff_t d = 0; d < depth; d += 2)
      for (ptrdiff_t half = 0; half < PANEL; half += LANES) {
        __m512 one = _mm512_setzero_ps(), two = one;
        if (half < count)
          for (int lane = 0; lane < LANES; lane++) {
            one[lane] = from[d * depth_stride + (half + lane) * column_stride];
            two[lane] = from[(d + 1) * depth_stride + (half + lane) * column_stride];
          }
        _mm512_storeu_si512(packed + (line * depth + d) * PANEL + half * 2, paired(rounded(one), rounded(two)));
      }
  }
}

/* sums[r] = the row at rows[r], each moved by a tap, times a panel of packed weights. */
INLINED void multiplied(float (*restrict sums)[PANEL], const bf16 *const *rows, const ptrdiff_t *moves,
                        ptrdiff_t taps, ptrdiff_t depth, const bf16 *packed) {
  __m512 made[STRIP][2];
#pragma GCC unroll 12
  for (int r = 0; r < STRIP; r++) made[r][0] = made[r][1] = _mm512_setzero_ps();
  for (ptrdiff_t tap = 0; tap < taps; tap++) {
    const bf16 *from[STRIP];
#pragma GCC unroll 12
    for (int r = 0; r < STRIP; r++) from[r] = rows[r] + moves[tap];
    for (ptrdiff_t d = 0; d < depth; d += 2) {
      __m512bh one = both(packed), two = both(packed + PANEL);
      packed += 2 * PANEL;
#pragma GCC unroll 12
      for (int r = 0; r < STRIP; r++) {
        __m512bh value = spread(from[r] + d);
        made[r][0] = _mm512_dpbf16_ps(made[r][0], value, one);
        made[r][1] = _mm512_dpbf16_ps(made[r][1], value, two);
      }
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < STRIP; r++) {
    _mm512_store_ps(sums[r], made[r][0]);
    _mm512_store_ps(sums[r] + LANES, made[r][1]);
  }
}

/* Writes rows of a panel; with `bias`, relu(sums + bias). */
static inline void written(float (*sums)[PANEL], const float *bias, bf16 *y, ptrdiff_t stride, ptrdiff_t rows,
                           ptrdiff_t columns) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      __m512 value = _mm512_load_ps(sums[r] + c);
      store(y + r * stride + c, bias ? relu(_mm512_add_ps(value, _mm512_loadu_ps(bias + c))) : value);
    }
}

static const ptrdiff_t STILL[1] = {0};

/* One thread's part of `narrow`, in a tile of ROWS * (depth + LANES). */
static void narrow_part(const bf16 *x, ptrdiff_t x_stride, const float *scale, const float *shift, const bf16 *packed,
                        const float *bias, bf16 *y, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t columns, bf16 *tile) {
  float sums[STRIP][PANEL] __attribute__((aligned(64)));
  ptrdiff_t stride = depth + LANES;
  const bf16 *at[ROWS];
  for (ptrdiff_t first = 0; first < rows; first += ROWS) {
    ptrdiff_t count = lesser(ROWS, rows - first);
    for (ptrdiff_t r = 0; r < count; r++)
      for (ptrdiff_t c = 0; c < depth; c += LANES)
        store(tile + r * stride + c, normalised(x + (first + r) * x_stride + c, scale + c, shift + c));
    for (ptrdiff_t r = 0; r < ROWS; r++) at[r] = tile + (r < count ? r : 0) * stride;
    for (ptrdiff_t c = 0; c < columns; c += PANEL)
      for (ptrdiff_t r = 0; r < count; r += STRIP) {
        multiplied(sums, at + r, STILL, 1, depth, packed + c * depth);
        written(sums, bias ? bias + c : NULL, y + (first + r) * columns + c, columns, lesser(STRIP, count - r),
                lesser(PANEL, columns - c));
      }
  }
}

/* y = relu(x * scale + shift) times packed weights: a convolution of 1 x 1. With `bias`, relu(that + bias). Returns 0,
   or -1 without memory. */
int narrow(const bf16 *x, ptrdiff_t x_stride, const float *scale, const float *shift, const bf16 *packed,
           const float *bias, bf16 *y, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t columns, int threads) {
  int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed)
  {
    ptrdiff_t begin, end;
    share(rows, &begin, &end);
    bf16 *tile = room(sizeof(bf16) * ROWS * (depth + LANES));
    if (tile)
      narrow_part(x + begin * x_stride, x_stride, scale, shift, packed, bias, y + begin * columns, end - begin, depth,
                  columns, tile);
    failed = !tile;
    free(tile);
  }
  return -failed;
}

/* Lines of images with zeros around them: what a piece of a convolution of 3 x 3 reads. */
typedef struct {
  ptrdiff_t height, width, channels, most; /* lines of positions that are written at once */
  bf16 *values;                            /* (lines, width + 2, channels) */
  ptrdiff_t *starts;                       /* the first position read by each line that is written */
} Padded;

static int padded(Padded *made, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels) {
  ptrdiff_t most = (PIXELS + width - 1) / width, lines = most + 2 * (most / height + 2);
  *made = (Padded){height, width, channels, most, NULL, NULL};
  made->values = room(sizeof(bf16) * (lines * (width + 2) + 1) * channels);
  made->starts = room(sizeof(ptrdiff_t) * most);
  return made->values && made->starts;
}
static void dropped(Padded *made) {
  free(made->values);
  free(made->starts);
}

/* Fills it for `count` lines from line `first` on, counted over all images. With `scale`, relu(x * scale + shift).
   Returns the number of positions, those around included. */
static ptrdiff_t filled(Padded *to, const bf16 *x, const float *scale, const float *shift, ptrdiff_t first,
                        ptrdiff_t count) {
  ptrdiff_t channels = to->channels, wide = (to->width + 2) * channels, size = to->width * channels;
  bf16 *at = to->values;
  for (ptrdiff_t line = first; line < first + count;) {
    ptrdiff_t image = line / to->height * to->height, bottom = lesser(first + count, image + to->height);
    for (ptrdiff_t from = line - 1; from <= bottom; from++, at += wide) {
      if (from < image || from >= image + to->height) {
        memset(at, 0, wide * sizeof(bf16));
        continue;
      }
      memset(at, 0, channels * sizeof(bf16));
      memset(at + channels + size, 0, channels * sizeof(bf16));
      const bf16 *row = x + from * size;
      if (!scale)
        memcpy(at + channels, row, size * sizeof(bf16));
      else
        for (ptrdiff_t p = 0; p < size; p += channels)
          for (ptrdiff_t c = 0; c < channels; c += LANES)
            store(at + channels + p + c, normalised(row + p + c, scale + c, shift + c));
    }
    for (; line < bottom; line++)
      to->starts[line - first] = (at - to->values) / channels - (bottom - line + 2) * (to->width + 2);
  }
  return (at - to->values) / channels;
}

static void taps_of(const Padded *lines, ptrdiff_t *moves) {
  for (int tap = 0; tap < TAPS; tap++) moves[tap] = (tap / 3 * (lines->width + 2) + tap % 3) * lines->channels;
}

/* One thread's part of `grow`: `count` lines from line `first` on. */
static void grow_part(Padded *lines, const bf16 *x, const float *scale, const float *shift, const bf16 *packed, bf16 *y,
                      ptrdiff_t y_stride, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t count) {
  float sums[STRIP][PANEL] __attribute__((aligned(64)));
  ptrdiff_t width = lines->width, channels = lines->channels, moves[TAPS];
  taps_of(lines, moves);
  for (ptrdiff_t end = first + count; first < end; first += lines->most) {
    ptrdiff_t positions = lesser(lines->most, end - first) * width;
    filled(lines, x, scale, shift, first, positions / width);
    for (ptrdiff_t p = 0; p < positions; p += STRIP) {
      const bf16 *rows[STRIP];
      ptrdiff_t more = lesser(STRIP, positions - p);
      for (ptrdiff_t r = 0; r < STRIP; r++) {
        ptrdiff_t position = p + (r < more ? r : 0);
        rows[r] = lines->values + (lines->starts[position / width] + position % width) * channels;
      }
      for (ptrdiff_t c = 0; c < columns; c += PANEL) {
        multiplied(sums, rows, moves, TAPS, channels, packed + c * TAPS * channels);
        written(sums, NULL, y + (first * width + p) * y_stride + c, y_stride, more, lesser(PANEL, columns - c));
      }
    }
  }
}

/* y = a convolution of 3 x 3, with zeros around, of x (images, height, width, channels), or of relu(x * scale + shift)
   where `scale` is not NULL. Returns 0, or -1 without memory. */
int grow(const bf16 *x, const float *scale, const float *shift, const bf16 *packed, bf16 *y, ptrdiff_t y_stride,
         ptrdiff_t images, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, ptrdiff_t columns, int threads) {
  int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed)
  {
    ptrdiff_t begin, end;
    Padded lines;
    share(images * height, &begin, &end);
    failed = !padded(&lines, height, width, channels);
    if (!failed) grow_part(&lines, x, scale, shift, packed, y, y_stride, columns, begin, end - begin);
    dropped(&lines);
  }
  return -failed;
}

/* Images with zeros around them, (images, height, line) values, and the convolution at every second position that
   `stem` begins with: a position reads `depth` values of each of `taps` lines. */
typedef struct {
  const bf16 *images;
  ptrdiff_t height, line, channels; /* of the images */
  const bf16 *packed;
  const float *bias;
  ptrdiff_t taps, depth, rows, width, columns; /* of the result: (rows, width, columns) for each image */
} Stem;

/* Two rows of relu(bias + the convolution), or one where there is but one; without a bias, of the convolution. */
static void stem_rows(const Stem *of, ptrdiff_t image, ptrdiff_t row, bf16 *y) {
  float sums[STRIP][PANEL] __attribute__((aligned(64)));
  ptrdiff_t moves[TAPS], positions = lesser(2, of->rows - row) * of->width;
  for (ptrdiff_t tap = 0; tap < of->taps; tap++) moves[tap] = tap * of->line;
  for (ptrdiff_t p = 0; p < positions; p += STRIP) {
    const bf16 *at[STRIP];
    ptrdiff_t more = lesser(STRIP, positions - p);
    for (ptrdiff_t r = 0; r < STRIP; r++) {
      ptrdiff_t position = p + (r < more ? r : 0), line = image * of->height + (row + position / of->width) * 2;
      at[r] = of->images + line * of->line + position % of->width * 2 * of->channels;
    }
    for (ptrdiff_t c = 0; c < of->columns; c += PANEL) {
      multiplied(sums, at, moves, of->taps, of->depth, of->packed + c * of->taps * of->depth);
      written(sums, of->bias ? of->bias + c : NULL, y + p * of->columns + c, of->columns, more,
              lesser(PANEL, of->columns - c));
    }
  }
}

/* The largest of three positions beside each other, at every second one, of `count` rows. No value is below zero, so
   the order of their bits is their own; NaN comes last and stays. */
static void largest(const bf16 *const *rows, int count, ptrdiff_t width, ptrdiff_t columns, bf16 *y) {
  for (ptrdiff_t column = 0; column < width; column += 2, y += columns)
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      __m256i most = _mm256_setzero_si256();
      for (int row = 0; row < count; row++)
        for (ptrdiff_t near = column ? column - 1 : 0; near < lesser(column + 2, width); near++) {
          const bf16 *value = rows[row] + near * columns + c;
          most = _mm256_max_epu16(most, _mm256_loadu_si256((const __m256i *)value));
        }
      _mm256_storeu_si256((__m256i *)(y + c), most);
    }
}

/* y = the largest of 3 x 3 positions at every second one of relu(bias + a convolution at every second position), of
   images with zeros around them. Packed weights are in the order in which a position reads. Returns 0, or -1 without
   memory. */
int stem(const bf16 *x, ptrdiff_t height, ptrdiff_t line, ptrdiff_t channels, const bf16 *packed, const float *bias,
         bf16 *y, ptrdiff_t images, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns,
         int threads) {
  const Stem of = {x, height, line, channels, packed, bias, taps, depth, rows, width, columns};
  ptrdiff_t lines = (rows + 1) / 2, places = (width + 1) / 2, size = width * columns;
  int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed)
  {
    ptrdiff_t begin, end;
    share(images * lines, &begin, &end);
    bf16 *kept = room(sizeof(bf16) * 4 * size), *before = kept, *now = kept ? kept + 2 * size : NULL;
    failed = !kept;
    for (ptrdiff_t at = begin; at < end && kept; at++) {
      ptrdiff_t row = at % lines * 2, count = lesser(2, rows - row);
      const bf16 *read[3];
      if (at == begin && row) stem_rows(&of, at / lines, row - 2, before);
      stem_rows(&of, at / lines, row, now);
      for (ptrdiff_t r = 0; r < count; r++) read[r] = now + r * size;
      if (row) read[count] = before + size;
      largest(read, (int)count + (row > 0), width, columns, y + at * places * columns);
      bf16 *used = before;
      before = now;
      now = used;
    }
    free(kept);
  }
  return -failed;
}

/* y = a convolution of images as `stem` begins with. */
void stem_convolution(const bf16 *x, ptrdiff_t height, ptrdiff_t line, ptrdiff_t channels, const bf16 *packed, bf16 *y,
                      ptrdiff_t images, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t taps, ptrdiff_t depth,
                      ptrdiff_t columns, int threads) {
  const Stem of = {x, height, line, channels, packed, NULL, taps, depth, rows, width, columns};
  ptrdiff_t lines = (rows + 1) / 2;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t at = 0; at < images * lines; at++)
    stem_rows(&of, at / lines, at % lines * 2, y + (at / lines * rows + at % lines * 2) * width * columns);
}

/* Packs pairs of rows: for each `group` of channels, all pairs one after another, `room` of which there is room for. A
   missing last row, and channels that fill the last group, are zero. */
static void pair_rows(const bf16 *x, ptrdiff_t stride, const float *scale, const float *shift, ptrdiff_t rows,
                      ptrdiff_t channels, ptrdiff_t group, ptrdiff_t room, pair *to) {
  for (ptrdiff_t r = 0; r < rows; r += 2, to += group)
    for (ptrdiff_t c = 0; c < (channels + group - 1) / group * group; c += LANES) {
      __m256i one = _mm256_setzero_si256(), two = one;
      if (c < channels) {
        const bf16 *from = x + r * stride + c;
        one = scale ? rounded(normalised(from, scale + c, shift + c)) : _mm256_loadu_si256((const __m256i *)from);
        from += stride;
        if (r + 1 < rows)
          two = scale ? rounded(normalised(from, scale + c, shift + c)) : _mm256_loadu_si256((const __m256i *)from);
      }
      _mm512_storeu_si512(to + c / group * room * group + c % group, paired(one, two));
    }
}

/* out[line * line_stride + column * column_stride] = the sum over threads of their parts. */
static void gathered(const float *parts, ptrdiff_t lines, ptrdiff_t wide, float *out, ptrdiff_t line_stride,
                     ptrdiff_t column_stride, ptrdiff_t columns, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t line = 0; line < lines; line++)
    for (ptrdiff_t c = 0; c < columns; c++) {
      float sum = 0;
      for (int t = 0; t < threads; t++) sum += parts[(t * lines + line) * wide + c];
      out[line * line_stride + c * column_stride] = sum;
    }
}

/* The gradient by the weights of `narrow`, from that of its result: out (columns, depth). Returns 0, or -1 without
   memory. */
int narrow_weights(const bf16 *x, ptrdiff_t x_stride, const float *scale, const float *shift, const bf16 *dy,
                   float *out, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t columns, int threads) {
  ptrdiff_t wide = panels(depth) * PANEL;
  size_t size = sizeof(float) * columns * wide;
  float *parts = room(size * threads);
  int failed = !parts, given = 0;
  if (parts) {
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
      ptrdiff_t begin, end;
      share(rows, &begin, &end);
#pragma omp master
      given = omp_get_num_threads();
      float *mine = memset(parts + (size_t)omp_get_thread_num() * columns * wide, 0, size);
      pair *left = room(sizeof(pair) * PAIRS * columns), *right = room(sizeof(pair) * PAIRS * wide);
      failed = !left || !right;
      for (ptrdiff_t row = begin; row < end && !failed; row += 2 * PAIRS) {
        ptrdiff_t count = lesser(2 * PAIRS, end - row), pairs = (count + 1) / 2;
        pair_rows(dy + row * columns, columns, NULL, NULL, count, columns, LANES, PAIRS, left);
        pair_rows(x + row * x_stride, x_stride, scale, shift, count, depth, PANEL, PAIRS, right);
        for (ptrdiff_t d = 0; d < wide; d += PANEL)
          for (ptrdiff_t c = 0; c < columns; c += GROUP)
            pairs_summed(mine + c * wide + d, wide, left + c / LANES * LANES * PAIRS + c % LANES, NULL, LANES,
                         right + d * PAIRS, pairs, GROUP);
      }
      free(left);
      free(right);
    }
    if (!failed) gathered(parts, columns, wide, out, depth, 1, depth, given);
  }
  free(parts);
  return -failed;
}

/* The gradient by the weights of `grow`, from that of its result: out (columns, 9 taps, channels). Returns 0, or -1
   without memory. */
int grow_weights(const bf16 *x, const float *scale, const float *shift, const bf16 *dy, float *out, ptrdiff_t images,
                 ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, ptrdiff_t columns, int threads) {
  ptrdiff_t wide = panels(columns) * PANEL, per_line = (width + 1) / 2;
  size_t size = sizeof(float) * TAPS * channels * wide;
  float *parts = room(size * threads);
  int failed = !parts, given = 0;
  if (parts) {
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
      ptrdiff_t begin, end, moves[TAPS];
      Padded lines;
      share(images * height, &begin, &end);
#pragma omp master
      given = omp_get_num_threads();
      float *mine = memset(parts + (size_t)omp_get_thread_num() * TAPS * channels * wide, 0, size);
      failed = !padded(&lines, height, width, channels);
      taps_of(&lines, moves);
      ptrdiff_t most = lines.most * per_line, positions = (lines.most + 2 * (lines.most / height + 2)) * (width + 2);
      pair *left = room(sizeof(pair) * positions * channels), *right = room(sizeof(pair) * most * wide);
      ptrdiff_t *at = room(sizeof(ptrdiff_t) * most);
      failed |= !left || !right || !at;
      for (ptrdiff_t first = begin; first < end && !failed; first += lines.most) {
        ptrdiff_t count = lesser(lines.most, end - first), read = filled(&lines, x, scale, shift, first, count);
        memset(lines.values + read * channels, 0, channels * sizeof(bf16));
        for (ptrdiff_t c = 0; c < channels; c += LANES)
          for (ptrdiff_t i = 0; i < read; i++) {
            const bf16 *from = lines.values + i * channels + c;
            _mm512_storeu_si512(left + c * positions + i * LANES,
                                paired(_mm256_loadu_si256((const __m256i *)from),
                                       _mm256_loadu_si256((const __m256i *)(from + channels))));
          }
        for (ptrdiff_t line = 0; line < count; line++) {
          pair_rows(dy + (first + line) * width * columns, columns, NULL, NULL, width, columns, PANEL, most,
                    right + line * per_line * PANEL);
          for (ptrdiff_t p = 0; p < per_line; p++) at[line * per_line + p] = lines.starts[line] + 2 * p;
        }
        for (ptrdiff_t column = 0; column < wide; column += PANEL)
          for (int tap = 0; tap < TAPS; tap++)
            for (ptrdiff_t c = 0; c < channels; c += GROUP)
              pairs_summed(mine + (tap * channels + c) * wide + column, wide,
                           left + c / LANES * LANES * positions + moves[tap] / channels * LANES + c % LANES, at, LANES,
                           right + column * most, count * per_line, GROUP);
      }
      free(left);
      free(right);
      free(at);
      dropped(&lines);
    }
    if (!failed) gathered(parts, TAPS * channels, wide, out, 1, TAPS * channels, columns, given);
  }
  free(parts);
  return -failed;
}

/* The gradient by x of `narrow`, from that of its result: g, which is dy times packed weights where the ReLU let
   through. Adds scale * g to `flow`; `sums` receives sum(g) and then sum(g * (x - mean)) by channel, from which the
   norm's own share follows. Returns 0, or -1 without memory. */
int narrow_gradient(const bf16 *x, ptrdiff_t x_stride, const float *scale, const float *shift, const float *mean,
                    const bf16 *dy, const bf16 *packed, bf16 *flow, ptrdiff_t flow_stride, float *sums, ptrdiff_t rows,
                    ptrdiff_t depth, ptrdiff_t columns, int threads) {
  double *totals = calloc((size_t)threads * depth * 2, sizeof(double));
  if (!totals) return -1;
#pragma omp parallel num_threads(threads)
  {
    float made[STRIP][PANEL] __attribute__((aligned(64)));
    ptrdiff_t begin, end;
    double *mine = totals + (size_t)omp_get_thread_num() * depth * 2;
    share(rows, &begin, &end);
    for (ptrdiff_t first = begin; first < end; first += ROWS) {
      ptrdiff_t count = lesser(ROWS, end - first);
      const bf16 *at[ROWS];
      for (ptrdiff_t r = 0; r < ROWS; r++) at[r] = dy + (first + (r < count ? r : 0)) * columns;
      for (ptrdiff_t d = 0; d < depth; d += PANEL) {
        __m512 plain[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()}, weighted[2] = {plain[0], plain[0]};
        for (ptrdiff_t r = 0; r < count; r += STRIP) {
          for (ptrdiff_t i = first + r; i < first + lesser(r + STRIP, count); i++) { /* while the product is made */
            _mm_prefetch((const char *)(x + i * x_stride + d), _MM_HINT_T0);
            _mm_prefetch((const char *)(flow + i * flow_stride + d), _MM_HINT_T0);
          }
          multiplied(made, at + r, STILL, 1, columns, packed + d * columns);
          for (ptrdiff_t half = 0; half * LANES < lesser(PANEL, depth - d); half++) {
            ptrdiff_t c = d + half * LANES;
            __m512 a = _mm512_loadu_ps(scale + c), b = _mm512_loadu_ps(shift + c), m = _mm512_loadu_ps(mean + c);
            for (ptrdiff_t i = 0; i < lesser(STRIP, count - r); i++) {
              __m512 value = load(x + (first + r + i) * x_stride + c);
              __mmask16 passed = _mm512_cmp_ps_mask(_mm512_fmadd_ps(value, a, b), _mm512_setzero_ps(), _CMP_NLE_UQ);
              __m512 g = _mm512_maskz_load_ps(passed, made[i] + half * LANES);
              bf16 *onto = flow + (first + r + i) * flow_stride + c;
              plain[half] = _mm512_add_ps(plain[half], g);
              weighted[half] = _mm512_fmadd_ps(g, _mm512_sub_ps(value, m), weighted[half]);
              store(onto, _mm512_fmadd_ps(g, a, load(onto)));
            }
          }
        }
        for (ptrdiff_t c = 0; c < lesser(PANEL, depth - d); c++) {
          mine[d + c] += plain[c / LANES][c % LANES];
          mine[depth + d + c] += weighted[c / LANES][c % LANES];
        }
      }
    }
  }
  for (ptrdiff_t c = 0; c < 2 * depth; c++) {
    double sum = 0;
    for (int t = 0; t < threads; t++) sum += totals[(size_t)t * depth * 2 + c];
    sums[c] = (float)sum;
  }
  free(totals);
  return 0;
}

/* y = flow + offset + slope * (x - mean), channel by channel. */
void settled(const bf16 *flow, ptrdiff_t flow_stride, const bf16 *x, ptrdiff_t x_stride, const float *mean,
             const float *offset, const float *slope, bf16 *y, ptrdiff_t rows, ptrdiff_t channels, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t row = 0; row < rows; row++)
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
      __m512 off = _mm512_sub_ps(load(x + row * x_stride + c), _mm512_loadu_ps(mean + c));
      __m512 value = _mm512_add_ps(load(flow + row * flow_stride + c), _mm512_loadu_ps(offset + c));
      store(y + row * channels + c, _mm512_fmadd_ps(off, _mm512_loadu_ps(slope + c), value));
    }
}

#endif
