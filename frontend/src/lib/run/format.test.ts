import { describe, expect, it } from 'vitest';

import { bytes, clock, counted, duration, figure, timeLeft } from './format';

describe('words for figures', () => {
  it.each([
    [0.0004, '0 ms'],
    [0.42, '0.4 s'],
    [12.4, '12 s'],
    [59.7, '1 min 00 s'],
    [184, '3 min 04 s'],
    [3905, '1 h 05 min'],
  ])('writes %d seconds as %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  it('keeps a running clock narrow', () => {
    expect([clock(7.9), clock(760), clock(3760)]).toEqual(['0:07', '12:40', '1:02:40']);
  });

  it('guesses coarsely', () => {
    expect([timeLeft(0.2), timeLeft(12.1), timeLeft(61)]).toEqual([
      'less than 1 s left',
      '13 s left',
      '2 min left',
    ]);
  });

  it('writes sizes with one digit where it helps', () => {
    expect([bytes(0), bytes(999), bytes(4_200_000), bytes(123_000_000)]).toEqual([
      '0 B',
      '999 B',
      '4.2 MB',
      '123 MB',
    ]);
  });

  it('counts', () => {
    expect([counted(1, 'image'), counted(12345, 'image')]).toEqual(['1 image', '12,345 images']);
  });

  it('never rounds a small number to nothing', () => {
    expect(figure(0.00001)).toBe('1.00e-5');
  });
});
