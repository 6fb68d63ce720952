/** The head of one column of a table. */
export interface Column {
  readonly title: string;
  /** Aligned to the right, as numbers and amounts are. */
  readonly isNumber?: boolean;
  /** Left out on narrow screens. */
  readonly isWideOnly?: boolean;
}
