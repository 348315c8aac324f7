/**
 * Why templates could not be read. Told apart by `code`.
 *
 * - `ERR_TEMPLATE_INPUT`: what was given is no template or no assembly; the message says what was seen.
 * - `ERR_TEMPLATE_CYCLE`: values or resources depend on each other in a circle, which CloudFormation refuses too.
 */
export type TemplateErrorCode = 'ERR_TEMPLATE_INPUT' | 'ERR_TEMPLATE_CYCLE';

/** Templates that cannot be read at all. What merely is not known yet becomes a symbol and is listed, never thrown. */
export class TemplateError extends Error {
  public readonly code: TemplateErrorCode;

  public constructor(code: TemplateErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TemplateError';
    this.code = code;
  }
}

/** A short sight of a value for a message: its kind and first keys, never its contents. */
export function seen(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length ? `an object with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', …' : ''}` : 'an empty object';
  }
  return typeof value === 'undefined' ? 'nothing' : `a ${typeof value}`;
}
