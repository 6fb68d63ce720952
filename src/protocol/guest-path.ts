/** A plain relative path: at most 8 deep, no `..`, no hidden names. */
export const GUEST_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,7}$/;
/** Longest path of an input or output, in characters. */
export const MAX_GUEST_PATH_CHARS = 120;
/** Names that every object has; as keys of plain objects they would find something where nothing was put. */
export const OWN_NAMES = [...Object.getOwnPropertyNames(Object.prototype), 'prototype'].sort();

/** May a file of this path be an input or output of a job? What the manifest's schema says of paths, for the sandbox. */
export function isGuestPath(path: string): boolean {
  return path.length <= MAX_GUEST_PATH_CHARS && GUEST_PATH.test(path) && !OWN_NAMES.includes(path);
}
