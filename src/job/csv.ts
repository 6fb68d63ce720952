/** One CSV row cut into its fields; quotes (RFC 4180) are honoured, a field never spans lines. */
export function splitRow(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  const fields: string[] = [];
  for (let at = 0; at <= row.length;) {
    const field = /"((?:[^"]|"")*)"(?=,|$)|([^,]*)/y;
    field.lastIndex = at;
    const [whole, quoted, plain] = field.exec(row)!;
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    at += whole.length + 1;
  }
  return fields;
}

/** Fields as one CSV row, quoted where they must be. */
export function joinRow(fields: readonly string[]): string {
  return fields
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
