import { ArrowUpRight, CircleAlert, Info, TriangleAlert, Wrench } from 'lucide-react';
import { Button } from '@/components/ui/Button';
import { useDocument } from '@/lib/document/documentStore';
import { useCatalog } from '@/lib/modules/catalog';
import type { Remark } from './factsStore';
import { applyFix, canFix } from './fixes';
import styles from './RemarkList.module.css';
import { wayOut } from './waysOut';

const SIGNS = { error: CircleAlert, warning: TriangleAlert, note: Info } as const;
const NAMES = { error: 'Error', warning: 'Warning', note: 'Note' } as const;

interface RemarkListProps {
  readonly remarks: readonly Remark[];
  readonly label: string;
  readonly id?: string;
  /** A fix was done. */
  readonly onFixed?: () => void;
}

/** Remarks with what can be done about each of them. */
export function RemarkList({ remarks, label, id, onFixed }: RemarkListProps) {
  const nodes = useDocument((state) => state.nodes);
  const wires = useDocument((state) => state.wires);
  const viewing = useDocument((state) => state.viewing !== null);
  const modules = useCatalog((state) => state.modules);
  if (remarks.length === 0) return null;
  return (
    <ul className={styles.list} aria-label={label} id={id}>
      {remarks.map((remark) => {
        const Sign = SIGNS[remark.severity];
        const way = viewing ? null : wayOut(remark, { nodes, wires }, modules);
        return (
          <li
            key={`${remark.code}:${remark.port ?? ''}:${remark.parameter ?? ''}`}
            data-tone={remark.severity}
          >
            <Sign role="img" aria-label={NAMES[remark.severity]} />
            <span className={styles.body}>
              <span>{remark.text}</span>
              {remark.fix !== undefined && !viewing && canFix(remark, nodes) && (
                <Button
                  size="sm"
                  icon={<Wrench />}
                  className={styles.fix}
                  onClick={() => {
                    applyFix(remark);
                    onFixed?.();
                  }}
                >
                  {remark.fix.text}
                </Button>
              )}
              {way !== null && (
                <Button
                  size="sm"
                  icon={way.leads ? <ArrowUpRight /> : <Wrench />}
                  className={styles.fix}
                  onClick={() => {
                    way.take();
                    onFixed?.();
                  }}
                >
                  {way.text}
                </Button>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
