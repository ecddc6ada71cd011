/** How a table of scores is narrowed and ordered; kept for each node as long as the page lives. */

export type Only = 'wrong' | 'right' | 'all';

export interface Filters {
  only: Only;
  order: string;
  category: string | null;
  predicted: string | null;
  text: string;
  /** Percent, 0 to 100. */
  least: number;
  most: number;
}

export type Params = Readonly<Record<string, string | undefined>>;

const kept = new Map<string, Filters>();

export function keptFilters(key: string, labelled: boolean): Filters {
  return (
    kept.get(key) ?? {
      only: 'all',
      order: labelled ? 'wrong' : 'confidence',
      category: null,
      predicted: null,
      text: '',
      least: 0,
      most: 100,
    }
  );
}

export function keepFilters(key: string, filters: Filters): void {
  kept.set(key, filters);
}

/** The filters as the server takes them; what doesn't narrow is left out. */
export function paramsOf(filters: Filters): Params {
  const { only, order, category, predicted, text, least, most } = filters;
  return {
    only: only === 'all' ? undefined : only,
    order,
    category: category ?? undefined,
    predicted: predicted ?? undefined,
    text: text.trim() || undefined,
    min_confidence: least > 0 ? String(least / 100) : undefined,
    max_confidence: most < 100 ? String(most / 100) : undefined,
  };
}

/** Percent as somebody types it, held within 0 to 100. */
export function percentOf(text: string, otherwise: number): number {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? otherwise : Math.min(100, Math.max(0, value));
}
