/** How wide every node is. `NodeFrame.module.css` says the same. */
export const NODE_WIDTH = 272;
/** How high a node is taken to be before it was measured. */
export const NODE_HEIGHT = 64;
/** From this many nodes on, what is out of view is not even there. Below that, keeping it costs less than fetching it. */
export const CULL_FROM = 2000;
/** What nodes are dragged by. */
export const GRID = 4;
