/** What a contact sheet's table says as a whole, for the words beside the picture. */
export interface PredictionSummary {
  readonly pictures: number;
  /** How often each label was given, most often first. */
  readonly counts: readonly { readonly label: string; readonly count: number }[];
  /** The picture that the model was least sure of; absent without pictures. */
  readonly leastSure?: { readonly picture: string; readonly label: string; readonly confidence: number };
}

/** Sums up the rows of a contact sheet's table (image, label, confidence, …), without its header. */
export function summarisePredictions(rows: readonly (readonly string[])[]): PredictionSummary {
  const counts = new Map<string, number>();
  let leastSure: PredictionSummary['leastSure'];
  for (const [picture = '', label = '', confidenceText = ''] of rows) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    const confidence = Number(confidenceText);
    if (leastSure === undefined || confidence < leastSure.confidence)
      leastSure = { picture, label, confidence };
  }
  const byCount = [...counts].map(([label, count]) => ({ label, count }));
  byCount.sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
  return { pictures: rows.length, counts: byCount, ...(leastSure === undefined ? {} : { leastSure }) };
}
