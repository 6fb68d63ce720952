/** Key-value records that survive the tab. Values are structured-cloneable; a value read is the caller's own copy. */
export interface Collection<T> {
  get(key: string): Promise<T | undefined>;
  put(key: string, value: T): Promise<void>;
  delete(key: string): Promise<void>;
  /** All entries whose key starts with the prefix, in key order. */
  entries(prefix?: string): Promise<[string, T][]>;
}
