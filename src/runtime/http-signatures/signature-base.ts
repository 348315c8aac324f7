import { valueOf } from './components';
import type { Component } from './components';
import type { HttpMessage } from './http-message';
import { invalid } from '../errors';

/**
 * What is signed (RFC 9421 section 2.5): the components one a line, then the parameters of the signature.
 *
 * @param parameters - of `@signature-params`, as they stand in `Signature-Input`
 * @throws `ERR_KEYSMITH_INPUT` for a component that the message does not have, or that stands there twice
 */
export function signatureBase(components: readonly Component[], message: HttpMessage, parameters: string): Buffer {
  const seen = new Set<string>();
  const lines = components.map((component) => {
    if (seen.has(component.identity)) throw invalid(`the component ${component.id} is covered twice`);
    seen.add(component.identity);
    return `${component.id}: ${valueOf(component, message)}\n`;
  });
  return Buffer.from(`${lines.join('')}"@signature-params": ${parameters}`, 'latin1');
}
