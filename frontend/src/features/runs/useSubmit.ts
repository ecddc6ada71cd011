import { useMutation, useQueryClient } from '@tanstack/react-query';

import { toast } from '@/components/ui/toasts';
import { documentStore } from '@/lib/document/documentStore';
import { faultStore } from '@/lib/document/faultStore';
import { heldBack } from '@/lib/facts/fixes';
import { planStore } from '@/lib/plan/planStore';
import { showRun } from '@/lib/run/runStore';
import type { Run } from '@/lib/run/types';
import { ApiError, api } from '@/services/http';
import type { ErrorRecord, PlanAnswer, RunAnswer, RunSubmit } from '@/services/types.generated';

interface SubmitOptions {
  /** Saves the draft, so that the run belongs to a revision that is safe. Rejects when that can't be done. */
  flush: () => Promise<unknown>;
  /** The run was accepted and is being shown; the place to move the address on. */
  onSubmitted?: (run: Run) => void;
}

/** A part of the pipeline, see `RunSubmit`: up to some nodes with all they need, or some nodes alone. */
export type Asked = Pick<RunSubmit, 'until' | 'only'>;

/** Checks the open document and runs it. What is wrong with it goes to the fault store, which leads to it. */
export function useSubmit({ flush, onSubmitted }: SubmitOptions): {
  submit: (asked?: Asked) => void;
  submitting: boolean;
} {
  const client = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: async (asked: Asked) => {
      await flush();
      const { pipelineId, toDocument } = documentStore.getState();
      const pipeline = toDocument();
      if (!isKnownToRun(asked)) {
        const { faults } = await api.post<PlanAnswer>('plan', { pipeline, ...asked });
        if (faults.length > 0) throw new Refused(faults);
      }
      return api.post<RunAnswer>('runs', { pipeline, pipeline_id: pipelineId, ...asked });
    },
    onSuccess: ({ run }) => {
      faultStore.getState().clear();
      showRun(run.id, run);
      void client.invalidateQueries({ queryKey: ['runs'] });
      onSubmitted?.(run);
    },
    onError: explain,
  });
  return {
    submit: (asked = {}) => {
      if (isPending) return;
      const errors = asked.until === undefined && asked.only === undefined ? heldBack() : [];
      if (errors.length > 0) faultStore.getState().show(errors);
      else mutate(asked);
    },
    submitting: isPending,
  };
}

/** Whether the plan beside Submit is of all of the document as it is now, and finds nothing wrong. */
function isKnownToRun({ until, only }: Asked): boolean {
  const { status, totals } = planStore.getState();
  return until === undefined && only === undefined && status === 'ready' && totals !== null;
}

/** What the pipeline lacks, found before it was submitted: that it isn't finished yet is no error of the page. */
class Refused extends Error {
  constructor(readonly faults: readonly ErrorRecord[]) {
    super(faults[0]?.message);
  }
}

function explain(error: Error): void {
  if (error instanceof Refused) {
    faultStore.getState().show(error.faults);
    return;
  }
  if (!(error instanceof ApiError)) {
    toast({ title: 'The pipeline was not submitted', description: error.message, tone: 'danger' });
    return;
  }
  const leads = error.status === 422 || error.error.node !== undefined;
  const faults = error.faults.length > 0 ? error.faults : leads ? [error.error] : [];
  if (faults.length > 0) {
    faultStore.getState().show(faults);
    return;
  }
  toast({
    title: 'The pipeline was not submitted',
    description: [error.error.message, error.error.hint].filter(Boolean).join(' '),
    tone: 'danger',
  });
}
