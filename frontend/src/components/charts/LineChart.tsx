import { Suspense, lazy } from 'react';

import { Skeleton } from '../ui/Skeleton';
import type { LineChartProps } from './chartTypes';

const UplotChart = lazy(() => import('./UplotChart').then((module) => ({ default: module.UplotChart })));

/** Lines over steps, with a readout under the pointer. The drawing code is loaded when the first chart is shown. */
export function LineChart(props: LineChartProps) {
  return (
    <Suspense fallback={<Skeleton height={props.height + 40} />}>
      <UplotChart {...props} />
    </Suspense>
  );
}
