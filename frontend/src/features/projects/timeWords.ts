const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** A time in seconds since 1970 as one would say it: `2 minutes ago`, and as a date after a week. */
export function timeAgo(seconds: number, now = Date.now() / 1000): string {
  const age = now - seconds;
  if (age > 7 * 86_400) {
    return new Date(seconds * 1000).toLocaleDateString('en-GB', {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
    });
  }
  for (const [unit, size] of STEPS) {
    if (age >= size) return relative.format(-Math.floor(age / size), unit);
  }
  return 'just now';
}
