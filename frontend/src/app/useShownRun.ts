import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import { hideRun, showRun } from '@/lib/run/runStore';
import { navigate, paths, type Route } from '@/lib/navigation';
import { isBeside } from './useOpenPipeline';
import { useRuns } from '@/services/queries/useRuns';
import { onRunsChanged } from '@/services/socket';

/** Keep the shown run in step with the address; a run that goes on is found without one. */
export function useShownRun(route: Route): void {
  const client = useQueryClient();
  const pipelineId = useDocument((state) => state.pipelineId);
  const runId = route.page === 'pipeline' ? route.runId : null;
  const beside = isBeside(route);

  useEffect(() => {
    if (beside) return;
    if (runId === null) hideRun();
    else showRun(runId);
  }, [runId, beside]);

  useEffect(() => onRunsChanged(() => void client.invalidateQueries({ queryKey: ['runs'] })), [client]);

  const newest = useRuns({ pipelineId: pipelineId ?? undefined }, 1).data?.runs[0];
  const goingOn = newest?.status === 'queued' || newest?.status === 'running' ? newest : undefined;
  const found = goingOn?.pipeline_id === pipelineId ? goingOn?.id : undefined;
  const isOpen = route.page === 'pipeline' && route.pipelineId === pipelineId;
  useEffect(() => {
    if (isOpen && pipelineId !== null && runId === null && found !== undefined) {
      navigate(paths.run(pipelineId, found), { replace: true });
    }
  }, [isOpen, pipelineId, runId, found]);
}
