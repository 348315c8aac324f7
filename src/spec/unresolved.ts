/**
 * What stands in a string for a part that no template tells: made by template reading, respected by authorization, for which such a
 * part equals itself and may or may not equal anything else.
 */
export const UNRESOLVED = /unresolved-[0-9a-f]{16}/;

/** Whether part of a string is not known. */
export function isUnresolved(text: string): boolean {
  return UNRESOLVED.test(text);
}
