import { PackageX } from 'lucide-react';
import { useId } from 'react';
import { EmptyState } from '@/components/ui/EmptyState';
import { Field } from '@/components/ui/Field';
import { TextArea } from '@/components/ui/TextField';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { useNodeFaults } from '@/lib/document/faultStore';
import { useNodeRemarks } from '@/lib/facts/factsStore';
import { RemarkList } from '@/lib/facts/RemarkList';
import { useCatalog, useModuleSpec } from '@/lib/modules/catalog';
import { useFoldedSections } from './foldedSections';
import { ModuleAbout } from './ModuleAbout';
import { NodeFacts } from './NodeFacts';
import styles from './NodePanel.module.css';
import { ParameterForm } from './ParameterForm';
import { RunSettings } from './RunSettings';
import { Section } from './Section';

/** Everything about a node that can be set: parameters, where it runs, its comment, and its module's help. */
export function NodePanel({ nodeId }: { nodeId: string }) {
  const moduleId = useDocument((state) => state.nodes[nodeId]?.module ?? '');
  const spec = useModuleSpec(moduleId);
  const loaded = useCatalog((state) => state.loaded);
  const faults = useNodeFaults(nodeId);
  const remarks = useNodeRemarks(nodeId).filter((remark) => remark.parameter === undefined);
  const general = faults.filter(
    (fault) => fault.parameter === undefined && remarks.every(({ text }) => text !== fault.message),
  );

  if (!spec && !loaded) return null;
  if (!spec) {
    return (
      <EmptyState icon={<PackageX />} title="This module isn’t installed">
        The pipeline asks for ‘{moduleId}’. Its parameters and wires are kept as they are; install the package
        that brings the module, or delete the node.
      </EmptyState>
    );
  }
  return (
    <div className={styles.panel}>
      {general.length > 0 && (
        <ul className={styles.faults} aria-label="What is wrong with this node">
          {general.map((fault, index) => (
            <li key={index}>
              {fault.message}
              {fault.hint !== undefined && <span className={styles.hint}> {fault.hint}</span>}
            </li>
          ))}
        </ul>
      )}
      {remarks.length > 0 && (
        <div className={styles.remarks}>
          <RemarkList remarks={remarks} label="Remarks about this node" />
        </div>
      )}
      <ParameterForm nodeId={nodeId} spec={spec} />
      <RunSettings nodeId={nodeId} spec={spec} />
      <NodeFacts nodeId={nodeId} spec={spec} />
      <Comment nodeId={nodeId} />
      <ModuleAbout spec={spec} />
    </div>
  );
}

function Comment({ nodeId }: { nodeId: string }) {
  const id = useId();
  const comment = useDocument((state) => state.nodes[nodeId]?.comment ?? '');
  const folded = useFoldedSections();
  return (
    <Section
      title="Comment"
      open={folded.open['comment'] ?? comment !== ''}
      onOpenChange={(open) => folded.setOpen('comment', open)}
    >
      <Field id={id} label="Comment on this node">
        <TextArea
          id={id}
          value={comment}
          maxLength={10_000}
          placeholder="Shown on the canvas below the node’s name."
          onChange={(event) => documentStore.getState().setComment(nodeId, event.target.value)}
          onBlur={() => documentStore.getState().endBurst()}
        />
      </Field>
    </Section>
  );
}
