/** A place in the arguments, as the steps of a pointer. */
export type Place = readonly string[];

/** What one value of the arguments carries. */
export interface LeafLabels {
  readonly labels: readonly string[];
  /** True where it is neither the user's own nor found as a whole in a result. */
  readonly isDerived: boolean;
}

/** The labels of the arguments of one call. */
export interface ArgumentLabels {
  /** By value; a value that is not there was not looked up. */
  readonly byLeaf: ReadonlyMap<string | number, LeafLabels>;
  /** Places of arguments whose values carry no labels, as steps; `*` is any element of a list. */
  readonly exempt: readonly Place[];
  /** Pointers of arguments that hold what a declared result held, so that they carry no labels. */
  readonly legal: ReadonlySet<string>;
}
