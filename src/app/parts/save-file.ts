import { ownBytes } from '../../base/bytes.ts';

/** An object URL must outlive the click that starts its download. */
const REVOKE_AFTER_MS = 10_000;

/** Hands a file to the person as a download. */
export function saveFile(file: {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}): void {
  const url = URL.createObjectURL(new Blob([ownBytes(file.bytes)], { type: file.mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
