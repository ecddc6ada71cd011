/** What the mouse does on the canvas; it has no commands to read this from. */
export const GESTURES: readonly [string, string][] = [
  ['Pan', 'Space and drag, or middle-drag'],
  ['Zoom', 'Wheel or pinch'],
  ['Select several', 'Drag over the canvas'],
  ['Add a module', 'Double-click the canvas'],
  ['Join', 'Drag from port to port, or drop on a node'],
];
