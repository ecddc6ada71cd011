/** How wide every node is. `NodeFrame.module.css` says the same. */
export const NODE_WIDTH = 272;
