/**
 * Asks the browser not to clear this site's storage on its own; true when it agreed. It may ask the person, so call it
 * after they chose to take part.
 */
export async function requestPersistence(): Promise<boolean> {
  // Absent outside secure contexts.
  const storage = navigator.storage as StorageManager | undefined;
  if (storage?.persist === undefined) return false;
  return (await storage.persisted()) || (await storage.persist());
}
