/** How a table of scores is narrowed and ordered; the address holds it. */

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

const ORDERS: readonly string[] = ['wrong', 'confidence', '-confidence', 'id', '-id'];

export type Params = Readonly<Record<string, string | undefined>>;

/** The filters that an address asks for; what it doesn't say, or says wrongly, is as it is at first. */
export function filtersOf(asked: Params, labelled: boolean): Filters {
  const { only, order } = asked;
  return {
    only: labelled && (only === 'wrong' || only === 'right') ? only : 'all',
    order: order !== undefined && ORDERS.includes(order) ? order : firstOrder(labelled),
    category: (labelled && asked.category) || null,
    predicted: asked.predicted || null,
    text: asked.text ?? '',
    least: percentOf(asked.least ?? '', 0),
    most: percentOf(asked.most ?? '', 100),
  };
}

/** The filters as an address says them: only what differs from how they are at first. */
export function addressOf(filters: Filters, labelled: boolean): Params {
  const { only, order, category, predicted, text, least, most } = filters;
  return {
    only: only === 'all' ? undefined : only,
    order: order === firstOrder(labelled) ? undefined : order,
    category: category ?? undefined,
    predicted: predicted ?? undefined,
    text: text || undefined,
    least: least > 0 ? String(least) : undefined,
    most: most < 100 ? String(most) : undefined,
  };
}

function firstOrder(labelled: boolean): string {
  return labelled ? 'wrong' : 'confidence';
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
