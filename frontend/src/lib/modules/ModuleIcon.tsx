import {
  Blocks,
  ChartColumn,
  Database,
  FolderInput,
  GitFork,
  Layers,
  ScanSearch,
  SlidersHorizontal,
  Sparkles,
  Wand,
  type LucideIcon,
} from 'lucide-react';
import type { CSSProperties } from 'react';
import { useCatalog } from './catalog';
import styles from './ModuleIcon.module.css';

const ICONS: Readonly<Record<string, LucideIcon>> = {
  dataset: Database,
  'convert-to-image-directory': FolderInput,
  'init-image-transformation': SlidersHorizontal,
  'apply-image-transformation': Wand,
  'split-image-directory': GitFork,
  densenet: Layers,
  resnet: Layers,
  'train-pytorch-model': Sparkles,
  'score-image-model': ScanSearch,
  'evaluate-model': ChartColumn,
};

/** A module's sign on a tile in the colour of what it makes. */
export function ModuleIcon({ moduleId, size = 'md' }: { moduleId: string; size?: 'sm' | 'md' }) {
  const hue = useCatalog((state) => {
    const type = state.modules.get(moduleId)?.outputs[0]?.type;
    return type === undefined ? undefined : state.types.get(type)?.hue;
  });
  const Icon = ICONS[moduleId] ?? Blocks;
  const style = hue === undefined ? undefined : ({ '--hue': hue } as CSSProperties);
  return (
    <span
      className={styles.tile}
      data-size={size}
      data-plain={hue === undefined || undefined}
      style={style}
      aria-hidden
    >
      <Icon />
    </span>
  );
}
