import { duration, figure, percent, short } from './format';

const TITLES: Readonly<Record<string, string>> = {
  train_loss: 'Training loss',
  val_loss: 'Validation loss',
  train_accuracy: 'Training accuracy',
  val_accuracy: 'Validation accuracy',
  val_top5: 'Validation top 5',
  learning_rate: 'Learning rate',
  images_per_second: 'Images per second',
  seconds: 'Time of an epoch',
  memory_mb: 'Memory',
  auc: 'AUC',
  macro_f1: 'Macro F1',
};

/** The name of a metric as people read it: known ones by their title, others made from their id. */
export function metricTitle(name: string): string {
  const known = TITLES[name];
  if (known !== undefined) return known;
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How values of a metric are written. */
export function metricWords(name: string): (value: number) => string {
  if (isShare(name)) return (value) => percent(value);
  if (name === 'images_per_second') return (value) => value.toFixed(value < 10 ? 1 : 0);
  if (name === 'seconds') return duration;
  if (name === 'memory_mb') return (value) => `${value.toFixed(0)} MB`;
  if (name.endsWith('count') || name === 'images') return short;
  return figure;
}

/** How values of a metric are written along an axis: round numbers without needless digits. */
export function metricTicks(name: string): (value: number) => string {
  if (isShare(name)) return (value) => percent(value, 0);
  return (value) => String(Number(value.toPrecision(4)));
}

function isShare(name: string): boolean {
  return /accuracy|precision|recall|^f1|top\d/.test(name);
}
