/** One picture of a grid, whatever list it comes from. */
export interface ImageItem {
  id: string;
  title: string;
  /** A second line, such as the label. */
  caption: string;
  /** Drawn as a mistake. */
  wrong?: boolean;
  /** Small originals are drawn with sharp pixels. */
  width?: number;
}
