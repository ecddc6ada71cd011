import { count, short } from '@/lib/run/format';
import { metricTitle } from '@/lib/run/metricNames';
import type { UntrainedModelPreview } from '@/services/types.generated';

import { Facts } from './Facts';
import shared from './View.module.css';

/** An architecture that waits for data: what it is and how it starts. */
export function UntrainedModelView({ preview }: { preview: UntrainedModelPreview }) {
  const { model_name, family, parameter_count, pretrained, options } = preview;
  return (
    <div className={shared.glance} style={{ padding: '4px 0' }}>
      <Facts
        facts={[
          { label: 'Model', value: <strong>{model_name}</strong> },
          { label: 'Family', value: family },
          {
            label: 'Parameters',
            value: parameter_count === null ? 'unknown' : short(parameter_count),
            ...(parameter_count !== null && { title: `${count(parameter_count)} for 1,000 classes` }),
          },
          { label: 'Starts from', value: pretrained ? 'weights learnt on ImageNet' : 'random weights' },
          ...Object.entries(options).map(([name, value]) => ({
            label: metricTitle(name),
            value: typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value),
          })),
        ]}
      />
    </div>
  );
}
