import { useMutation, useQueryClient } from '@tanstack/react-query';

import { toast } from '@/components/ui/toasts';
import { cancelRequested, nodeCancelRequested, showRun } from '@/lib/run/runStore';
import { api } from '@/services/http';
import { createPipeline } from '@/services/queries/usePipelines';
import type { PipelineRecord, Run, RunAnswer } from '@/services/types.generated';

function complain(title: string) {
  return (error: Error) => {
    toast({ title, description: error.message, tone: 'danger' });
  };
}

/** Stops a run. Its nodes say themselves that they were cancelled. */
export function useCancelRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (runId: string) => api.post<RunAnswer>(`runs/${encodeURIComponent(runId)}/cancel`),
    onSuccess: (_, runId) => {
      cancelRequested(runId);
      return client.invalidateQueries({ queryKey: ['runs'] });
    },
    onError: complain('The run was not cancelled'),
  });
}

/** Stops one node of a run; what depends on it is skipped, everything else goes on. */
export function useCancelNode() {
  return useMutation({
    mutationFn: ({ runId, nodeId }: { runId: string; nodeId: string }) =>
      api.post<RunAnswer>(`runs/${encodeURIComponent(runId)}/nodes/${encodeURIComponent(nodeId)}/cancel`),
    onSuccess: (_, { runId, nodeId }) => {
      nodeCancelRequested(runId, nodeId);
    },
    onError: complain('The node was not cancelled'),
  });
}

/** Runs a document once more, just as it was; what is still good is reused, and what was interrupted goes on. */
export function useRerun(onSubmitted?: (run: Run) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (runId: string) => {
      const { run } = await api.get<RunAnswer>(`runs/${encodeURIComponent(runId)}`);
      return api.post<RunAnswer>('runs', {
        pipeline: run.document,
        pipeline_id: run.pipeline_id,
        ...run.asked_for,
      });
    },
    onSuccess: ({ run }) => {
      showRun(run.id, run);
      void client.invalidateQueries({ queryKey: ['runs'] });
      onSubmitted?.(run);
    },
    onError: complain('The run was not repeated'),
  });
}

/** Makes a draft of the document of a run, to work on from there. */
export function useCloneRun(onCloned?: (pipeline: PipelineRecord) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (runId: string) => {
      const { run } = await api.get<RunAnswer>(`runs/${encodeURIComponent(runId)}`);
      return createPipeline({ ...run.document, name: `${run.document.name} (copy)` });
    },
    onSuccess: (pipeline) => {
      void client.invalidateQueries({ queryKey: ['pipelines'], exact: true });
      onCloned?.(pipeline);
      toast({ title: `Cloned into ‘${pipeline.name}’`, tone: 'success' });
    },
    onError: complain('The run was not cloned'),
  });
}
