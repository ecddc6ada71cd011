import { useCommands, useShortcuts, type Command } from '@/lib/commands';
import { faultStore } from '@/lib/document/faultStore';
import { focusWhenThere } from './faultLead';
import { useLayout } from './layout';

const hasFaults = () => faultStore.getState().faults.length > 0;

export const APP_COMMANDS: readonly Command[] = [
  {
    id: 'app.shortcuts',
    label: 'Show the shortcuts',
    group: 'View',
    shortcut: ['?'],
    perform: () => useLayout.getState().set({ dialog: 'shortcuts' }),
  },
  {
    id: 'app.sidebar',
    label: 'Show or fold the sidebar',
    group: 'View',
    shortcut: ['Mod+B'],
    perform: () => useLayout.getState().toggleSidebar(),
  },
  {
    id: 'app.steps',
    label: 'Show the steps to go back to',
    group: 'Edit',
    shortcut: ['Mod+Shift+H'],
    perform: () => useLayout.getState().set({ dialog: 'steps' }),
  },
  {
    id: 'app.outline',
    label: 'Show the outline',
    group: 'View',
    shortcut: ['Mod+Shift+O'],
    perform: () => {
      useLayout.getState().openSidebar('outline');
      // The first row, or the button that begins it.
      const row = () => document.querySelector<HTMLElement>('[data-outline] [role="treeitem"][tabindex="0"]');
      focusWhenThere(() => row() ?? document.querySelector('[data-outline] button'));
    },
  },
  {
    id: 'app.inspector',
    label: 'Show or fold the inspector',
    group: 'View',
    shortcut: ['Mod+I'],
    perform: () => {
      const { inspectorOpen, set } = useLayout.getState();
      set({ inspectorOpen: !inspectorOpen });
    },
  },
  {
    id: 'inspector.logs',
    label: 'Show the log of the selected node',
    group: 'View',
    perform: () => useLayout.getState().set({ inspectorOpen: true, sheetOpen: true, inspectorTab: 'logs' }),
  },
  {
    id: 'faults.next',
    label: 'Next fault',
    group: 'Faults',
    shortcut: ['F8'],
    whileTyping: true,
    enabled: hasFaults,
    perform: () => faultStore.getState().next(),
  },
  {
    id: 'faults.previous',
    label: 'Previous fault',
    group: 'Faults',
    shortcut: ['Shift+F8'],
    whileTyping: true,
    enabled: hasFaults,
    perform: () => faultStore.getState().previous(),
  },
];

/** The commands of the page itself; features bring their own. */
export function useAppCommands(): void {
  useCommands(APP_COMMANDS);
  useShortcuts();
}
