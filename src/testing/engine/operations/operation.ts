import type { Call } from '../call';
import { unsupported } from '../exceptions';
import type { Parsed, Shape } from '../shapes';
import { parse } from '../shapes';

export type Output = Record<string, unknown>;

/** One operation of the KMS API: its input, and what it does. */
export interface Operation {
  readonly shape: Shape;
  readonly run: (input: Readonly<Record<string, unknown>>, call: Call) => Promise<Output>;
}

/** An operation whose `run` sees its input checked and typed, and its grant tokens known. */
export function operation<const S extends Shape>(shape: S, run: (input: Parsed<S>, call: Call) => Promise<Output> | Output): Operation {
  return {
    shape,
    run: async (given, call) => {
      const input = parse(shape, given);
      // Ignoring the attestation document would hand out a plaintext that the caller wanted nobody else to see.
      if ('Recipient' in shape && input.Recipient !== undefined) throw unsupported('the local KMS checks no attestation documents: call without Recipient');
      if ('GrantTokens' in shape) call.requireGrantTokens(input.GrantTokens as readonly string[] | undefined);
      return run(input, call);
    },
  };
}
