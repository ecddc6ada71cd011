/** How wide every node is. `NodeFrame.module.css` says the same. */
export const NODE_WIDTH = 272;
/** How high a node is taken to be before it was measured. */
export const NODE_HEIGHT = 64;
