// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { parseRoute, paths } from './navigation';

it('reads the address of a pipeline and of its run', () => {
  expect(parseRoute(paths.pipeline('p 1'))).toEqual({
    page: 'pipeline',
    pipelineId: 'p 1',
    runId: null,
    search: '',
  });
  expect(parseRoute(paths.run('p1', 'r1'))).toEqual({
    page: 'pipeline',
    pipelineId: 'p1',
    runId: 'r1',
    search: '',
  });
});

it('takes an unknown address for the home page', () => {
  expect(parseRoute('/nowhere/at/all')).toEqual({ page: 'home' });
  expect(parseRoute('/runs')).toEqual({ page: 'runs' });
});

it('reads the address of the targets and of their guide', () => {
  expect(parseRoute(paths.targets)).toEqual({ page: 'targets', guide: false });
  expect(parseRoute(paths.targetsGuide)).toEqual({ page: 'targets', guide: true });
});
