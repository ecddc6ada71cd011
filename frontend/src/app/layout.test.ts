// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import { useLayout } from './layout';

const layout = () => useLayout.getState();

beforeEach(() => layout().set({ sidebarOpen: true, sidebarTab: 'modules' }));

it('opens another section of the sidebar, and folds it by choosing it again', () => {
  layout().toggleSidebar('runs');
  expect(layout()).toMatchObject({ sidebarOpen: true, sidebarTab: 'runs' });
  layout().toggleSidebar('runs');
  expect(layout()).toMatchObject({ sidebarOpen: false, sidebarTab: 'runs' });
});
