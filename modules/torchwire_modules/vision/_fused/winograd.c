/* Convolutions of 3 x 3 in bfloat16 by the minimal filtering of Winograd, forwards and backwards.

   Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308: a tile of 2 x 2 results
   is computed from the 4 x 4 positions it sees, in 16 products for each pair of channels where the plain sum takes 36.
   Positions and weights are transformed for that (their B and G), and the products back (their A):

       result = A' ((G weight G') * (B' seen B)) A

   Each of the 16 places of a tile is a product of rows (tiles) and weights by itself. The gradient by the weights sums
   products over tiles instead, of what was seen and of A gradient A', and goes back through G. Transforms are made in
   float32 and rounded once; products are summed in float32. Tiles reach over the edge of an image: what lies outside
   is zero, and results there are left out.

   Activations are as in kernels.c, without gaps; columns are a multiple of PANEL, depth of LANES, and of WIDE for the
   gradient by weights. Work is split over threads in the same way for the same number of threads, so that a result
   repeats to the last bit. */

#ifdef __AVX512BF16__

#include "pairs.h"

#define PLACES 16            /* of a tile */
#define CACHED (512 << 10)   /* bytes of transformed tiles that one thread keeps at a time, */
#define SHARED (9 << 20)     /* and of those that all threads share */
#define WIDE 64              /* columns whose gradients are summed at once, */
#define FEW 4                /* by rows */

/* Where tiles lie: `lines` by `across` of them in an image, `count` in all. */
typedef struct {
  ptrdiff_t height, width, lines, across, count;
} tiling;

static tiling tiling_of(ptrdiff_t images, ptrdiff_t height, ptrdiff_t width) {
  ptrdiff_t lines = (height + 1) / 2, across = (width + 1) / 2;
  return (tiling){height, width, lines, across, images * lines * across};
}

/* What is convolved: x, or relu(x * scale + shift) if scale is given; and zeros of both types for what lies outside. */
typedef struct {
  const bf16 *x;
  const float *scale, *shift;
  const bf16 *zeros;
  const float *nothing;
} input;

/* The channels of side * side positions of a tile from its corner moved by `moved`; zeros for those outside. */
INLINED void found(const bf16 *x, const tiling *all, ptrdiff_t tile, ptrdiff_t side, ptrdiff_t moved,
                   ptrdiff_t channels, const bf16 *zeros, const bf16 **at) {
  ptrdiff_t image = tile / all->across / all->lines, line = tile / all->across % all->lines * 2 + moved;
  ptrdiff_t place = tile % all->across * 2 + moved;
  for (ptrdiff_t i = 0; i < side; i++)
    for (ptrdiff_t j = 0; j < side; j++) {
      ptrdiff_t r = line + i, c = place + j;
      int inside = tile < all->count && r >= 0 && r < all->height && c >= 0 && c < all->width;
      at[side * i + j] = inside ? x + ((image * all->height + r) * all->width + c) * channels : zeros;
    }
}

/* Where a tile's 4 x 4 positions lie, and what is added to them. */
typedef struct {
  const bf16 *at[PLACES];
  const float *shift[PLACES];
} view;

INLINED void viewed(const input *in, const tiling *all, ptrdiff_t tile, ptrdiff_t depth, view *to) {
  found(in->x, all, tile, 4, -1, depth, in->zeros, to->at);
  for (int p = 0; p < PLACES; p++) to->shift[p] = to->at[p] == in->zeros ? in->nothing : in->shift;
}

/* LANES channels of a tile as it is seen, from channel c. */
INLINED void view_loaded(const input *in, const view *of, ptrdiff_t c, int normed, __m512 *d) {
  __m512 scale = normed ? _mm512_loadu_ps(in->scale + c) : _mm512_setzero_ps();
#pragma GCC unroll 16
  for (int p = 0; p < PLACES; p++) {
    d[p] = load(of->at[p] + c);
    if (normed) d[p] = relu(_mm512_fmadd_ps(d[p], scale, _mm512_loadu_ps(of->shift[p] + c)));
  }
}

/* G w G'. */
INLINED void weights_widened(const __m512 *w, __m512 *u) {
  const __m512 half = _mm512_set1_ps(0.5f);
  __m512 t[12];
#pragma GCC unroll 3
  for (int j = 0; j < 3; j++) {
    __m512 sum = _mm512_mul_ps(_mm512_add_ps(w[j], w[6 + j]), half), mid = _mm512_mul_ps(w[3 + j], half);
    t[j] = w[j];
    t[3 + j] = _mm512_add_ps(sum, mid);
    t[6 + j] = _mm512_sub_ps(sum, mid);
    t[9 + j] = w[6 + j];
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    __m512 sum = _mm512_mul_ps(_mm512_add_ps(t[3 * i], t[3 * i + 2]), half), mid = _mm512_mul_ps(t[3 * i + 1], half);
    u[4 * i] = t[3 * i];
    u[4 * i + 1] = _mm512_add_ps(sum, mid);
    u[4 * i + 2] = _mm512_sub_ps(sum, mid);
    u[4 * i + 3] = t[3 * i + 2];
  }
}

/* `count` rows of B' d B, from the `first` on. */
INLINED void seen_transformed(const __m512 *d, int first, int count, __m512 *to) {
#pragma GCC unroll 4
  for (int i = first; i < first + count; i++) {
    __m512 t[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      __m512 a = d[j], b = d[4 + j], c = d[8 + j], e = d[12 + j];
      t[j] = i == 1 ? _mm512_add_ps(b, c) : _mm512_sub_ps(i == 0 ? a : i == 2 ? c : b, i == 0 ? c : i == 2 ? b : e);
    }
    __m512 *row = to + 4 * (i - first);
    row[0] = _mm512_sub_ps(t[0], t[2]);
    row[1] = _mm512_add_ps(t[1], t[2]);
    row[2] = _mm512_sub_ps(t[2], t[1]);
    row[3] = _mm512_sub_ps(t[1], t[3]);
  }
}

/* A' m A: 4 of 16. */
INLINED void products_gathered(const __m512 *m, __m512 *y) {
  __m512 t[8];
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) {
    __m512 mid = _mm512_add_ps(m[4 + j], m[8 + j]), rest = _mm512_sub_ps(m[4 + j], m[8 + j]);
    t[j] = _mm512_add_ps(m[j], mid);
    t[4 + j] = _mm512_sub_ps(rest, m[12 + j]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; i++) {
    __m512 mid = _mm512_add_ps(t[4 * i + 1], t[4 * i + 2]), rest = _mm512_sub_ps(t[4 * i + 1], t[4 * i + 2]);
    y[2 * i] = _mm512_add_ps(t[4 * i], mid);
    y[2 * i + 1] = _mm512_sub_ps(rest, t[4 * i + 3]);
  }
}

/* `count` rows of A y A', 4 x 4 of 2 x 2, from the `first` on. */
INLINED void gradient_widened(const __m512 *y, int first, int count, __m512 *to) {
  const __m512 none = _mm512_setzero_ps();
#pragma GCC unroll 4
  for (int i = first; i < first + count; i++) {
    __m512 t[2];
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++)
      t[j] = i == 0 ? y[j] : i == 1 ? _mm512_add_ps(y[j], y[2 + j]) : _mm512_sub_ps(i == 2 ? y[j] : none, y[2 + j]);
    __m512 *row = to + 4 * (i - first);
    row[0] = t[0];
    row[1] = _mm512_add_ps(t[0], t[1]);
    row[2] = _mm512_sub_ps(t[0], t[1]);
    row[3] = _mm512_sub_ps(none, t[1]);
  }
}

/* Turns 16 rows of 8 pairs to 8 rows of 16 pairs, `stride` apart. */
INLINED void turned(const uint32_t *rows, bf16 *to, ptrdiff_t stride) {
  const __m512i low = _mm512_setr_epi32(0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27);
  const __m512i high = _mm512_setr_epi32(4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31);
  __m512i lows[4], highs[4]; /* four rows' pairs, by column: 0 0 0 0 1 1 1 1 ... */
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    __m512i one = _mm512_load_si512(rows + 32 * i), two = _mm512_load_si512(rows + 32 * i + 16);
    lows[i] = _mm512_permutex2var_epi32(one, low, two);
    highs[i] = _mm512_permutex2var_epi32(one, high, two);
  }
#pragma GCC unroll 2
  for (int h = 0; h < 2; h++) {
    __m512i *v = h ? highs : lows;
    __m512i a = _mm512_shuffle_i32x4(v[0], v[1], 0x44), b = _mm512_shuffle_i32x4(v[0], v[1], 0xee);
    __m512i c = _mm512_shuffle_i32x4(v[2], v[3], 0x44), d = _mm512_shuffle_i32x4(v[2], v[3], 0xee);
    bf16 *at = to + 4 * h * stride;
    _mm512_storeu_si512(at, _mm512_shuffle_i32x4(a, c, 0x88));
    _mm512_storeu_si512(at + stride, _mm512_shuffle_i32x4(a, c, 0xdd));
    _mm512_storeu_si512(at + 2 * stride, _mm512_shuffle_i32x4(b, d, 0x88));
    _mm512_storeu_si512(at + 3 * stride, _mm512_shuffle_i32x4(b, d, 0xdd));
  }
}

/* Transforms and packs float32 weights (columns, 3, 3, depth): for each panel, place and pair of channels, the pairs of
   PANEL columns side by side. */
void winograd_weights(const float *w, ptrdiff_t depth, ptrdiff_t columns, bf16 *packed, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) collapse(2)
  for (ptrdiff_t first = 0; first < columns; first += LANES)
    for (ptrdiff_t d = 0; d < depth; d += LANES) {
      uint32_t made[PLACES][LANES * 8] __attribute__((aligned(64)));
      for (ptrdiff_t column = 0; column < LANES; column++) {
        __m512 taps[9], u[16];
#pragma GCC unroll 9
        for (int tap = 0; tap < 9; tap++) taps[tap] = _mm512_loadu_ps(w + ((first + column) * 9 + tap) * depth + d);
        weights_widened(taps, u);
#pragma GCC unroll 16
        for (int p = 0; p < PLACES; p++) _mm256_store_si256((__m256i *)(made[p] + 8 * column), rounded(u[p]));
      }
      bf16 *to = packed + first / PANEL * PANEL * PLACES * depth + d * PANEL + first % PANEL * 2;
      for (int p = 0; p < PLACES; p++) turned(made[p], to + p * depth * PANEL, 2 * PANEL);
    }
}

/* The same for the way back: weights are (depth, 3, 3, columns), and turn around. */
void winograd_weights_back(const float *w, ptrdiff_t depth, ptrdiff_t columns, bf16 *packed, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t d = 0; d < depth; d += 2)
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      bf16 *to = packed + c / PANEL * PLACES * depth * PANEL + c % PANEL * 2;
      __m512 taps[9], one[16], two[16];
#pragma GCC unroll 9
      for (int tap = 0; tap < 9; tap++) taps[tap] = _mm512_loadu_ps(w + (d * 9 + 8 - tap) * columns + c);
      weights_widened(taps, one);
#pragma GCC unroll 9
      for (int tap = 0; tap < 9; tap++) taps[tap] = _mm512_loadu_ps(w + ((d + 1) * 9 + 8 - tap) * columns + c);
      weights_widened(taps, two);
#pragma GCC unroll 16
      for (int p = 0; p < PLACES; p++)
        _mm512_storeu_si512(to + (p * depth + d) * PANEL, paired(rounded(one[p]), rounded(two[p])));
    }
}

/* sums[r] = row r times a panel of packed weights. */
INLINED void multiplied(float (*restrict sums)[PANEL], const bf16 *rows, ptrdiff_t stride, ptrdiff_t depth,
                        const bf16 *packed) {
  __m512 made[STRIP][2];
#pragma GCC unroll 12
  for (int r = 0; r < STRIP; r++) made[r][0] = made[r][1] = _mm512_setzero_ps();
  const bf16 *every_third[STRIP / 3] = {rows, rows + 3 * stride, rows + 6 * stride, rows + 9 * stride};
  for (ptrdiff_t d = 0; d < depth; d += 2) {
    __m512bh one = both(packed), two = both(packed + PANEL);
    packed += 2 * PANEL;
#pragma GCC unroll 12
    for (int r = 0; r < STRIP; r++) {
      __m512bh value = spread(every_third[r / 3] + r % 3 * stride + d);
      made[r][0] = _mm512_dpbf16_ps(made[r][0], value, one);
      made[r][1] = _mm512_dpbf16_ps(made[r][1], value, two);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < STRIP; r++) {
    _mm512_store_ps(sums[r], made[r][0]);
    _mm512_store_ps(sums[r] + LANES, made[r][1]);
  }
}

/* What is done to results on the way out: a bias for each column, another activation and a ReLU, if they are given; and
   where they are written, from position to position. */
typedef struct {
  const float *bias;
  const bf16 *other;
  int relu;
  bf16 *y;
  ptrdiff_t y_stride;
} ending;

/* How PANEL columns of results differ from `middle`, summed over some positions, plain and squared. */
typedef struct {
  __m512 middle[2], plain[2], squared[2];
} deviations;

/* Writes PANEL columns of a tile's results, of the products at sums[place][r]; counts them in if `off` is given. */
INLINED void tile_written(float (*sums)[STRIP][PANEL], ptrdiff_t r, const tiling *all, ptrdiff_t tile,
                          const ending *end, ptrdiff_t columns, ptrdiff_t column, deviations *off) {
  ptrdiff_t image = tile / all->across / all->lines, line = tile / all->across % all->lines * 2;
  ptrdiff_t place = tile % all->across * 2;
  __m512 m[PLACES], results[2][4];
#pragma GCC unroll 2
  for (int half = 0; half < 2; half++) {
#pragma GCC unroll 16
    for (int p = 0; p < PLACES; p++) m[p] = _mm512_load_ps(sums[p][r] + half * LANES);
    products_gathered(m, results[half]);
    if (end->bias) {
      __m512 bias = _mm512_loadu_ps(end->bias + column + half * LANES);
      for (int p = 0; p < 4; p++) results[half][p] = _mm512_add_ps(results[half][p], bias);
    }
  }
  for (ptrdiff_t i = 0; i < 2; i++)
    for (ptrdiff_t j = 0; j < 2; j++) {
      if (line + i >= all->height || place + j >= all->width) continue;
      ptrdiff_t position = (image * all->height + line + i) * all->width + place + j;
      __m512 low = results[0][2 * i + j], high = results[1][2 * i + j];
      if (end->other) {
        const bf16 *other = end->other + position * columns + column;
        low = _mm512_add_ps(low, load(other));
        high = _mm512_add_ps(high, load(other + LANES));
      }
      if (end->relu) low = relu(low), high = relu(high);
      if (off) {
        __m512 a = _mm512_sub_ps(low, off->middle[0]), b = _mm512_sub_ps(high, off->middle[1]);
        off->plain[0] = _mm512_add_ps(off->plain[0], a);
        off->plain[1] = _mm512_add_ps(off->plain[1], b);
        off->squared[0] = _mm512_fmadd_ps(a, a, off->squared[0]);
        off->squared[1] = _mm512_fmadd_ps(b, b, off->squared[1]);
      }
      _mm512_storeu_si512(end->y + position * end->y_stride + column, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

INLINED void tile_seen(const input *in, const view *of, ptrdiff_t depth, int normed, bf16 *to, ptrdiff_t plane) {
  for (ptrdiff_t c = 0; c < depth; c += LANES) {
    __m512 d[PLACES], v[PLACES];
    view_loaded(in, of, c, normed, d);
    seen_transformed(d, 0, 4, v);
#pragma GCC unroll 16
    for (int p = 0; p < PLACES; p++) store(to + p * plane + c, v[p]);
  }
}

/* One thread's results, as they differ from `middle`, summed by column, and how many positions it has. */
typedef struct {
  float *middle;
  double *plain, *squared;
  ptrdiff_t count;
} tally;

INLINED void middle_found(float (*sums)[STRIP][PANEL], float *middle) {
  for (int half = 0; half < 2; half++) {
    __m512 m[PLACES], results[4];
#pragma GCC unroll 16
    for (int p = 0; p < PLACES; p++) m[p] = _mm512_load_ps(sums[p][0] + half * LANES);
    products_gathered(m, results);
    _mm512_storeu_ps(middle + half * LANES, results[0]);
  }
}

INLINED void counted(const deviations *off, double *plain, double *squared) {
  for (int i = 0; i < PANEL; i++) {
    plain[i] += ((const float *)off->plain)[i];
    squared[i] += ((const float *)off->squared)[i];
  }
}

/* One thread's tiles, from `begin` to `end`; `block` of them at a time are in `seen`, PLACES * block * (depth + PANEL)
   values. Counted in `all_off`, if given, whose middle is the first result. */
static void convolved(const input *in, const bf16 *packed, const ending *last, const tiling *all, ptrdiff_t depth,
                      ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t block, bf16 *seen, tally *all_off) {
  float sums[PLACES][STRIP][PANEL] __attribute__((aligned(64)));
  ptrdiff_t stride = depth + PANEL, plane = block * stride;
  for (ptrdiff_t first = begin; first < end; first += block) {
    ptrdiff_t count = lesser(block, end - first);
    for (ptrdiff_t t = 0; t < count; t++) {
      view of;
      viewed(in, all, first + t, depth, &of);
      if (in->scale)
        tile_seen(in, &of, depth, 1, seen + t * stride, plane);
      else
        tile_seen(in, &of, depth, 0, seen + t * stride, plane);
    }
    for (ptrdiff_t column = 0; column < columns; column += PANEL) {
      deviations off = {0};
      for (ptrdiff_t t = 0; t < count; t += STRIP) {
        for (ptrdiff_t p = 0; p < PLACES; p++)
          multiplied(sums[p], seen + p * plane + t * stride, stride, depth,
                     packed + (column * PLACES + p * PANEL) * depth);
        ptrdiff_t rows = lesser(STRIP, count - t);
        if (all_off) {
          if (first + t == begin) middle_found(sums, all_off->middle + column);
          off.middle[0] = _mm512_loadu_ps(all_off->middle + column);
          off.middle[1] = _mm512_loadu_ps(all_off->middle + column + LANES);
          for (ptrdiff_t r = 0; r < rows; r++)
            tile_written(sums, r, all, first + t + r, last, columns, column, &off);
        } else {
          for (ptrdiff_t r = 0; r < rows; r++)
            tile_written(sums, r, all, first + t + r, last, columns, column, NULL);
        }
      }
      if (all_off) counted(&off, all_off->plain + column, all_off->squared + column);
    }
  }
}

/* How many positions the tiles from `begin` to `end` have. */
static ptrdiff_t positions(const tiling *all, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t count = 0;
  for (ptrdiff_t tile = begin; tile < end; tile++) {
    ptrdiff_t line = tile / all->across % all->lines * 2, place = tile % all->across * 2;
    count += lesser(2, all->height - line) * lesser(2, all->width - place);
  }
  return count;
}

/* Mean and biased variance of each column, of what threads counted about middles of their own. */
static void joined(const tally *parts, ptrdiff_t threads, ptrdiff_t columns, float *mean, float *variance) {
  for (ptrdiff_t c = 0; c < columns; c++) {
    double sum = 0, squares = 0, count = 0;
    for (ptrdiff_t t = 0; t < threads; t++)
      if (parts[t].count) {
        sum += parts[t].count * (double)parts[t].middle[c] + parts[t].plain[c];
        count += parts[t].count;
      }
    double all = sum / count;
    for (ptrdiff_t t = 0; t < threads; t++)
      if (parts[t].count) {
        double off = all - parts[t].middle[c];
        squares += parts[t].squared[c] - 2 * off * parts[t].plain[c] + parts[t].count * off * off;
      }
    double spread = squares / count;
    mean[c] = (float)all;
    variance[c] = (float)(spread < 0 ? 0 : spread);
  }
}

/* Zeros for `in`, of `depth` channels. 0 if there is no memory. */
static float *nothing_for(input *in, ptrdiff_t depth) {
  float *zeros = calloc((size_t)depth, sizeof(float));
  in->nothing = zeros;
  in->zeros = (const bf16 *)zeros;
  return zeros;
}

/* Writes relu(an input convolved with packed weights + bias + other) to y, of which a position has y_stride values. The
   input is x, or relu(x * scale + shift) if scale is given; bias, other and the ReLU are as they are wanted, and so are
   the mean and biased variance of each column. Returns 0, or -1 without memory. */
int winograd(const bf16 *x, const float *scale, const float *shift, const bf16 *packed, const float *bias,
             const bf16 *other, int with_relu, bf16 *y, ptrdiff_t y_stride, float *mean, float *variance,
             ptrdiff_t images, ptrdiff_t height, ptrdiff_t width, ptrdiff_t depth, ptrdiff_t columns, int threads) {
  const tiling all = tiling_of(images, height, width);
  const ending last = {bias, other, with_relu, y, y_stride};
  input in = {x, scale, shift, NULL, NULL};
  float *zeros = nothing_for(&in, depth);
  ptrdiff_t strip = PLACES * STRIP * (depth + PANEL);
  ptrdiff_t strips = CACHED / (strip * (ptrdiff_t)sizeof(bf16));
  tally *parts = mean ? calloc((size_t)threads, sizeof(tally)) : NULL;
  double *sums = mean ? calloc((size_t)(threads * columns), 3 * sizeof(double)) : NULL;
  int ready = zeros && (!mean || (parts && sums)), missing = 0;
  if (strips < 2) strips = 2;
#pragma omp parallel num_threads(threads) reduction(+ : missing)
  {
    ptrdiff_t me = omp_get_thread_num(), begin, end;
    bf16 *seen = room(strips * strip * sizeof(bf16));
    share(all.count, &begin, &end);
    if (seen && ready) {
      tally *own = mean ? parts + me : NULL;
      if (own) {
        double *plain = sums + me * columns * 3;
        *own = (tally){(float *)(plain + 2 * columns), plain, plain + columns, positions(&all, begin, end)};
      }
      convolved(&in, packed, &last, &all, depth, columns, begin, end, strips * STRIP, seen, own);
    } else {
      missing = 1;
    }
    free(seen);
  }
  if (mean && !missing) joined(parts, threads, columns, mean, variance);
  free(zeros);
  free(parts);
  free(sums);
  return missing ? -1 : 0;
}

/* to[r][c] (+)= the sum over pairs of rows of dy[pair][r] * v[pair][c], for FEW r and WIDE c; added unless `fresh`. */
INLINED void summed(float *to, ptrdiff_t stride, const bf16 *dy, ptrdiff_t dy_stride, const bf16 *v,
                    ptrdiff_t v_stride, ptrdiff_t pairs, int fresh) {
  __m512 made[FEW][WIDE / LANES];
#pragma GCC unroll 4
  for (int r = 0; r < FEW; r++)
#pragma GCC unroll 4
    for (int i = 0; i < WIDE / LANES; i++)
      made[r][i] = fresh ? _mm512_setzero_ps() : _mm512_loadu_ps(to + r * stride + i * LANES);
  for (ptrdiff_t n = 0; n < pairs; n++) {
    __m512bh values[WIDE / LANES];
#pragma GCC unroll 4
    for (int i = 0; i < WIDE / LANES; i++) values[i] = both(v + n * v_stride + 2 * i * LANES);
#pragma GCC unroll 4
    for (int r = 0; r < FEW; r++) {
      __m512bh value = spread(dy + n * dy_stride + 2 * r);
#pragma GCC unroll 4
      for (int i = 0; i < WIDE / LANES; i++) made[r][i] = _mm512_dpbf16_ps(made[r][i], value, values[i]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < FEW; r++)
#pragma GCC unroll 4
    for (int i = 0; i < WIDE / LANES; i++) _mm512_storeu_ps(to + r * stride + i * LANES, made[r][i]);
}

/* Pairs of tiles, transformed: for each place of the `rows` from the `first` on, each pair and channel, the two tiles'
   values side by side. */
typedef struct {
  bf16 *values;
  ptrdiff_t stride, plane;
  int first, rows;
} side_by_side;

INLINED void pair_seen(const input *in, const view *one, const view *two, ptrdiff_t depth, int normed, bf16 *to,
                       ptrdiff_t plane, int first, int rows) {
  for (ptrdiff_t c = 0; c < depth; c += LANES) {
    __m512 d[PLACES], v[PLACES];
    __m256i kept[PLACES];
    view_loaded(in, one, c, normed, d);
    seen_transformed(d, first, rows, v);
#pragma GCC unroll 16
    for (int p = 0; p < 4 * rows; p++) kept[p] = rounded(v[p]);
    view_loaded(in, two, c, normed, d);
    seen_transformed(d, first, rows, v);
#pragma GCC unroll 16
    for (int p = 0; p < 4 * rows; p++) _mm512_storeu_si512(to + p * plane + 2 * c, paired(kept[p], rounded(v[p])));
  }
}

INLINED void pair_given(const bf16 *const *one, const bf16 *const *two, ptrdiff_t columns, bf16 *to, ptrdiff_t plane,
                        int first, int rows) {
  for (ptrdiff_t c = 0; c < columns; c += LANES) {
    __m512 y[4], v[PLACES];
    __m256i kept[PLACES];
#pragma GCC unroll 4
    for (int p = 0; p < 4; p++) y[p] = load(one[p] + c);
    gradient_widened(y, first, rows, v);
#pragma GCC unroll 16
    for (int p = 0; p < 4 * rows; p++) kept[p] = rounded(v[p]);
#pragma GCC unroll 4
    for (int p = 0; p < 4; p++) y[p] = load(two[p] + c);
    gradient_widened(y, first, rows, v);
#pragma GCC unroll 16
    for (int p = 0; p < 4 * rows; p++) _mm512_storeu_si512(to + p * plane + 2 * c, paired(kept[p], rounded(v[p])));
  }
}

/* Compiled for all rows, the upper and the lower two, each. */
#define BY_ROWS(call, v, ...)    \
  do {                           \
    if ((v)->rows == 4)          \
      call(__VA_ARGS__, 0, 4);   \
    else if ((v)->first == 0)    \
      call(__VA_ARGS__, 0, 2);   \
    else                         \
      call(__VA_ARGS__, 2, 2);   \
  } while (0)

static void paired_seen(const input *in, const tiling *all, ptrdiff_t tile, ptrdiff_t pair_number, ptrdiff_t depth,
                        const side_by_side *v) {
  view one, two;
  bf16 *to = v->values + pair_number * v->stride;
  viewed(in, all, tile, depth, &one);
  viewed(in, all, tile + 1, depth, &two);
  if (in->scale)
    BY_ROWS(pair_seen, v, in, &one, &two, depth, 1, to, v->plane);
  else
    BY_ROWS(pair_seen, v, in, &one, &two, depth, 0, to, v->plane);
}

static void paired_gradient(const bf16 *dy, const tiling *all, ptrdiff_t tile, ptrdiff_t pair_number, ptrdiff_t columns,
                            const bf16 *zeros, const side_by_side *v) {
  const bf16 *one[4], *two[4];
  bf16 *to = v->values + pair_number * v->stride;
  found(dy, all, tile, 2, 0, columns, zeros, one);
  found(dy, all, tile + 1, 2, 0, columns, zeros, two);
  BY_ROWS(pair_given, v, one, two, columns, to, v->plane);
}

/* G' du G: nine taps of one row's LANES columns, of the places that are `plane` apart, the sum of `parts`. */
static inline void weights_gathered(const float *du, ptrdiff_t plane, ptrdiff_t parts, ptrdiff_t part, float *dw,
                                    ptrdiff_t depth) {
  const __m512 half = _mm512_set1_ps(0.5f);
  __m512 u[PLACES], t[12];
#pragma GCC unroll 16
  for (int p = 0; p < PLACES; p++) u[p] = _mm512_loadu_ps(du + p * plane);
  for (ptrdiff_t n = 1; n < parts; n++)
#pragma GCC unroll 16
    for (int p = 0; p < PLACES; p++) u[p] = _mm512_add_ps(u[p], _mm512_loadu_ps(du + n * part + p * plane));
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) {
    __m512 sum = _mm512_mul_ps(_mm512_add_ps(u[4 + j], u[8 + j]), half);
    t[j] = _mm512_add_ps(u[j], sum);
    t[4 + j] = _mm512_mul_ps(_mm512_sub_ps(u[4 + j], u[8 + j]), half);
    t[8 + j] = _mm512_add_ps(u[12 + j], sum);
  }
#pragma GCC unroll 3
  for (int i = 0; i < 3; i++) {
    __m512 sum = _mm512_mul_ps(_mm512_add_ps(t[4 * i + 1], t[4 * i + 2]), half);
    float *to = dw + 3 * i * depth;
    _mm512_storeu_ps(to, _mm512_add_ps(t[4 * i], sum));
    _mm512_storeu_ps(to + depth, _mm512_mul_ps(_mm512_sub_ps(t[4 * i + 1], t[4 * i + 2]), half));
    _mm512_storeu_ps(to + 2 * depth, _mm512_add_ps(t[4 * i + 3], sum));
  }
}

/* du (+)= the sums over pairs of tiles, for the units from `begin` to `end`; a unit is FEW rows at one of the places
   that are there. */
static void units_summed(float *du, const side_by_side *seen, const side_by_side *back, ptrdiff_t pairs,
                         ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, int fresh) {
  ptrdiff_t units = columns / FEW;
  for (ptrdiff_t p = begin / units; p * units < end; p++) {
    ptrdiff_t from = p * units < begin ? begin - p * units : 0, until = lesser(units, end - p * units);
    float *to = du + (4 * seen->first + p) * columns * depth;
    for (ptrdiff_t c = 0; c < depth; c += WIDE)
      for (ptrdiff_t r = from * FEW; r < until * FEW; r += FEW)
        summed(to + r * depth + c, depth, back->values + p * back->plane + 2 * r, back->stride,
               seen->values + p * seen->plane + 2 * c, seen->stride, pairs, fresh);
  }
}

/* What a gradient by weights is of. */
typedef struct {
  const input *in;
  const bf16 *dy;
  const tiling *all;
  ptrdiff_t depth, columns;
} weighing;

/* The pairs of tiles from `begin` to `end`, counted from pair `first` on, to their places in `seen` and `back`. */
static void tiles_transformed(const weighing *of, ptrdiff_t first, ptrdiff_t begin, ptrdiff_t end,
                              const side_by_side *seen, const side_by_side *back) {
  for (ptrdiff_t i = begin; i < end; i++) {
    paired_seen(of->in, of->all, 2 * (first + i), i, of->depth, seen);
    paired_gradient(of->dy, of->all, 2 * (first + i), i, of->columns, of->in->zeros, back);
  }
}

/* One thread's sums, over the pairs of tiles from `first` to `last`, of the rows of places that `seen` and `back` have
   room for, `pairs` pairs at a time. */
static void summed_alone(const weighing *of, float *du, const side_by_side *seen, const side_by_side *back,
                         ptrdiff_t pairs, ptrdiff_t first, ptrdiff_t last) {
  ptrdiff_t units = 4 * seen->rows * (of->columns / FEW), place = of->columns * of->depth;
  if (first == last) memset(du + 4 * seen->first * place, 0, (size_t)(4 * seen->rows * place) * sizeof(float));
  for (ptrdiff_t n = first; n < last; n += pairs) {
    ptrdiff_t count = lesser(pairs, last - n);
    tiles_transformed(of, n, 0, count, seen, back);
    units_summed(du, seen, back, count, of->depth, of->columns, 0, units, n == first);
  }
}

/* This thread's part of the sums over all pairs: all transform a block of tiles, then each sums its own units. */
static void summed_together(const weighing *of, float *du, const side_by_side *seen, const side_by_side *back,
                            ptrdiff_t pairs, ptrdiff_t last) {
  ptrdiff_t start, stop, begin, end;
  share(PLACES * (of->columns / FEW), &start, &stop);
  for (ptrdiff_t n = 0; n < last; n += pairs) {
    ptrdiff_t count = lesser(pairs, last - n);
    share(count, &begin, &end);
    tiles_transformed(of, n, begin, end, seen, back);
#pragma omp barrier
    units_summed(du, seen, back, count, of->depth, of->columns, start, stop, n == 0);
#pragma omp barrier
  }
}

/* The gradient by weights, (columns, 3, 3, depth), of what `winograd` computes. Where the sums for all weights stay in
   its cache, or those of half of the places, a thread sums over tiles that it transforms for itself. Else threads
   transform a block of tiles together, and each sums its own rows over all of it. Returns 0, or -1 without memory. */
int winograd_weight_gradient(const bf16 *x, const float *scale, const float *shift, const bf16 *dy, float *dw,
                             ptrdiff_t images, ptrdiff_t height, ptrdiff_t width, ptrdiff_t depth, ptrdiff_t columns,
                             int threads) {
  const tiling all = tiling_of(images, height, width);
  ptrdiff_t size = PLACES * depth * columns, in_all = (all.count + 1) / 2, bytes = size * (ptrdiff_t)sizeof(float);
  /* Parts of the places that threads have to themselves; 0 if they work together. */
  ptrdiff_t halves = bytes <= CACHED ? 1 : bytes <= 2 * CACHED && threads % 2 == 0 ? 2 : 0;
  int rows = halves == 2 ? 2 : 4;
  side_by_side seen = {NULL, 2 * depth + PANEL, 0, 0, rows}, back = {NULL, 2 * columns + PANEL, 0, 0, rows};
  ptrdiff_t pair_size = 4 * rows * (seen.stride + back.stride);
  ptrdiff_t fitting = (halves ? CACHED + CACHED / 2 - bytes / halves : SHARED) / (pair_size * (ptrdiff_t)sizeof(bf16));
  ptrdiff_t blocks = (in_all + fitting - 1) / fitting, pairs = (in_all + blocks - 1) / blocks;
  ptrdiff_t groups = halves ? threads / halves : 1;
  input in = {x, scale, shift, NULL, NULL};
  float *zeros = nothing_for(&in, depth > columns ? depth : columns);
  bf16 *tiles = room((halves ? threads : 1) * pairs * pair_size * sizeof(bf16));
  float *du = room(groups * bytes);
  int missing = !tiles || !du || !zeros;
  if (!missing) {
    const weighing of = {&in, dy, &all, depth, columns};
    seen.plane = pairs * seen.stride;
    back.plane = pairs * back.stride;
#pragma omp parallel num_threads(threads) firstprivate(seen, back)
    {
      ptrdiff_t begin, end;
      seen.values = tiles + (halves ? omp_get_thread_num() : 0) * pairs * pair_size;
      back.values = seen.values + 4 * rows * seen.plane;
      if (halves)
        for (ptrdiff_t job = omp_get_thread_num(); job < groups * halves; job += omp_get_num_threads()) {
          ptrdiff_t group = job / halves;
          seen.first = back.first = (int)(job % halves * 2);
          summed_alone(&of, du + group * size, &seen, &back, pairs, in_all * group / groups,
                       in_all * (group + 1) / groups);
        }
      else
        summed_together(&of, du, &seen, &back, pairs, in_all);
#pragma omp barrier
      share(columns, &begin, &end);
      for (ptrdiff_t r = begin; r < end; r++)
        for (ptrdiff_t c = 0; c < depth; c += LANES)
          weights_gathered(du + r * depth + c, columns * depth, groups, size, dw + r * 9 * depth + c, depth);
    }
  }
  free(zeros);
  free(tiles);
  free(du);
  return missing ? -1 : 0;
}

#endif
