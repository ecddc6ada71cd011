// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
import { useLayout } from './layout';

const layout = () => useLayout.getState();

beforeEach(() => layout().set({ sidebarOpen: true, sidebarTab: 'modules' }));

it('opens another section of the sidebar, and folds it by choosing it again', () => {
  layout().toggleSidebar('runs');
  expect(layout()).toMatchObject({ sidebarOpen: true, sidebarTab: 'runs' });
  layout().toggleSidebar('runs');
  expect(layout()).toMatchObject({ sidebarOpen: false, sidebarTab: 'runs' });
});

it('is a drawer on a narrow screen, shut until it is asked for there', async () => {
  vi.resetModules();
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  const narrow = (await import('./layout')).useLayout.getState;
  expect(narrow()).toMatchObject({ sidebarOpen: true, drawerOpen: false });
  narrow().openSidebar('runs');
  expect(narrow()).toMatchObject({ sidebarOpen: true, drawerOpen: true, sidebarTab: 'runs' });
  narrow().toggleSidebar();
  expect(narrow()).toMatchObject({ sidebarOpen: true, drawerOpen: false, sidebarTab: 'runs' });
});
