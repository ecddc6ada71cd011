import { useStore as useFlowState, type ReactFlowState } from '@xyflow/react';
import { useStore } from 'zustand';
import type { Guide } from '@/lib/document/align';
import { guideStore } from './flowStore';
import styles from './GuideLayer.module.css';
import { InViewport } from './InViewport';

const zoomOf = (state: ReactFlowState) => state.transform[2];

/** The lines along which a dragged node lies with others. */
export function GuideLayer() {
  const guides = useStore(guideStore, (state) => state.guides);
  return guides.length > 0 && <Guides guides={guides} />;
}

function Guides({ guides }: { guides: readonly Guide[] }) {
  const thin = 1 / useFlowState(zoomOf);
  return (
    <InViewport>
      {guides.map(({ axis, at, start, end }) => (
        <div
          key={axis}
          className={styles.guide}
          data-guide={axis === 0 ? 'vertical' : 'horizontal'}
          style={
            axis === 0
              ? { left: at - thin / 2, top: start, width: thin, height: end - start }
              : { left: start, top: at - thin / 2, width: end - start, height: thin }
          }
        />
      ))}
    </InViewport>
  );
}
