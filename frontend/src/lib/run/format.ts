/** Times, sizes and numbers as people read them. */

/** `0.4 s`, `12 s`, `3 min 04 s`, `1 h 05 min`. */
export function duration(seconds: number): string {
  const value = Math.max(0, seconds);
  if (value < 0.05) return `${String(Math.round(value * 1000))} ms`;
  if (value < 10) return `${value.toFixed(1)} s`;
  if (Math.round(value) < 60) return `${String(Math.round(value))} s`;
  const whole = Math.round(value);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)} min ${pad(whole % 60)} s`;
  return `${String(Math.floor(minutes / 60))} h ${pad(minutes % 60)} min`;
}

/** A running clock: `0:07`, `12:40`, `1:02:40`. Its width changes only with the digits. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)}:${pad(whole % 60)}`;
  return `${String(Math.floor(minutes / 60))}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

/** Coarse, because it is a guess: `about 5 s`, `about 2 min`. */
export function timeLeft(seconds: number): string {
  if (seconds < 1) return 'less than 1 s left';
  if (seconds < 55) return `${String(Math.ceil(seconds))} s left`;
  if (seconds < 3300) return `${String(Math.ceil(seconds / 60))} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

const whole = new Intl.NumberFormat('en-GB');

/** `12,345`. */
export function count(value: number): string {
  return whole.format(value);
}

/** `1 image`, `12 images`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `83.4 %` of a part between 0 and 1. */
export function percent(part: number, digits = 1): string {
  return `${(part * 100).toFixed(digits)} %`;
}

/** A measured number: short, and never rounded to nothing. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  if (size >= 100) return value.toFixed(size >= 1000 ? 0 : 1);
  return value.toFixed(size >= 10 ? 2 : 4);
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'medium' });

/** `14:32` today, `3 Mar, 14:32` before. */
export function moment(seconds: number, now = Date.now()): string {
  const date = new Date(seconds * 1000);
  const at = time.format(date);
  return new Date(now).toDateString() === date.toDateString() ? at : `${day.format(date)}, ${at}`;
}

export function fullMoment(seconds: number): string {
  return full.format(new Date(seconds * 1000));
}

/** A parameter count: `7.0 M`. */
export function short(value: number): string {
  if (value < 10_000) return count(value);
  if (value < 1e6) return `${(value / 1e3).toFixed(0)} k`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} M`;
  return `${(value / 1e9).toFixed(2)} G`;
}
